import type { KnownComplaint } from '../../oracles/known-complaints.ts';

/** What a fault brought to light. */
export const FAULT_KINDS = [
  'errno',
  'descriptor',
  'no descriptor',
  'damage',
  'leak',
  'complaint',
  'client lost',
  'target lost',
] as const;

/** One of {@link FAULT_KINDS}. */
export type FaultKind = (typeof FAULT_KINDS)[number];

/** Something that a call did wrong when an allocation of the kernel failed in it. */
export interface FaultFinding {
  readonly kind: FaultKind;
  readonly caseId: string;
  /** The call: its name and what tells it from others. */
  readonly call: string;
  /** Which allocation failed, from 1 on; 0 where none can be named. */
  readonly nth: number;
  readonly detail: string;
  /** How often the same was found again, in other cases and calls. */
  readonly more: number;
}

/** Something that the kernel is known to say of itself; it accuses no target. */
export interface FaultWarning extends KnownComplaint {
  /** The case in which it was said first. */
  readonly caseId: string;
}

/** How much was swept. */
export interface FaultCounts {
  cases: number;
  /** Calls of cases that were swept, and those of them that are the same but for their slots. */
  calls: number;
  kinds: number;
  /** Allocations that failed; in so many of them the call succeeded all the same. */
  points: number;
  absorbed: number;
  /** Calls that stood the failure, and cannot be undone to look for the next one. */
  cut: number;
  /** Calls with more allocations than the bound. */
  bounded: number;
  /** Attempts at calls for which the kernel could not be told to fail, so that nothing failed. */
  unarmed: number;
  /** Loops and threads: calls that were swept in a client of their own before. */
  apart: number;
  /** Calls of which memory was counted over many failures. */
  counted: number;
}

/** The result of a sweep. */
export interface FaultReport {
  readonly target: string;
  readonly counts: FaultCounts;
  /** Points by operation. */
  readonly byOperation: Readonly<
    Record<string, { readonly calls: number; readonly points: number }>
  >;
  readonly findings: readonly FaultFinding[];
  readonly warnings: readonly FaultWarning[];
  /** Cases that were not swept to their end, and why. */
  readonly unfinished: readonly { readonly caseId: string; readonly reason: string }[];
  readonly bound: number;
}

/** Collects what sweeps find; the same thing once. */
export class FaultLedger {
  readonly counts: FaultCounts = {
    cases: 0,
    calls: 0,
    kinds: 0,
    points: 0,
    absorbed: 0,
    cut: 0,
    bounded: 0,
    unarmed: 0,
    apart: 0,
    counted: 0,
  };
  readonly unfinished: { caseId: string; reason: string }[] = [];
  readonly #warnings = new Map<string, FaultWarning>();
  readonly #findings = new Map<string, FaultFinding>();
  readonly #kinds = new Set<string>();
  readonly #byOperation = new Map<string, { calls: number; points: number }>();

  get findings(): readonly FaultFinding[] {
    return [...this.#findings.values()];
  }

  get warnings(): readonly FaultWarning[] {
    return [...this.#warnings.values()];
  }

  get byOperation(): FaultReport['byOperation'] {
    return Object.fromEntries([...this.#byOperation].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** A call is swept. */
  begin(op: string, shape: string): void {
    const entry = this.#byOperation.get(op) ?? { calls: 0, points: 0 };
    this.#byOperation.set(op, { ...entry, calls: entry.calls + 1 });
    this.counts.calls += 1;
    this.#kinds.add(shape);
    this.counts.kinds = this.#kinds.size;
  }

  /** An allocation failed in a call. */
  point(op: string, absorbed: boolean): void {
    const entry = this.#byOperation.get(op) ?? { calls: 0, points: 0 };
    this.#byOperation.set(op, { ...entry, points: entry.points + 1 });
    this.counts.points += 1;
    if (absorbed) this.counts.absorbed += 1;
  }

  /** Keeps what the kernel is known to say of itself, once. */
  warn({ source, summary }: KnownComplaint, caseId: string): void {
    if (!this.#warnings.has(summary)) this.#warnings.set(summary, { summary, source, caseId });
  }

  /** Keeps a finding, or counts it where the same was found before. */
  add(finding: Omit<FaultFinding, 'more'>): void {
    const { kind, call, detail } = finding;
    const key = `${kind} ${call.split(' ')[0]} ${detail.replaceAll(/\d+/g, '#')}`;
    const known = this.#findings.get(key);
    const next = known === undefined ? { ...finding, more: 0 } : { ...known, more: known.more + 1 };
    this.#findings.set(key, next);
  }
}
