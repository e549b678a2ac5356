import type { TargetFacts } from '../../adapters/contract/index.ts';
import type { BlockedStep, ProfileFacts, RequirementFacts } from '../../catalogue/facts.ts';
import type { Claim } from './claim.ts';
import type { GateOutcome, UsedWaiver } from './gate-outcome.ts';
import type { Status } from './status.ts';

export type {
  Authority,
  BlockedStep,
  Level,
  ProfileFacts,
  RequirementFacts,
} from '../../catalogue/facts.ts';

/** The version of `record.json` and of `journal.ndjson`; readers refuse a newer one. */
export const RECORD_VERSION = 1;

/** A case as the record quotes it. */
export interface CaseFacts {
  readonly id: string;
  readonly title: string;
  readonly requirements: readonly string[];
}

/** The word that the judge adds to observations made while the kernel reported a defect. */
export const KERNEL_ALARM = 'kernel alarm';

/** The verdict of one profile on one requirement, as one case observed it. */
export interface Verdict {
  readonly requirement: string;
  readonly profile: string;
  readonly status: Status;
  /** The profile's expectations, in words such as `EINVAL`; empty when it expects nothing. */
  readonly expected: readonly string[];
  /** The observations, in the same words; empty when nothing was observed. */
  readonly observed: readonly string[];
  /** Why, in a sentence: what was done and what came back, or why it was not. */
  readonly reason: string;
  /** Of a waived verdict, what it is without the waiver. */
  readonly waivedFrom?: Status;
}

/** How a case ended: `completed`, or why it did not. */
export type CaseEnd = 'completed' | 'skip' | 'inconclusive' | 'crash' | 'hang';

/** Which part of a run this one is: a case belongs to the part that its id hashes to. */
export interface Shard {
  /** From 1 to `count`. */
  readonly index: number;
  readonly count: number;
  /** Ids of all cases of the whole run, in order: a merge restores it and knows what is missing. */
  readonly cases: readonly string[];
}

/** The failed step that kept a case from looking. */
export interface FailedStep {
  readonly step: BlockedStep;
  /** The word that it failed with. */
  readonly word: string;
  /** The requirement that is broken with it, and the case that saw it; left out: none was. */
  readonly by?: { readonly requirement: string; readonly case: string };
}

/** The result of one run of a case. */
export interface Attempt {
  readonly end: CaseEnd | 'not-run';
  readonly reason: string;
  readonly durationMs: number;
  readonly verdicts: readonly Verdict[];
  /** SHA-256 of its line in `evidence.ndjson`; empty when it has none. */
  readonly evidence: string;
  /** Operations that the target lacks, for want of which it skipped; left out where it did not. */
  readonly lacks?: string;
  /** The step that everything else needed, and that failed; left out where none did. */
  readonly blocked?: FailedStep;
}

/** A case in the record. Where it ran more than once, its verdicts combine all runs. */
export interface RecordedCase extends CaseFacts, Attempt {
  /** Every run of it, the first one first; left out where there was one run. */
  readonly attempts?: readonly Attempt[];
  /** Whether `allocert retry` ran it, first or again. */
  readonly retried?: true;
}

/** A requirement in the record, with its worst status in each profile. */
export interface RecordedRequirement extends RequirementFacts {
  readonly statuses: Readonly<Record<string, Status>>;
  readonly cases: readonly string[];
}

/** The verdict on the target under one profile. */
export interface ProfileSummary {
  readonly profile: string;
  /**
   * The run is complete, with no fail, crash or hang, no MUST inconclusive, at least one MUST that
   * passed, and enough observed for a claim.
   */
  readonly holds: boolean;
  /** MUSTs that bind and were observed, of all that bind and apply. */
  readonly mustObserved: number;
  readonly mustApplicable: number;
  /** Requirements by status. */
  readonly counts: Readonly<Record<Status, number>>;
  /** What a claim of conformance needs; left out for a part of a run, and by older records. */
  readonly claim?: Claim;
}

/** A promise that a fuzz campaign saw broken; its file has the Programs. */
export interface FuzzFinding {
  readonly requirement: string;
  /** Equal for two findings of the same broken promise. */
  readonly signature: string;
  readonly oracle: string;
  readonly kind: string;
  readonly detail: string;
  readonly mode: string;
  /** Name of its file in the campaign's folder, and the SHA-256 of it. */
  readonly file: string;
  readonly digest: string;
  /** How often the shrunk Programs showed it again; left out when it was not tried. */
  readonly reproduced?: { readonly times: number; readonly of: number };
}

/** A fuzz campaign on the same target, summed up. */
export interface RecordedCampaign {
  readonly allocert: string;
  readonly target: string;
  readonly seed: string;
  /** The profile asked for; empty when the target's own decided. */
  readonly profile: string;
  readonly modes: readonly string[];
  readonly rounds: number;
  readonly operations: number;
  /** Rounds that killed their worker twice, which accuses no one. */
  readonly suspects: number;
  readonly findings: readonly FuzzFinding[];
  /** SHA-256 of the campaign's `fuzz.ndjson`. */
  readonly digest: string;
}

/** A record that a merged one was made of. */
export interface RecordSource {
  /** SHA-256 of its `record.json`, as allocert writes it. */
  readonly digest: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly seed: string;
  readonly complete: boolean;
  /** How many of its cases ended. */
  readonly finished: number;
  /** Left out: it was no shard. */
  readonly shard?: Pick<Shard, 'index' | 'count'>;
  readonly environment: Readonly<Record<string, string>>;
}

/** The canonical result of a run, `record.json`. */
export interface RunRecord {
  readonly version: number;
  readonly allocert: string;
  readonly startedAt: string;
  /** Of a killed run: as far as its finished cases reach. */
  readonly endedAt: string;
  readonly durationMs: number;
  readonly complete: boolean;
  /** Why it is incomplete, in a sentence; empty when complete. */
  readonly incompleteReason: string;
  /** The case that ran when the run was killed; empty otherwise. */
  readonly interruptedCase: string;
  readonly target: string;
  readonly facts: TargetFacts;
  readonly profile: string;
  readonly profiles: readonly ProfileFacts[];
  /** Whether only some cases were chosen: nothing broken in them is no statement on a profile. */
  readonly partial: boolean;
  /** Fixes that the target was said to have, as typed; left out: none. */
  readonly fixed?: readonly string[];
  readonly seed: string;
  /** Left out: it speaks of a whole run. */
  readonly shard?: Shard;
  /** Where allocert ran, see environment.ts; of a merged record, what its sources agree on. */
  readonly environment: Readonly<Record<string, string>>;
  /** Records that this one was merged from; empty for a run. */
  readonly sources: readonly RecordSource[];
  readonly requirements: readonly RecordedRequirement[];
  readonly cases: readonly RecordedCase[];
  readonly summaries: readonly ProfileSummary[];
  readonly notices: readonly string[];
  /** Waivers that were used. */
  readonly waivers: readonly UsedWaiver[];
  /** Campaigns that were taken into the record. */
  readonly fuzz: readonly RecordedCampaign[];
  /** The outcome of the gate; left out where none was asked for. */
  readonly gate?: GateOutcome;
  /** 0 conformant, 1 not, 3 incomplete, 4 only flaky. */
  readonly exitCode: 0 | 1 | 3 | 4;
}
