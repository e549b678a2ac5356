import type { History, Result } from '../../contract/history.ts';
import { MalformedHistory } from '../../contract/history-violation.ts';
import { linux } from '../../contract/index.ts';
import type { FileName } from '../../contract/operations.ts';
import type { Operation, OperationOf, Program } from '../../contract/program.ts';
import type { Adapter, Session, TargetFacts } from '../../contract/session.ts';
import type { HistoryWatch } from './history-watch.ts';
import { AdapterSilent, RuleBlocked } from './rule.ts';

/** Milliseconds of the Programs whose deadline is not the point. */
const DEADLINE_MS = 10_000;
/** Milliseconds beyond a Program's deadline after which an adapter counts as silent. */
const GRACE_MS = 10_000;
/** A descriptor that no process has open. */
export const NO_DESCRIPTOR = 9999n;

/** A rule's means: a session, Programs to run in it, and their results. */
export class RuleContext {
  readonly adapter: Adapter;
  readonly session: Session;
  readonly #watch: HistoryWatch;
  #file: FileName | undefined;

  constructor(adapter: Adapter, session: Session, watch: HistoryWatch) {
    this.adapter = adapter;
    this.session = session;
    this.#watch = watch;
  }

  get facts(): TargetFacts {
    return this.session.facts;
  }

  /** Runs a Program and lets every History be watched. */
  async history(program: Program): Promise<History> {
    const asked = this.session.run(program).catch((thrown: unknown) => {
      if (thrown instanceof MalformedHistory) return thrown.answer as History;
      throw thrown;
    });
    const history = await answerInTime(asked, program.deadlineMs);
    this.#watch.see(program, history);
    return history;
  }

  /** The results of operations in one client. */
  async run(operations: readonly Operation[], client = 'main'): Promise<ThreadResults> {
    const threads = [{ client, operations }];
    return resultsOf(await this.history({ threads, deadlineMs: DEADLINE_MS }), 0, operations);
  }

  /**
   * Opens something, in an operation of its own or of a larger Program.
   *
   * @throws {@link RuleBlocked} when there is nothing that this target opens
   */
  async opening(slot: string): Promise<OperationOf<'open'>> {
    this.#file ??= await this.#openable();
    return { op: 'open', file: this.#file, flags: linux.O_RDWR, slot };
  }

  async #openable(): Promise<FileName> {
    const region = this.facts.regions[0]?.name;
    for (const file of ['/dev/null', ...(region === undefined ? [] : [region])] as const) {
      const operations: Operation[] = [{ op: 'open', file, flags: linux.O_RDWR, slot: 'lab' }];
      const opened = (await this.run(operations)).at(0);
      if (opened.outcome !== 'returned' || opened.value < 0n) continue;
      await this.run([{ op: 'close', fd: { slot: 'lab' } }]);
      return file;
    }
    throw new RuleBlocked('the target opens neither /dev/null nor its first region');
  }

  /** Starts a client of its own, so that `main` outlives what is done to it. */
  async child(client: string): Promise<void> {
    const forked = (await this.run([{ op: 'fork', client }])).at(0);
    if (forked.outcome === 'unsupported') throw new RuleBlocked('the target has no fork');
    if (forked.outcome !== 'returned' || forked.value < 0n) {
      throw new RuleBlocked(`fork of a client failed: ${forked.errno ?? forked.outcome}`);
    }
  }
}

/** The results of one thread. */
export interface ThreadResults {
  /**
   * The result of an operation.
   *
   * @throws {@link RuleBlocked} when it is missing or the operation is unsupported
   */
  at(index: number): Result;
  /** As `at`, but what is unsupported is a result as well. */
  any(index: number): Result;
}

/** The results of one thread of a History. */
export function resultsOf(
  history: History,
  thread: number,
  operations: readonly Operation[],
): ThreadResults {
  const any = (index: number): Result => {
    const result = history.threads?.[thread]?.[index];
    if (result === undefined) throw new RuleBlocked('results are missing: see answers/count');
    return result;
  };
  const at = (index: number): Result => {
    const result = any(index);
    if (result.outcome !== 'unsupported') return result;
    throw new RuleBlocked(`the target has no ${operations[index]?.op}`);
  };
  return { at, any };
}

/**
 * Waits for an answer, but not for ever.
 *
 * @throws {@link AdapterSilent}
 */
export async function answerInTime<T>(work: Promise<T>, deadlineMs: number): Promise<T> {
  const milliseconds = deadlineMs + GRACE_MS;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const silent = new AdapterSilent(`no answer for ${milliseconds} ms`);
    timer = setTimeout(() => reject(silent), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
