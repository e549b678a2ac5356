import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import type { TargetResult } from './target-result.ts';

/** A target on which a worker thread is asked to run the suites. */
export interface TargetTask {
  /** Its URL. */
  readonly target: string;
  readonly profile: string;
  /** Ids of requirements or cases; all when left out. */
  readonly only?: readonly string[];
}

/** What a thread is given: its task, and the cell that is 1 once no other case is to run. */
export interface PoolTask extends TargetTask {
  readonly stopped: Int32Array;
}

/** Worker threads that run the suites on one target after another. */
export class TargetPool {
  readonly #pool: Piscina<PoolTask, TargetResult>;
  readonly #stopped = new Int32Array(new SharedArrayBuffer(4));

  /**
   * @param module URL of a module that answers a {@link PoolTask}
   * @param threads how many at most; one for each core when left out
   */
  constructor(module: string, threads: number = availableParallelism()) {
    this.#pool = new Piscina({
      filename: module,
      minThreads: 1,
      maxThreads: threads,
      execArgv: [],
      atomics: 'disabled',
    });
  }

  /** Runs the suites on a target as soon as a thread is free. */
  observe(task: TargetTask): Promise<TargetResult> {
    return this.#pool.run({ ...task, stopped: this.#stopped });
  }

  /** Stops each run after its current case; those that have not begun never do. */
  stop(): void {
    Atomics.store(this.#stopped, 0, 1);
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}
