import { Piscina } from 'piscina';
import { AllocertError, type Blame } from '../../adapters/contract/index.ts';
import { messageOf } from '../../base/errors.ts';
import { type PackedSnapshot, type Snapshot, SnapshotReader } from '../corpus/snapshot.ts';
import type { PartTask } from '../execute/parallel/packed-report.ts';
import { ParallelCoordinator } from '../execute/parallel/parallel-coordinator.ts';
import type { TargetDescription } from '../execute/round-runner.ts';
import { isParallel } from '../generate/mode-selection.ts';
import type { Detection, RoundReport } from '../judge/round-report.ts';
import type { Finding } from '../record/finding.ts';
import type { CampaignWorker } from './campaign-worker.ts';
import type { LocalWorker, LocalWorkerOptions } from './local-worker.ts';

/** Options that every worker of a pool is given once. */
export interface WorkerOptions extends Omit<LocalWorkerOptions, 'adapter' | 'enough'> {
  readonly target: string;
}

/** A task for a worker. */
export type WorkerTask =
  | { readonly kind: 'describe-target' | 'close' }
  | {
      readonly kind: 'run';
      readonly indices: readonly number[];
      readonly known: Set<string>;
      readonly snapshot: PackedSnapshot;
    }
  | ({ readonly kind: 'part' } & PartTask)
  | { readonly kind: 'minimize'; readonly detection: Detection; readonly allowedMs?: number };

/** The answer of a worker. An AllocertError would lose its class on the way between threads. */
export type WorkerAnswer =
  | { readonly value: unknown }
  | { readonly blame: Blame; readonly message: string };

/** Of this thread. */
const snapshots = new SnapshotReader();

/** Carries out a task in a worker's thread. */
export async function answerTask(worker: LocalWorker, task: WorkerTask): Promise<WorkerAnswer> {
  try {
    return { value: await carriedOut(worker, task) };
  } catch (thrown) {
    const blame = thrown instanceof AllocertError ? thrown.blame : 'machine';
    return { blame, message: messageOf(thrown) };
  }
}

function carriedOut(worker: LocalWorker, task: WorkerTask): Promise<unknown> {
  switch (task.kind) {
    case 'describe-target':
      return worker.describeTarget();
    case 'run':
      return worker.run(task.indices, task.known, snapshots.read(task.snapshot));
    case 'part':
      return worker.part(task);
    case 'minimize':
      return worker.minimize(task.detection, task.allowedMs);
    case 'close':
      return worker.close();
  }
}

/** Mebibytes of new objects in each worker; V8 would take four times as many. */
const NURSERY_MB = 12;

/**
 * Runs rounds in worker threads, each with a session of its own. A worker that dies is replaced,
 * and what it was at is run again round by round: only the round that kills a second worker is
 * charged.
 */
export class WorkerPool implements CampaignWorker {
  readonly width: number;
  readonly #pool: Piscina<WorkerTask, WorkerAnswer>;
  readonly #workers: number;
  /** Names of the modes, and who runs the parallel one, once they are known. */
  #modes: readonly string[] = [];
  #coordinator: ParallelCoordinator | undefined;

  /**
   * @param module URL of a module that answers a {@link WorkerTask}, with the options as its data
   * @param workers how many threads
   */
  constructor(module: string, workers: number, options: WorkerOptions) {
    this.#workers = workers;
    // One more for each worker, so that none waits while findings are minimized.
    this.width = 2 * workers;
    this.#pool = new Piscina({
      filename: module,
      minThreads: workers,
      maxThreads: workers,
      workerData: options,
      // What rounds make is garbage at once: a larger nursery costs memory and gains nothing.
      resourceLimits: { maxYoungGenerationSizeMb: NURSERY_MB },
      execArgv: [],
      atomics: 'disabled',
    });
  }

  async describeTarget(): Promise<TargetDescription> {
    const description = (await this.#ask({ kind: 'describe-target' })) as TargetDescription;
    const { modes, sharedWords } = description;
    const ask = (task: PartTask): Promise<unknown> => this.#ask({ kind: 'part', ...task });
    this.#modes = modes;
    if (sharedWords !== undefined)
      this.#coordinator = new ParallelCoordinator(sharedWords, this.#workers, ask);
    return description;
  }

  async run(
    indices: readonly number[],
    known: ReadonlySet<string>,
    snapshot: Snapshot,
  ): Promise<readonly RoundReport[]> {
    const together = indices.filter((index) => isParallel(this.#modes, index));
    const apart = indices.filter((index) => !isParallel(this.#modes, index));
    const kinds = [
      this.#surely(apart, (some) => this.#batch(some, known, snapshot)),
      this.#surely(together, (some) => this.#inParallel(some, known)),
    ];
    const reports = (await Promise.all(kinds)).flat();
    return reports.toSorted((one, other) => one.done.index - other.done.index);
  }

  /** Runs a batch; when a worker dies of it, round by round. */
  async #surely(
    indices: readonly number[],
    run: (some: readonly number[]) => Promise<readonly RoundReport[]>,
  ): Promise<readonly RoundReport[]> {
    if (indices.length === 0) return [];
    try {
      return await run(indices);
    } catch (thrown) {
      if (thrown instanceof AllocertError) throw thrown;
    }
    const reports: RoundReport[] = [];
    for (const index of indices) reports.push(await alone(index, run));
    return reports;
  }

  /** Rounds that all workers run at once. */
  async #inParallel(
    indices: readonly number[],
    known: ReadonlySet<string>,
  ): Promise<readonly RoundReport[]> {
    if (this.#coordinator === undefined)
      throw new Error('the pool has not described its target yet');
    return this.#coordinator.run(indices, known);
  }

  async minimize(detection: Detection, allowedMs?: number): Promise<Finding> {
    const limit = allowedMs === undefined ? {} : { allowedMs };
    return (await this.#ask({ kind: 'minimize', detection, ...limit })) as Finding;
  }

  /** Each worker closes its session: what a target has started must not outlive the campaign. */
  async close(): Promise<void> {
    const all = Array.from({ length: this.#workers }, () => this.#ask({ kind: 'close' }));
    await Promise.allSettled(all);
    await this.#pool.destroy();
  }

  async #batch(
    indices: readonly number[],
    known: ReadonlySet<string>,
    snapshot: Snapshot,
  ): Promise<readonly RoundReport[]> {
    const task = { kind: 'run', indices, known: new Set(known) } as const;
    const answer = await this.#ask({ ...task, snapshot: snapshot.packed() });
    return answer as readonly RoundReport[];
  }

  /** Rejects with an error that is none of ours when the worker died. */
  async #ask(task: WorkerTask): Promise<unknown> {
    const answer = await this.#pool.run(task);
    if ('value' in answer) return answer.value;
    throw new AllocertError(answer.blame, answer.message);
  }
}

/** Runs a round by itself. Of one that kills its worker nothing is known but that. */
async function alone(
  index: number,
  run: (some: readonly number[]) => Promise<readonly RoundReport[]>,
): Promise<RoundReport> {
  try {
    const [report] = await run([index]);
    if (report !== undefined) return report;
    throw new Error('the worker gave no report');
  } catch (thrown) {
    if (thrown instanceof AllocertError) throw thrown;
    const done = { index, mode: '', operations: 0, signatures: [] };
    return { done, detections: [], peakBytes: 0n, lost: messageOf(thrown) };
  }
}
