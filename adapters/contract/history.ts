import type { ErrnoWord } from './errno.ts';

/** How an operation ended; see {@link Result}. */
export const OUTCOMES = ['returned', 'faulted', 'lost', 'unsupported', 'not-run'] as const;

/**
 * - `returned`: the call came back, with a value or an errno;
 * - `faulted`: access to mapped memory raised a signal;
 * - `lost`: its client died during it, so what it did is unknown and its interval never ends;
 * - `unsupported`: the target has no such operation;
 * - `not-run`: an earlier end of the client or of the Program came first, or the executor had no room
 *   left for the out bytes of this Program.
 */
export type Outcome = (typeof OUTCOMES)[number];

/** What came back of one operation. */
export interface Result {
  readonly outcome: Outcome;
  /** Set when the call failed; `value` is then -1. */
  readonly errno?: ErrnoWord;
  /** Set when `faulted`: SIGSEGV or SIGBUS. */
  readonly signal?: string;
  readonly value: bigint;
  /** Out bytes as the table describes them; empty when there are none. */
  readonly out: Uint8Array;
  /** Nanoseconds on the target's monotonic clock; the interval [call, return] is closed. */
  readonly call: bigint;
  /** Nanoseconds; undefined when the operation never returned. */
  readonly return?: bigint;
  /** Byte, from the address that was given, whose access faulted. */
  readonly faultOffset?: bigint;
  /** Red zones that something wrote to. */
  readonly redZone?: readonly ('before' | 'after')[];
  /** For `repeat`: what each operation of the body did over all iterations. */
  readonly steps?: readonly RepeatStep[];
}

/** What one operation of a `repeat` body did over all iterations. */
export interface RepeatStep {
  readonly succeeded: bigint;
  readonly failed: bigint;
  readonly first: Result;
  readonly last: Result;
  /** How often each failure came: errno names, `SIG…` for faults, outcomes for the rest. */
  readonly failures: Readonly<Record<string, bigint>>;
  /** The first results that differ in kind from the first iteration's. */
  readonly anomalies: readonly { readonly iteration: bigint; readonly result: Result }[];
}

/** A client that ended while a Program ran. */
export interface Death {
  readonly client: string;
  /** Exit status, when it exited. */
  readonly status?: number;
  /** Signal, when one ended it. */
  readonly signal?: string;
  /** `deadline`: the executor killed it because the Program's time was up. */
  readonly reason: 'own' | 'deadline';
}

/** What came back of a Program. */
export interface History {
  /** Per thread, per top-level operation, in Program order. */
  readonly threads: readonly (readonly Result[])[];
  readonly deaths: readonly Death[];
  /** Kernel log lines that appeared while it ran, where the target shows them. */
  readonly log: readonly string[];
  /** The kernel's taint mask afterwards, where the target shows it. */
  readonly taint?: bigint;
  /** True when the deadline ended it. */
  readonly deadlineHit: boolean;
  /**
   * Set when the deadline ended it although calls still came back: nothing hangs, and the target is
   * too slow for the Program.
   */
  readonly progressing?: true;
}

/** Whether the operation returned without an error. */
export const succeeded = (result: Result): boolean =>
  result.outcome === 'returned' && result.errno === undefined;

/**
 * The result in one word, as verdicts compare and print it: `ok`, an errno name, `SIGBUS`, `lost`,
 * `unsupported` or `not-run`.
 */
export function wordOf(result: Result): string {
  if (result.outcome === 'faulted') return result.signal ?? 'faulted';
  if (result.outcome !== 'returned') return result.outcome;
  return result.errno ?? 'ok';
}

/** What a sentence says of an outcome that is no errno, by its word. */
const PREDICATES: ReadonlyMap<string, string> = new Map([
  ['ok', 'succeeded'],
  ['faulted', 'faulted'],
  ['lost', 'did not return'],
  ['unsupported', 'is not supported'],
  ['not-run', 'did not run'],
]);

/**
 * How a call ended, as the predicate of a sentence: `succeeded`, `failed with EINVAL`.
 *
 * @param word of {@link wordOf}, or what else a case calls the value that came back
 */
export function outcomePhrase(word: string): string {
  if (/^(E[A-Z0-9]+|errno \d+)$/.test(word)) return `failed with ${word}`;
  if (word.startsWith('SIG')) return `raised ${word}`;
  return PREDICATES.get(word) ?? `returned ${word}`;
}
