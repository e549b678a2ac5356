import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import type { TargetResult } from './target-result.ts';

/** A target on which a worker thread is asked to run the suites. */
export interface TargetTask {
  readonly target: string;
  readonly profile: string;
}

/** Worker threads, one for each core, that run the suites on one target after another. */
export class TargetPool {
  readonly #pool: Piscina<TargetTask, TargetResult>;

  /** @param module URL of a module that answers a {@link TargetTask} */
  constructor(module: string) {
    this.#pool = new Piscina({
      filename: module,
      minThreads: 1,
      maxThreads: availableParallelism(),
      execArgv: [],
      atomics: 'disabled',
    });
  }

  /** Runs the suites on a target as soon as a thread is free. */
  observe(target: string, profile: string): Promise<TargetResult> {
    return this.#pool.run({ target, profile });
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}
