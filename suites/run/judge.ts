import { isErrnoName } from '../../adapters/contract/index.ts';
import { type Profile, type Requirement, requirementOf } from '../../catalogue/catalogue.ts';
import { type CaseEnd, KERNEL_ALARM, type Verdict } from '../../reports/record/record.ts';
import { type Status, worse } from '../../reports/record/status.ts';
import type { Case } from '../kit/case.ts';
import type { Observation } from '../kit/observation.ts';

/** The outcome of a case; verdicts are a pure function of it. */
export interface CaseOutcome {
  readonly end: CaseEnd;
  /** Why it did not complete; empty when it did. */
  readonly reason: string;
  readonly observations: readonly Observation[];
  /** Kernel log lines that report a defect of the kernel. */
  readonly alarms: readonly string[];
}

/**
 * The verdicts of a case under every profile that has an expectation for its requirements.
 *
 * @throws Error when the case observed a role that the catalogue does not name
 */
export function judge(case_: Case, outcome: CaseOutcome, profiles: readonly Profile[]): Verdict[] {
  return case_.requirements.flatMap((id) => {
    const requirement = requirementOf(id);
    return profiles
      .filter((profile) => requirement.expect[profile.name] !== undefined)
      .map((profile) => verdictOf(case_, requirement, profile, outcome));
  });
}

function verdictOf(
  case_: Case,
  requirement: Requirement,
  profile: Profile,
  outcome: CaseOutcome,
): Verdict {
  const verdict = observedVerdict(requirement, profile, outcome);
  const [alarm] = outcome.alarms;
  if (alarm === undefined || !bearsAlarms(case_, requirement)) return verdict;
  return alarmed(verdict, alarm);
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
  return {
    ...verdict,
    status: worse(verdict.status, 'fail'),
    observed: [...observed, KERNEL_ALARM],
    reason: `${reason === '' ? '' : `${reason}; `}the kernel log reports: ${alarm}`,
  };
}

/**
 * A defect that the kernel itself reports breaks the safety rules of the case that provoked it, or
 * every rule of a case that has none: an errno may still have been the right one.
 */
function bearsAlarms(case_: Case, requirement: Requirement): boolean {
  const safety = case_.requirements.filter((id) => requirementOf(id).authority === 'safety');
  return safety.length === 0 || safety.includes(requirement.id);
}

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
  const { observed, detail } = seen;
  if (requirement.reportOnly === true || !profile.authorities.includes(requirement.authority)) {
    return { status: 'info', expected, observed, detail };
  }
  if (matches(expected, observed)) return { status: 'pass', expected, observed, detail };
  const known = profile.known.find(
    (deviation) =>
      deviation.requirement === requirement.id &&
      deviation.role === seen.role &&
      matches(deviation.observed, observed),
  );
  if (known !== undefined) {
    const fixed = known.fixedIn === null ? 'not fixed so far' : `fixed in ${known.fixedIn}`;
    const why = `${detail}; known of ${known.kernel} (${known.source}; ${fixed})`;
    return { status: 'warn', expected, observed, detail: why };
  }
  return { status: statusOfDeviation(requirement), expected, observed, detail };
}

function statusOfDeviation(requirement: Requirement): Status {
  if (requirement.level === 'MUST') return 'fail';
  return requirement.level === 'SHOULD' ? 'warn' : 'info';
}

/** `error` in an expectation stands for any errno. */
function matches(expected: readonly string[], observed: string): boolean {
  return expected.includes(observed) || (expected.includes('error') && isErrnoName(observed));
}
