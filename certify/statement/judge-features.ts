import { isErrnoName } from '../../adapters/contract/index.ts';
import { profileNamed } from '../../catalogue/catalogue.ts';
import type { RecordedCase, RunRecord, Verdict } from '../../reports/record/record.ts';
import { type ClaimVerdict, presence } from './claim-verdict.ts';
import { explanationOf, statedRegion } from './excluded.ts';
import { type Feature, featuresOf } from './features.ts';
import type { Statement } from './statement.ts';

/** What a run shows of something: whether it is there, undefined when it does not tell, and why. */
export interface Sight {
  readonly seen: boolean | undefined;
  readonly reason: string;
}

/** The verdicts on the optional features that a statement claims or denies. */
export function judgeFeatures(statement: Statement, record: RunRecord): readonly ClaimVerdict[] {
  return featuresOf(statement.profile).flatMap((feature) => {
    const claimed = statement.features[feature.name];
    if (claimed === undefined) return [];
    const claim = `feature ${feature.name}`;
    const { seen, reason } = sightOf(feature, statement.profile, record);
    if (seen === undefined && !claimed && excluded(feature, statement, record) !== undefined) {
      const because = excluded(feature, statement, record);
      return [presence(claim, claimed, false, `as the statement says, ${because}`)];
    }
    return [presence(claim, claimed, seen, reason)];
  });
}

/** What keeps every case from looking for a feature, where the product has it so. */
function excluded(
  { requirement }: Feature,
  statement: Statement,
  record: RunRecord,
): string | undefined {
  const region = statedRegion(statement, record.facts.regions[0]);
  const cases = casesOf(requirement.id, record);
  const explained = cases.map(({ id, end }) =>
    end === 'skip' ? explanationOf(statement, region, id) : undefined,
  );
  return explained.every((one) => one?.ofProduct === true) ? explained[0]?.because : undefined;
}

const casesOf = (requirement: string, { cases }: RunRecord): readonly RecordedCase[] =>
  cases.filter(({ requirements }) => requirements.includes(requirement));

/** Whether a run shows a feature, as the profile sees it. */
export function sightOf(feature: Feature, profile: string, record: RunRecord): Sight {
  const { id } = feature.requirement;
  const cases = casesOf(id, record);
  const verdicts = verdictsOn(feature, profile, cases);
  const [told] = verdicts;
  if (told === undefined) return { seen: undefined, reason: whyUnseen(cases) };
  const sights = verdicts.map((one) => ({ seen: shows(feature, one), reason: one.reason }));
  return (
    sights.find(({ seen }) => seen === false) ??
    sights.find(({ seen }) => seen === undefined) ??
    sights[0] ?? { seen: undefined, reason: whyUnseen(cases) }
  );
}

/**
 * Observed verdicts on a feature's requirement. A profile that does not accept the authority of a
 * rule judges nothing by it; another one of the same ABI then says whether it holds.
 */
function verdictsOn(
  { requirement }: Feature,
  profile: string,
  cases: readonly RecordedCase[],
): readonly Verdict[] {
  const observed = cases
    .flatMap(({ verdicts }) => verdicts)
    .filter((one) => one.requirement === requirement.id && one.observed.length > 0);
  const { authorities } = profileNamed(profile);
  const heard = requirement.reportOnly === true || authorities.includes(requirement.authority);
  const mine = observed.filter((one) => one.profile === profile);
  const others = observed.filter((one) => one.status !== 'info');
  if (heard || others.length === 0) return mine;
  const [first] = others;
  return others.filter((one) => one.profile === first?.profile);
}

/** Whether a verdict shows the feature; undefined when it tells neither. */
function shows({ present, absent }: Feature, verdict: Verdict): boolean | undefined {
  const { observed, expected } = verdict;
  const status = verdict.waivedFrom ?? verdict.status;
  if (['crash', 'hang', 'inconclusive', 'skip', 'flaky'].includes(status)) return undefined;
  const has = (words: readonly string[]): boolean =>
    observed.some((word) => words.some((one) => fits(one, word)));
  if (present !== undefined && absent !== undefined) {
    if (has(absent)) return false;
    if (status === 'warn' || status === 'fail') return false;
    return has(present) ? true : undefined;
  }
  if (status !== 'info') return status === 'pass';
  return observed.every((word) => expected.some((one) => fits(one, word)));
}

/** `error` stands for any errno that has a name, as in expectations. */
const fits = (expected: string, word: string): boolean =>
  expected === word || (expected === 'error' && isErrnoName(word));

function whyUnseen(cases: readonly RecordedCase[]): string {
  if (cases.length === 0) return 'no case of this run looks at it';
  const [first] = cases;
  const reason = first?.reason === '' ? 'the case did not look at it' : first?.reason;
  return `nothing was observed: ${reason}`;
}
