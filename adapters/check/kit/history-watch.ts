import { isErrnoWord } from '../../contract/errno.ts';
import { type History, OUTCOMES, type Result } from '../../contract/history.ts';
import type { OperationName } from '../../contract/operations.ts';
import type { Program, UntypedOperation } from '../../contract/program.ts';
import type { RuleText } from './rule.ts';

/** Rules about every History, whatever was asked: they are looked at in what other rules run. */
export const HISTORY_RULES = [
  {
    id: 'answers/count',
    statement: 'Every operation of every thread has one result, and nothing else has one.',
    place: 'History.threads; docs/protocol.md, record `history`, results',
  },
  {
    id: 'answers/shape',
    statement: 'Values and times are bigint, out bytes a Uint8Array, outcomes and errnos by name.',
    place: 'Result, History; docs/protocol.md, record `result`',
  },
  {
    id: 'clock/interval',
    statement: 'An operation returns no earlier than it was called.',
    place: 'Result.call, Result.return; docs/protocol.md, record `result`, return_ns',
  },
  {
    id: 'clock/sequence',
    statement: 'In one thread an operation is called no earlier than the one before returned.',
    place: 'Result.call; docs/protocol.md, record `result`, call_ns',
  },
  {
    id: 'clock/programs',
    statement: 'The clock does not start again: a later Program is called later.',
    place: 'Result.call; docs/protocol.md, record `result`, call_ns',
  },
  {
    id: 'errno/value',
    statement: 'A result with an errno returned, and its value is -1.',
    place: 'Result.errno; docs/protocol.md, record `result`, error',
  },
  {
    id: 'unsupported/bare',
    statement: 'An unsupported operation says so by its outcome: no errno, no value, never ENOSYS.',
    place: 'Outcome; docs/protocol.md, record `result`, outcome',
  },
] as const satisfies readonly RuleText[];

/** The id of one of {@link HISTORY_RULES}. */
export type HistoryRule = (typeof HISTORY_RULES)[number]['id'];

/** Says that a rule is broken. */
type Complain = (rule: HistoryRule, what: string) => void;

/** Sees every History of a check; keeps the first breach of each rule. */
export class HistoryWatch {
  readonly breaches = new Map<HistoryRule, string>();
  #seen = 0;
  #latest = 0n;

  /** How many Histories were seen. */
  get seen(): number {
    return this.#seen;
  }

  /** The target's clock may start again, as in a new session. */
  startClock(): void {
    this.#latest = 0n;
  }

  see(program: Program, history: History): void {
    this.#seen += 1;
    const complain: Complain = (rule, what) => {
      if (!this.breaches.has(rule)) this.breaches.set(rule, what);
    };
    if (!isHistory(history)) {
      complain('answers/shape', 'the History lacks threads, deaths, log or deadlineHit');
      return;
    }
    const [given, asked] = [history.threads.length, program.threads.length];
    if (given !== asked) complain('answers/count', `${given} threads of results for ${asked}`);
    const began = this.#latest;
    for (const [index, { operations }] of program.threads.entries()) {
      const results = history.threads[index] ?? [];
      if (results.length !== operations.length) {
        const names = operations.map(({ op }) => op).join(', ');
        const counts = `${results.length} results for ${operations.length} operations`;
        complain('answers/count', `${counts} (${names})`);
      }
      this.#thread(operations as unknown as UntypedOperation[], results, began, complain);
    }
  }

  #thread(
    operations: readonly UntypedOperation[],
    results: readonly Result[],
    began: bigint,
    complain: Complain,
  ): void {
    let before: bigint | undefined;
    for (const [index, result] of results.entries()) {
      const op = operations[index]?.op ?? 'barrier';
      const steps = isResult(result) ? (result.steps ?? []) : [];
      for (const one of [result, ...steps.flatMap(({ first, last }) => [first, last])]) {
        checkResult(op, one, complain);
      }
      if (!isResult(result) || result.outcome === 'not-run') continue;
      const { call } = result;
      if (call < began) complain('clock/programs', `${op} called at ${call}, after ${began}`);
      if (before !== undefined && call < before) {
        complain('clock/sequence', `${op} called at ${call}, the one before returned at ${before}`);
      }
      before = result.return ?? before;
      if (before !== undefined && before > this.#latest) this.#latest = before;
    }
  }
}

const isHistory = (history: History): boolean =>
  typeof history === 'object' &&
  history !== null &&
  Array.isArray(history.threads) &&
  history.threads.every(Array.isArray) &&
  Array.isArray(history.deaths) &&
  Array.isArray(history.log) &&
  history.log.every((line) => typeof line === 'string') &&
  typeof history.deadlineHit === 'boolean';

/** Adapters in JavaScript have no compiler that would tell a number from a bigint. */
const isResult = (result: Result): boolean =>
  typeof result === 'object' &&
  result !== null &&
  OUTCOMES.includes(result.outcome) &&
  typeof result.value === 'bigint' &&
  typeof result.call === 'bigint' &&
  (result.return === undefined || typeof result.return === 'bigint') &&
  (result.errno === undefined || isErrnoWord(result.errno)) &&
  result.out instanceof Uint8Array;

function checkResult(op: OperationName, result: Result, complain: Complain): void {
  if (!isResult(result)) {
    complain('answers/shape', `${op} has the result ${describeResult(result)}`);
    return;
  }
  const { outcome, errno, value, call, out } = result;
  if (result.return !== undefined && result.return < call) {
    complain('clock/interval', `${op} called at ${call}, returned at ${result.return}`);
  }
  if (outcome === 'returned' && result.return === undefined) {
    complain('clock/interval', `${op} returned, but has no time of return`);
  }
  if (outcome === 'unsupported' && (errno !== undefined || value !== -1n || out.length > 0)) {
    complain('unsupported/bare', `an unsupported ${op} has ${describeResult(result)}`);
  } else if (errno === 'ENOSYS') {
    complain('unsupported/bare', `${op} failed with ENOSYS instead of being unsupported`);
  } else if (errno !== undefined && (value !== -1n || outcome !== 'returned')) {
    complain('errno/value', `${op} is ${outcome} with ${errno} and the value ${value}`);
  }
}

/** A result in few words, whatever it is. */
export function describeResult(result: unknown): string {
  if (typeof result !== 'object' || result === null) return String(result);
  const { outcome, errno, value } = result as Partial<Result>;
  const kind = typeof value === 'bigint' ? '' : ` (a ${typeof value})`;
  return `${outcome} ${errno ?? ''} value ${String(value)}${kind}`.replaceAll('  ', ' ');
}
