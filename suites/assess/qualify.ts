import { catalogue, type Requirement } from '../../catalogue/catalogue.ts';
import type { Status } from '../../reports/record/status.ts';
import type { RequirementOutcome, TargetResult } from './target-result.ts';

/** A bug that can be switched on in a target. */
export interface KnownDefect {
  readonly name: string;
  readonly summary: string;
  /** Requirements that it is said to break. */
  readonly breaks: readonly string[];
  /** The instrument of a kernel without which nothing shows it, such as `kasan`. */
  readonly instrument?: string;
  /** Parameters that the URL of its target needs beside it, such as `agent=i386`. */
  readonly needs?: string;
}

/** A defect together with the result of a target that has it. */
export interface DefectRun extends KnownDefect {
  readonly result: TargetResult;
}

/** Everything that was run to measure the strength of the suites. */
export interface QualificationRuns {
  /** A target without a defect; what passes on it is what the suites can observe. */
  readonly baseline: TargetResult;
  readonly defects: readonly DefectRun[];
  /** More targets that do everything right; nothing may be said against them. */
  readonly faithful: readonly TargetResult[];
  /**
   * Whether there is meant to be a defect for each MUST, and nothing that a target without one
   * leaves undecided: so for the simulator, whose machine is never slow.
   */
  readonly isComplete: boolean;
}

/** A defect with the requirements that saw it. */
export interface DefectResult extends KnownDefect {
  readonly target: string;
  /** Requirements that it names and that saw it. */
  readonly killedBy: readonly string[];
  /** Requirements that it does not name and that saw it too. */
  readonly alsoSeenBy: readonly string[];
  /** Requirements that it names and that did not see it. */
  readonly notSeenBy: readonly string[];
}

/** Which defects a requirement sees. */
export interface RequirementResult {
  readonly requirement: string;
  readonly level: string;
  /** Its status without a defect; `none` when no case looked at it. */
  readonly baseline: Status | 'none';
  readonly reportOnly: boolean;
  /** Whether it must see a defect: a MUST that passes without one. */
  readonly mustKill: boolean;
  /** Defects that it sees, the ones that name it first. */
  readonly kills: readonly string[];
}

/** A way in which the suites were found wanting. */
export interface Shortcoming {
  readonly kind:
    | 'survived'
    | 'killed by others only'
    | 'unknown requirement'
    | 'MUST without a defect'
    | 'false accusation'
    | 'incomplete run';
  /** A defect, a requirement or a target. */
  readonly subject: string;
  readonly detail: string;
}

/** A defect that nothing on this target could have shown. */
export interface HiddenDefect {
  readonly name: string;
  readonly reason: string;
}

/** The proven strength of the suites. */
export interface Qualification {
  readonly defects: readonly DefectResult[];
  /** Left out of the count: another target must show them. */
  readonly hidden: readonly HiddenDefect[];
  readonly requirements: readonly RequirementResult[];
  readonly faithful: readonly string[];
  readonly shortcomings: readonly Shortcoming[];
  /** 1 when there is a shortcoming. */
  readonly exitCode: 0 | 1;
}

/** Statuses that count as seeing a defect; `inconclusive` does not. */
const ACCUSES: readonly Status[] = ['fail', 'crash', 'hang', 'warn'];

/** Statuses that no simulator without a defect may get. */
const UNFOUNDED: readonly Status[] = [...ACCUSES, 'inconclusive'];

/**
 * Measures the strength of the suites by their results on targets whose defects are known: every
 * defect must be seen by a requirement that it names, every MUST must see a defect, and a target
 * without one must not be accused.
 */
export function qualify(
  runs: QualificationRuns,
  requirements: readonly Requirement[] = catalogue().requirements,
): Qualification {
  const hidden = runs.isComplete ? [] : runs.defects.flatMap((run) => whyHidden(run, runs));
  const defects = runs.defects
    .map((run) => defectResult(run, runs.baseline))
    .filter(
      ({ name, killedBy }) => killedBy.length > 0 || hidden.every((one) => one.name !== name),
    );
  const results = requirements.map((one) => requirementResult(one, runs.baseline, defects));
  const known = new Set(requirements.map(({ id }) => id));
  const faithful = [runs.baseline, ...runs.faithful];
  const shortcomings = [
    ...defects.flatMap((defect) => defectShortcomings(defect, known)),
    ...(runs.isComplete ? results.filter(isUnproven).map(withoutDefect) : []),
    ...faithful.flatMap((one) => accusations(one, runs.isComplete ? UNFOUNDED : ACCUSES)),
    ...[...faithful, ...runs.defects.map(({ result }) => result)].flatMap(incomplete),
  ];
  return {
    defects,
    hidden: hidden.filter(({ name }) => defects.every((one) => one.name !== name)),
    requirements: results,
    faithful: faithful.map(({ target }) => target),
    shortcomings,
    exitCode: shortcomings.length === 0 ? 0 : 1,
  };
}

/** Whether a requirement found something wrong. */
const accuses = ({ status }: RequirementOutcome): boolean => ACCUSES.includes(status);

/** Why nothing could have shown a defect, where that is so. */
function whyHidden(
  { breaks, instrument, name }: DefectRun,
  { baseline }: QualificationRuns,
): readonly HiddenDefect[] {
  if (instrument !== undefined && !baseline.instruments.includes(instrument)) {
    return [{ name, reason: `only a kernel with ${instrument} shows it` }];
  }
  const outcomes = breaks.map((id) => baseline.requirements.find((one) => one.requirement === id));
  const [first] = outcomes;
  if (first === undefined || outcomes.some((one) => one?.status !== 'skip')) return [];
  return [{ name, reason: `this target shows nothing of ${breaks.join(', ')} (${first.reason})` }];
}

function defectResult(run: DefectRun, baseline: TargetResult): DefectResult {
  const { name, summary, breaks, result } = run;
  const noise = new Set(baseline.requirements.filter(accuses).map((one) => one.requirement));
  const seenBy = result.requirements
    .filter(accuses)
    .map(({ requirement }) => requirement)
    .filter((id) => !noise.has(id));
  return {
    name,
    summary,
    breaks,
    target: result.target,
    killedBy: seenBy.filter((id) => breaks.includes(id)),
    alsoSeenBy: seenBy.filter((id) => !breaks.includes(id)),
    notSeenBy: breaks.filter((id) => !seenBy.includes(id)),
  };
}

function requirementResult(
  { id, level, reportOnly = false }: Requirement,
  baseline: TargetResult,
  defects: readonly DefectResult[],
): RequirementResult {
  const found = baseline.requirements.find(({ requirement }) => requirement === id);
  const status = found?.status ?? 'none';
  const naming = defects.filter(({ killedBy }) => killedBy.includes(id));
  const others = defects.filter(({ alsoSeenBy }) => alsoSeenBy.includes(id));
  return {
    requirement: id,
    level,
    baseline: status,
    reportOnly,
    mustKill: level === 'MUST' && status === 'pass' && !reportOnly,
    kills: [...naming, ...others].map(({ name }) => name),
  };
}

function defectShortcomings(defect: DefectResult, known: ReadonlySet<string>): Shortcoming[] {
  const { name, breaks, killedBy, alsoSeenBy } = defect;
  const unknown = breaks
    .filter((id) => !known.has(id))
    .map((id): Shortcoming => {
      const detail = `it names ${id}, which the catalogue does not have`;
      return { kind: 'unknown requirement', subject: name, detail };
    });
  if (killedBy.length > 0) return unknown;
  if (alsoSeenBy.length === 0) {
    const detail = `no requirement saw it; ${breaks.join(', ')} should have`;
    return [...unknown, { kind: 'survived', subject: name, detail }];
  }
  const detail = `${alsoSeenBy.join(', ')} saw it, but it names ${breaks.join(', ')}`;
  return [...unknown, { kind: 'killed by others only', subject: name, detail }];
}

const isUnproven = ({ mustKill, kills }: RequirementResult): boolean =>
  mustKill && kills.length === 0;

const withoutDefect = ({ requirement }: RequirementResult): Shortcoming => ({
  kind: 'MUST without a defect',
  subject: requirement,
  detail: 'it passes without a defect, and no defect makes it fail',
});

const accusations = (
  { target, requirements }: TargetResult,
  unfounded: readonly Status[],
): Shortcoming[] =>
  requirements
    .filter(({ status }) => unfounded.includes(status))
    .map(({ requirement, status, reason, cases }) => ({
      kind: 'false accusation',
      subject: target,
      detail: `${requirement} gave ${status} in ${cases.join(', ')}: ${reason}`,
    }));

const incomplete = ({ target, problem }: TargetResult): Shortcoming[] =>
  problem === '' ? [] : [{ kind: 'incomplete run', subject: target, detail: problem }];
