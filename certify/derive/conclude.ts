import { type KnownDeviation, profileNamed, requirementOf } from '../../catalogue/catalogue.ts';
import { profileOn } from '../../catalogue/known.ts';
import { gate, PLAIN_GATE } from '../../reports/gate/gate.ts';
import { dayOf } from '../../reports/gate/read-waivers.ts';
import { isBinding } from '../../reports/record/binding.ts';
import type { UsedWaiver, Waiver } from '../../reports/record/gate-outcome.ts';
import type { RecordedRequirement, RunRecord } from '../../reports/record/record.ts';
import { isBad, type Status, worse } from '../../reports/record/status.ts';
import type { JudgedClaims } from './claims.ts';

/** What the campaign of a package came to. */
export interface CampaignOutcome {
  readonly rounds: number;
  readonly operations: number;
  /** Why it ended before its last round; empty when it did not. */
  readonly unfinished: string;
  readonly findings: readonly { readonly requirement: string; readonly signature: string }[];
}

/** What a conclusion follows from. */
export interface Grounds {
  readonly profile: string;
  /** The records of all runs, before any waiver. */
  readonly records: readonly RunRecord[];
  readonly campaign: CampaignOutcome;
  readonly waivers: readonly Waiver[];
  readonly statement: Pick<JudgedClaims, 'faults' | 'undecided'>;
}

/** A rule that was not observed, with the reason. */
export interface Unobserved {
  readonly requirement: string;
  readonly reason: string;
}

/** What a package says of its product. */
export interface Conclusion {
  readonly result: 'PASSED' | 'WARNED' | 'FAILED';
  /** Ids of requirements in the order of the catalogue. */
  readonly passed: readonly string[];
  readonly warned: readonly string[];
  readonly failed: readonly string[];
  /** Why it is not certified, a sentence each; empty where it is. */
  readonly reasons: readonly string[];
  /** Deviations that the profile knows of this kernel: they stand on the certificate by name. */
  readonly deviations: readonly KnownDeviation[];
  readonly waived: readonly UsedWaiver[];
  readonly unobserved: readonly Unobserved[];
}

/**
 * What follows from the runs, the campaign and the claims of a package: certified only when all
 * runs agree, every MUST that applies is observed and passes (or stands on the certificate by
 * name), all claims hold, and the campaign found nothing else about a MUST.
 */
export function concludePackage(grounds: Grounds): Conclusion {
  const { campaign, profile, records, statement, waivers } = grounds;
  const [first] = records;
  if (first === undefined) throw new Error('a conclusion needs a run');
  // The day on which the runs ended decides which waivers held.
  const today = dayOf(new Date(records.at(-1)?.endedAt ?? first.endedAt));
  const gated = records.map((record) => gate(record, { ...PLAIN_GATE, waivers, today }));
  const found = new Set(campaign.findings.map(({ requirement }) => requirement));
  const outcomes = first.requirements.flatMap((requirement): Outcome[] => {
    const statuses = gated.map((record) => statusIn(record, requirement.id, profile));
    if (statuses.every((status) => status === undefined)) return [];
    const seen = statuses.map((status): Status => status ?? 'skip');
    const binds = isBound(requirement, first);
    const isKnown = !binds || seen.every((status) => status === 'waived' || status === 'warn');
    const worst = seen.reduce(worse);
    const status = found.has(requirement.id) ? worse(worst, isKnown ? 'warn' : 'fail') : worst;
    return [{ requirement, seen, status, isBound: binds, isKnown }];
  });
  const known = new Set(outcomes.filter((one) => one.isKnown).map((one) => one.requirement.id));
  const reasons = [
    ...gated.flatMap(runReasons),
    ...outcomes.flatMap(outcomeReasons),
    ...statement.faults,
    ...campaignReasons(campaign, known),
  ];
  const ids = (wanted: (outcome: Outcome) => boolean): readonly string[] =>
    outcomes.filter(wanted).map(({ requirement }) => requirement.id);
  const failed = ids(isFailed);
  const warned = ids((one) => !isFailed(one) && WARNED.includes(one.status));
  const isNoted = warned.length > 0 || statement.undecided.length > 0;
  const result = reasons.length > 0 ? 'FAILED' : isNoted ? 'WARNED' : 'PASSED';
  return {
    result,
    passed: ids(({ status }) => status === 'pass'),
    warned,
    failed,
    reasons,
    deviations: deviationsOf(first, profile, outcomes),
    waived: usedIn(gated),
    unobserved: outcomes
      .filter(({ status, isBound }) => isBound && status === 'skip')
      .map(({ requirement: { id } }) => ({ requirement: id, reason: whySkipped(first, id) })),
  };
}

/** One requirement over all runs. */
interface Outcome {
  readonly requirement: RecordedRequirement;
  readonly seen: readonly Status[];
  readonly status: Status;
  /** Whether it is a MUST of the deciding profile. */
  readonly isBound: boolean;
  /**
   * Whether a finding of the campaign about it is none: it does not bind, or every run showed the
   * same, by leave of a waiver or as a deviation that the profile knows.
   */
  readonly isKnown: boolean;
}

const WARNED: readonly Status[] = ['warn', 'waived', 'flaky', 'inconclusive'];

/** A MUST that could not be decided is not proved; a SHOULD may be left open. */
const isFailed = ({ isBound, status }: Outcome): boolean =>
  isBad(status) || (isBound && status === 'inconclusive');

const statusIn = ({ requirements }: RunRecord, id: string, profile: string): Status | undefined =>
  requirements.find((one) => one.id === id)?.statuses[profile];

function isBound(requirement: RecordedRequirement, { profile, profiles }: RunRecord): boolean {
  const deciding = profiles.find(({ name }) => name === profile);
  return deciding !== undefined && isBinding(requirement, deciding);
}

/** Why a run by itself does not conform, in the words of the gate. */
function runReasons(record: RunRecord, at: number): string[] {
  const { exitCode, gate: outcome, profile, summaries } = record;
  const missing = summaries.find((one) => one.profile === profile)?.claim?.missing ?? [];
  const lacking =
    missing.length === 0
      ? []
      : [`run ${at + 1}: the target lacks operations to observe ${missing.join(', ')}`];
  if (exitCode === 0) return lacking;
  const why = outcome?.reasons ?? [];
  return [...(why.length === 0 ? ['it does not conform'] : why), ...lacking].map((reason) =>
    reason.startsWith('run ') ? reason : `run ${at + 1}: ${reason}`,
  );
}

function outcomeReasons({ isBound: binds, requirement, seen }: Outcome): string[] {
  if (!binds || new Set(seen).size === 1) return [];
  return [`the runs disagree on ${requirement.id}: ${seen.join(', ')}`];
}

function campaignReasons(
  { findings, unfinished }: CampaignOutcome,
  known: ReadonlySet<string>,
): string[] {
  const found = findings
    .filter(({ requirement }) => !known.has(requirement))
    .map(({ signature }) => `fuzzing found: ${signature}`);
  return unfinished === '' ? found : [...found, `the campaign is incomplete: ${unfinished}`];
}

/** Deviations of MUSTs that warned, as the profile has them for this kernel. */
function deviationsOf(
  { facts, fixed = [] }: RunRecord,
  profile: string,
  outcomes: readonly Outcome[],
): readonly KnownDeviation[] {
  const release = facts.kernel?.release;
  const { known } = profileOn(profileNamed(profile), { release, fixed });
  const warned = new Set(
    outcomes
      .filter(({ isBound: binds, seen }) => binds && seen.includes('warn'))
      .map(({ requirement }) => requirement.id),
  );
  return known.filter(({ requirement }) => warned.has(requirement));
}

/** Waivers that covered something, each once, with what they covered in any run. */
function usedIn(records: readonly RunRecord[]): readonly UsedWaiver[] {
  const used = new Map<string, UsedWaiver>();
  for (const waiver of records.flatMap(({ waivers }) => waivers)) {
    const { waived, ...words } = waiver;
    const key = JSON.stringify(words);
    const all = new Set([...(used.get(key)?.waived ?? []), ...waived]);
    used.set(key, { ...waiver, waived: [...all] });
  }
  return [...used.values()];
}

/** Why no case observed a requirement: what the first case about it says. */
function whySkipped({ cases }: RunRecord, id: string): string {
  const about = cases.find(({ end, requirements }) => end === 'skip' && requirements.includes(id));
  return about?.reason ?? requirementOf(id).unobservable ?? 'no case observes it';
}
