import type { Status } from './status.ts';

/** Which levels gate: with `should`, a SHOULD that was observed otherwise fails too. */
export const LEVELS = ['must', 'should'] as const;

/** One of {@link LEVELS}. */
export type FailOn = (typeof LEVELS)[number];

/**
 * Why a failure is let pass: the rule is to be read otherwise, the suite is wrong, or the fault is
 * small and will be mended.
 */
export const WAIVER_KINDS = ['interpretation', 'suite-deficiency', 'minor-fault'] as const;

/** One of {@link WAIVER_KINDS}. */
export type WaiverKind = (typeof WAIVER_KINDS)[number];

/** A failure that is let pass, as its file says. */
export interface Waiver {
  /** Left out: a minor fault. */
  readonly kind?: WaiverKind;
  /** The requirement whose failure is waived. */
  readonly id: string;
  /** The target's URL as typed or its implementation; `*` stands for anything. */
  readonly target: string;
  readonly reason: string;
  readonly owner: string;
  /** URL of where it is worked on. */
  readonly issue: string;
  /** The last day on which it holds, in UTC, as `2026-01-31`; a minor fault has one. */
  readonly expires?: string;
  /** The version of allocert that mends the suite: from it on, a deficiency excuses nothing. */
  readonly mendedIn?: string;
  /** Narrows it to one case. */
  readonly case?: string;
  /** Narrows it to one profile. */
  readonly profile?: string;
  /** Says that the owner knows that the failure endangers data or the machine. */
  readonly acknowledgesSafety?: true;
}

/** A waiver with the failures that it met. */
export interface UsedWaiver extends Waiver {
  /** The failures that it covers here: `CASE REQUIREMENT`. */
  readonly waived: readonly string[];
}

/** A waiver that covered no failure, with the reason. */
export interface IdleWaiver extends Waiver {
  readonly why: string;
}

/** One requirement as one case saw it, under the deciding profile. */
export interface GatePoint {
  readonly case: string;
  /** Empty for a death in a case of which the deciding profile says nothing. */
  readonly requirement: string;
  readonly status: Status;
  readonly reason: string;
}

/** An earlier run, as far as a gate compares with it. */
export interface Baseline {
  /** The path as typed. */
  readonly path: string;
  readonly target: string;
  readonly abi: string;
  readonly profile: string;
  readonly allocert: string;
  readonly startedAt: string;
  /** Why it is incomplete; empty when complete. */
  readonly incompleteReason: string;
  /** Cases that it finished. */
  readonly cases: number;
  /** Points that failed in it, flaked, or were waived; SHOULDs are always among them. */
  readonly failing: readonly GatePoint[];
  /** Points that it could not decide. */
  readonly open: readonly GatePoint[];
}

/** A baseline without its points, as records name it. */
export type BaselineHead = Omit<Baseline, 'failing' | 'open'>;

/** A gate as asked for: what it lets pass. Plain data: a journal keeps it. */
export interface GateSettings {
  readonly failOn: FailOn;
  readonly failOnFlaky: boolean;
  /** Cases that may skip; left out: any number. */
  readonly maxSkips?: number;
  readonly waivers: readonly Waiver[];
  readonly baseline?: Baseline;
  /** The day by which waivers expire, in UTC, as `2026-01-31`. */
  readonly today: string;
}

/** The outcome of a gate. The record's `waivers` are those that were used. */
export interface GateOutcome {
  readonly failOn: FailOn;
  readonly failOnFlaky: boolean;
  readonly maxSkips?: number;
  /** Cases that skipped. */
  readonly skips: number;
  readonly today: string;
  readonly baseline?: BaselineHead;
  /** Failures that gate: without a baseline all of them, with one those that are new. */
  readonly failures: readonly GatePoint[];
  /** Failures that the baseline has too. */
  readonly known: readonly GatePoint[];
  /** Points that failed in the baseline and do not any more. */
  readonly fixed: readonly GatePoint[];
  /** Points that failed in the baseline and were not observed this time. */
  readonly unobserved: readonly GatePoint[];
  readonly flaky: readonly GatePoint[];
  /** Points that had to be decided and were not, nor by the baseline; earlier gates lack them. */
  readonly open?: readonly GatePoint[];
  /** Points whose flakiness decides the exit code; earlier gates lack them. */
  readonly flaked?: readonly GatePoint[];
  readonly expired: readonly UsedWaiver[];
  /** Waivers of a safety failure that do not acknowledge it. */
  readonly refused: readonly UsedWaiver[];
  readonly unused: readonly IdleWaiver[];
  readonly passingAgain: readonly Waiver[];
  /** Why the exit code is not 0, a sentence each, worst first. */
  readonly reasons: readonly string[];
  /** Sentences on what needs attention. */
  readonly warnings: readonly string[];
}
