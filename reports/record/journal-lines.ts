import type { TargetFacts, Transcript } from '../../adapters/contract/index.ts';
import type { GateSettings } from './gate-outcome.ts';
import type {
  Attempt,
  CaseEnd,
  CaseFacts,
  FailedStep,
  ProfileFacts,
  RequirementFacts,
  Shard,
  Verdict,
} from './record.ts';

/** First line of a journal. */
export interface RunStart {
  readonly type: 'run-start';
  readonly version: number;
  readonly allocert: string;
  readonly startedAt: string;
  /** Target URL as typed, secrets left out. */
  readonly target: string;
  readonly facts: TargetFacts;
  /** The profile that decides the exit code. */
  readonly profile: string;
  /** Every profile of the target's ABI; all of them are judged. */
  readonly profiles: readonly ProfileFacts[];
  /** Requirements that apply to the ABI, in catalogue order. */
  readonly requirements: readonly RequirementFacts[];
  /** Cases that this run set out to run, in order. */
  readonly cases: readonly CaseFacts[];
  /** Whether the user chose only some of the cases: the run then says nothing of a profile. */
  readonly partial: boolean;
  /** Fixes that the target was said to have, as typed; left out: none. */
  readonly fixed?: readonly string[];
  readonly seed: string;
  /** Left out: the run is whole. */
  readonly shard?: Shard;
  /** Where allocert ran, see environment.ts; left out by runs that are not the command's. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** A case that is about to run; the last one without a `case-end` ran when the run was killed. */
export interface CaseStart {
  readonly type: 'case-start';
  readonly case: string;
}

/** A finished case. */
export interface CaseFinish {
  readonly type: 'case-end';
  readonly case: string;
  readonly end: CaseEnd;
  /** Sentence; empty when completed. */
  readonly reason: string;
  readonly durationMs: number;
  readonly verdicts: readonly Verdict[];
  /** See {@link Attempt}. */
  readonly lacks?: string;
  readonly blocked?: FailedStep;
  /** Written in its text form; see program-json.ts. */
  readonly transcript: Transcript;
}

/** Something that happened between cases: a restart of the target, a harness error. */
export interface Notice {
  readonly type: 'notice';
  readonly message: string;
}

/** Last line of a journal whose run ended by itself. */
export interface RunEnd {
  readonly type: 'run-end';
  readonly endedAt: string;
  readonly durationMs: number;
  /** False when the run stopped before its last case. */
  readonly complete: boolean;
  /** Why it stopped; empty when complete. */
  readonly reason: string;
}

/** A line of `journal.ndjson`. */
export type JournalLine =
  | RunStart
  | GateLine
  | CaseStart
  | CaseFinish
  | Notice
  | RetryStart
  | RunEnd;

/** The gate that the run was started with, so that a later report says the same. */
export interface GateLine extends GateSettings {
  readonly type: 'gate';
}

/** Cases of this journal begin to run again; their earlier results stay. */
export interface RetryStart {
  readonly type: 'retry-start';
  readonly startedAt: string;
  /** Cases that failed or never ran, in order. */
  readonly cases: readonly string[];
}

/** A transcript in text form, as files hold it. */
export interface WrittenTranscript {
  readonly caseId: string;
  readonly entries: readonly object[];
}

/** A line as the journal holds it: its transcript is in text form, since few readers need more. */
export type WrittenLine =
  | Exclude<JournalLine, CaseFinish>
  | (Omit<CaseFinish, 'transcript'> & { readonly transcript: WrittenTranscript });
