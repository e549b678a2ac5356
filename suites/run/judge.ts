import { isErrnoName } from '../../adapters/contract/index.ts';
import {
  type KnownDeviation,
  type Profile,
  type Requirement,
  requirementOf,
} from '../../catalogue/catalogue.ts';
import { isBinding } from '../../reports/record/binding.ts';
import {
  type CaseEnd,
  type FailedStep,
  KERNEL_ALARM,
  type Verdict,
} from '../../reports/record/record.ts';
import { type Status, worse } from '../../reports/record/status.ts';
import type { Case } from '../kit/case.ts';
import type { Observation } from '../kit/observation.ts';

/** The outcome of a case; verdicts are a pure function of it. */
export interface CaseOutcome {
  readonly end: CaseEnd;
  /** Why it did not complete; empty when it did. */
  readonly reason: string;
  readonly observations: readonly Observation[];
  /** Operations that the target lacks, where it skipped for want of them. */
  readonly lacks?: string;
  /** The step that failed, where it could not look for that. */
  readonly blocked?: FailedStep;
  /** Kernel log lines that report a defect of the kernel. */
  readonly alarms: readonly string[];
}

/** The rule that an alarm breaks where no rule of the case can bear it. */
const NO_DEFECT_OF_ITS_OWN = 'ERR-12';

/**
 * The verdicts of a case under every profile that has an expectation for its requirements. A
 * defect that the kernel itself reports breaks the safety rules of the case that provoked it, or
 * every MUST of a case that has none: an errno may still have been the right one. Where no MUST
 * binds, it breaks the rule that the kernel has no defect to report, so that it fails in every
 * profile.
 *
 * @param profiles as they judge the target, see catalogue/known.ts
 * @throws Error when the case observed a role that the catalogue does not name
 */
export function judge(case_: Case, outcome: CaseOutcome, profiles: readonly Profile[]): Verdict[] {
  const requirements = case_.requirements.map(requirementOf);
  const verdicts = requirements.flatMap((requirement) =>
    profiles
      .filter(({ name }) => requirement.expect[name] !== undefined)
      .map((profile) => observedVerdict(requirement, profile, outcome)),
  );
  const [alarm] = outcome.alarms;
  if (alarm === undefined) return verdicts;
  return profiles.flatMap((profile) => {
    const mine = verdicts.filter((verdict) => verdict.profile === profile.name);
    const bearers = alarmBearers(requirements, profile);
    if (bearers.length === 0) return [...mine, alarmVerdict(profile, alarm)];
    return mine.map((one) => (bearers.includes(one.requirement) ? alarmed(one, alarm) : one));
  });
}

function observedVerdict(
  requirement: Requirement,
  profile: Profile,
  outcome: CaseOutcome,
): Verdict {
  const base = { requirement: requirement.id, profile: profile.name };
  const nothing = { ...base, expected: [], observed: [] };
  if (outcome.end === 'crash' || outcome.end === 'hang') {
    return { ...nothing, status: outcome.end, reason: outcome.reason };
  }
  const mine = outcome.observations.filter((seen) => seen.requirement === requirement.id);
  const judged = mine.map((seen) => judgeOne(requirement, profile, seen));
  if (outcome.end !== 'completed' && !judged.some(({ status }) => status === 'fail')) {
    return { ...nothing, status: outcome.end, reason: outcome.reason };
  }
  if (judged.length === 0) {
    const reason = 'the case ended without observing this requirement';
    return { ...nothing, status: 'inconclusive', reason };
  }
  const status = judged.map((one) => one.status).reduce(worse);
  const telling = judged.filter((one) => one.status === status);
  return {
    ...base,
    status,
    expected: [...new Set(telling[0]?.expected)],
    observed: [...new Set(telling.map((one) => one.observed))],
    reason: reasonOf(telling.map((one) => one.detail)),
  };
}

/** The same verdict, with what the kernel itself reported. */
function alarmed(verdict: Verdict, alarm: string): Verdict {
  const { observed, reason } = verdict;
  const told = reason.includes(alarm) ? '' : `the kernel log reports: ${alarm}`;
  return {
    ...verdict,
    status: worse(verdict.status, 'fail'),
    observed: [...observed, KERNEL_ALARM],
    reason: [reason, told].filter((part) => part !== '').join('; '),
  };
}

/** Ids of the rules that an alarm breaks: only what binds may fail. */
function alarmBearers(requirements: readonly Requirement[], profile: Profile): readonly string[] {
  const binding = requirements.filter(
    (one) =>
      one.expect[profile.name] !== undefined && one.reportOnly !== true && isBinding(one, profile),
  );
  const safety = binding.filter(({ authority }) => authority === 'safety');
  return (safety.length > 0 ? safety : binding).map(({ id }) => id);
}

const alarmVerdict = (profile: Profile, alarm: string): Verdict => ({
  requirement: NO_DEFECT_OF_ITS_OWN,
  profile: profile.name,
  status: 'fail',
  expected: [
    ...new Set(
      Object.values(requirementOf(NO_DEFECT_OF_ITS_OWN).expect[profile.name] ?? {}).flat(),
    ),
  ],
  observed: [KERNEL_ALARM],
  reason: `the kernel log reports: ${alarm}`,
});

function reasonOf(details: readonly string[]): string {
  const [first = '', ...more] = details;
  return more.length === 0 ? first : `${first} (and ${more.length} more like it)`;
}

interface Judged {
  readonly status: Status;
  readonly expected: readonly string[];
  readonly observed: string;
  readonly detail: string;
}

function judgeOne(requirement: Requirement, profile: Profile, seen: Observation): Judged {
  const expected = requirement.expect[profile.name]?.[seen.role];
  if (expected === undefined) {
    throw new Error(`${requirement.id} names no role "${seen.role}" for profile ${profile.name}`);
  }
  const { observed } = seen;
  const detail = `${seen.detail}${carriedOut(expected, observed)}`;
  if (requirement.reportOnly === true || !profile.authorities.includes(requirement.authority)) {
    return { status: 'info', expected, observed, detail };
  }
  if (matches(expected, observed)) return { status: 'pass', expected, observed, detail };
  const covers = (deviation: KnownDeviation): boolean =>
    deviation.requirement === requirement.id &&
    deviation.role === seen.role &&
    matches(deviation.observed, observed);
  const known = profile.known.find(covers);
  if (known !== undefined) {
    const fixed = known.fixedIn === null ? 'not fixed so far' : `fixed in ${known.fixedIn}`;
    const why = `${detail}; known of ${known.kernel} (${known.source}; ${fixed})`;
    const worst = statusOfDeviation(requirement);
    return { status: worst === 'fail' ? 'warn' : worst, expected, observed, detail: why };
  }
  const lapsed = profile.lapsed?.find(covers);
  const why = lapsed === undefined ? '' : `; a known deviation does not excuse it: ${lapsed.why}`;
  return {
    status: statusOfDeviation(requirement),
    expected,
    observed,
    detail: `${detail}${why}`,
  };
}

/** Words of a request that was refused in a way that has no errno. */
const REFUSALS: readonly string[] = ['error', 'refused', 'lost'];

/**
 * Says of a request that every right answer refuses, and that was carried out, that this is worse
 * than a refusal with another errno: what it asked for has happened. Empty for everything else.
 */
function carriedOut(expected: readonly string[], observed: string): string {
  const refuses = expected.every((word) => REFUSALS.includes(word) || isErrnoName(word));
  return refuses && observed === 'ok' ? '; it was carried out although it must be refused' : '';
}

function statusOfDeviation(requirement: Requirement): Status {
  if (requirement.level === 'MUST') return 'fail';
  return requirement.level === 'SHOULD' ? 'warn' : 'info';
}

/**
 * `error` in an expectation stands for any errno that has a name: what has none is a kernel's own
 * and must never be seen by programs (include/linux/errno.h).
 */
function matches(expected: readonly string[], observed: string): boolean {
  return expected.includes(observed) || (expected.includes('error') && isErrnoName(observed));
}
