import { type Adapter, type AllocertError, usageError } from '../../../adapters/contract/index.ts';
import type { CaseFinish, RunStart } from '../../../reports/record/journal-lines.ts';
import type { Verdict } from '../../../reports/record/record.ts';
import { type RunOptions, runSuites } from '../../run/runner.ts';
import { diffEntries, type PlacedDifference } from './entries.ts';

/** A case on two targets. */
export interface CaseDiff {
  readonly case: string;
  readonly requirements: readonly string[];
  /** How it ended on each; empty when it did not run there. */
  readonly ends: readonly [left: string, right: string];
  readonly differences: readonly PlacedDifference[];
}

/** A requirement on two targets: what was observed, under the profile that decides. */
export interface RequirementDiff {
  readonly requirement: string;
  readonly statement: string;
  readonly statuses: readonly [left: string, right: string];
  readonly observed: readonly [left: string, right: string];
  /** Cases of it in which the Histories differ. */
  readonly cases: readonly string[];
  /** Whether what was observed differs, and not just how it came about. */
  readonly differs: boolean;
}

/** The suites on two targets. */
export interface SuiteDiff {
  readonly profile: string;
  readonly cases: readonly CaseDiff[];
  /** Those of which anything differs, in the order of the catalogue. */
  readonly requirements: readonly RequirementDiff[];
  /** How many requirements were looked at. */
  readonly compared: number;
  /** Why a run stopped early; empty when neither did. */
  readonly incomplete: string;
  readonly same: boolean;
}

/** Options of {@link diffSuites}. */
export interface SuiteDiffOptions {
  readonly profile?: string;
  readonly only: readonly string[];
  /** Called for both runs, one after the other. */
  readonly listener?: Partial<Pick<RunOptions, 'onStart' | 'onCaseStart' | 'onCaseEnd'>>;
  /** Stops between two cases; then nothing is compared, and its reason is thrown. */
  readonly signal?: AbortSignal;
}

interface Ran {
  readonly start: RunStart;
  readonly finished: ReadonlyMap<string, CaseFinish>;
  readonly incomplete: string;
}

/**
 * Runs the suites on two targets and compares them Program by Program, then requirement by
 * requirement. A case that learns something else of one target goes on to ask it other Programs;
 * the comparison of that case ends there, and what it observed is compared all the same.
 *
 * @throws {@link AllocertError} when a target cannot be run, or they speak different ABIs
 */
export async function diffSuites(
  adapters: readonly [left: Adapter, right: Adapter],
  options: SuiteDiffOptions,
): Promise<SuiteDiff> {
  const left = await runOn(adapters[0], options.profile, options);
  options.signal?.throwIfAborted();
  const right = await runOn(adapters[1], options.profile ?? left.start.profile, options).catch(
    (thrown: AllocertError) => {
      throw options.profile === undefined && thrown.blame === 'usage'
        ? usageError(
            `${adapters[1].url} cannot be compared with ${adapters[0].url}: ${thrown.message}`,
          )
        : thrown;
    },
  );
  options.signal?.throwIfAborted();
  const cases = left.start.cases.map((one): CaseDiff => {
    const sides = [left.finished.get(one.id), right.finished.get(one.id)] as const;
    return {
      case: one.id,
      requirements: one.requirements,
      ends: [endOf(sides[0]), endOf(sides[1])],
      differences: diffEntries(
        sides[0]?.transcript.entries ?? [],
        sides[1]?.transcript.entries ?? [],
      ),
    };
  });
  const all = left.start.requirements
    .filter(({ id }) => cases.some(({ requirements }) => requirements.includes(id)))
    .map(({ id, statement }) => requirementDiff(id, statement, cases, left, right));
  const incomplete = [left, right].map((side) => side.incomplete).find(Boolean) ?? '';
  const decided = cases.some(
    ({ differences, ends }) => ends[0] !== ends[1] || differences.some(({ raced }) => !raced),
  );
  return {
    profile: left.start.profile,
    cases,
    requirements: all.filter(({ differs, cases: places }) => differs || places.length > 0),
    compared: all.length,
    incomplete,
    same: !decided && all.every(({ differs }) => !differs),
  };
}

async function runOn(
  adapter: Adapter,
  profile: string | undefined,
  { only, listener, signal }: SuiteDiffOptions,
): Promise<Ran> {
  let start: RunStart | undefined;
  const finished = new Map<string, CaseFinish>();
  const end = await runSuites({
    adapter,
    only,
    seed: 0n, // Both targets get the same.
    ...(signal === undefined ? {} : { signal }),
    ...(profile === undefined ? {} : { profile }),
    onStart: (line) => {
      start = line;
      listener?.onStart?.(line);
    },
    onCaseStart: (line) => listener?.onCaseStart?.(line),
    onCaseEnd: (line) => {
      finished.set(line.case, line);
      listener?.onCaseEnd?.(line);
    },
    onNotice: () => {},
  });
  if (start === undefined) throw new Error('a run ended without having started');
  return { start, finished, incomplete: end.reason };
}

const endOf = (line: CaseFinish | undefined): string => line?.end ?? '';

function requirementDiff(
  requirement: string,
  statement: string,
  cases: readonly CaseDiff[],
  left: Ran,
  right: Ran,
): RequirementDiff {
  const [one, other] = [left, right].map((side) => verdictsOf(side, requirement));
  const statuses = [wordsOf(one, 'status'), wordsOf(other, 'status')] as const;
  const observed = [observedIn(one), observedIn(other)] as const;
  return {
    requirement,
    statement,
    statuses,
    observed,
    cases: cases
      .filter((each) => each.requirements.includes(requirement) && each.differences.length > 0)
      .map((each) => each.case),
    differs: statuses[0] !== statuses[1] || observed[0] !== observed[1],
  };
}

/** The verdicts of the deciding profile on a requirement, by every case. */
function verdictsOf({ start, finished }: Ran, requirement: string): readonly Verdict[] {
  return [...finished.values()]
    .flatMap(({ verdicts }) => verdicts)
    .filter((one) => one.requirement === requirement && one.profile === start.profile);
}

const wordsOf = (verdicts: readonly Verdict[] | undefined, member: 'status'): string =>
  [...new Set((verdicts ?? []).map((one) => one[member]))].join(', ');

const observedIn = (verdicts: readonly Verdict[] | undefined): string =>
  [...new Set((verdicts ?? []).flatMap(({ observed }) => observed))].toSorted().join(', ');
