import type { Snapshot } from '../corpus/snapshot.ts';
import type { PartTask } from '../execute/parallel/packed-report.ts';
import {
  RoundRunner,
  type RoundRunnerOptions,
  type TargetDescription,
} from '../execute/round-runner.ts';
import type { Detection, RoundReport } from '../judge/round-report.ts';
import { type MinimizeOptions, minimize } from '../minimize/minimize.ts';
import type { Finding } from '../record/finding.ts';
import type { CampaignWorker } from './campaign-worker.ts';

/** Everything that a worker's rounds and findings are a function of, and its target. */
export interface LocalWorkerOptions extends RoundRunnerOptions, MinimizeOptions {}

/** Runs rounds and minimizes what they find in this thread, on one session after the other. */
export class LocalWorker implements CampaignWorker {
  readonly width = 1;
  readonly #options: LocalWorkerOptions;
  readonly #runner: RoundRunner;

  constructor(options: LocalWorkerOptions) {
    this.#options = options;
    this.#runner = new RoundRunner(options);
  }

  describeTarget(): Promise<TargetDescription> {
    return this.#runner.describeTarget();
  }

  run(
    indices: readonly number[],
    known: ReadonlySet<string>,
    snapshot: Snapshot,
  ): Promise<readonly RoundReport[]> {
    return this.#runner.run(indices, known, snapshot);
  }

  /** Runs one part of parallel rounds while other threads run the rest. */
  part(task: PartTask): Promise<readonly RoundReport[]> {
    return this.#runner.part(task);
  }

  minimize(detection: Detection, allowedMs?: number): Promise<Finding> {
    return minimize(this.#runner, detection, this.#options, allowedMs);
  }

  close(): Promise<void> {
    return this.#runner.close();
  }
}
