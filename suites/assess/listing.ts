import { usageError } from '../../base/errors.ts';
import { chooseFrom } from '../../base/nearest.ts';
import { catalogue, profileNamed, type Requirement } from '../../catalogue/catalogue.ts';
import type { Level } from '../../catalogue/facts.ts';
import { type ListedCase, requirementsNamed } from '../run/named.ts';
import type { Paragraph } from './table.ts';

/** A requirement as `allocert list` shows it. */
export interface ListedRequirement extends Requirement {
  /** Ids of the cases that observe it; none when it says why it is unobservable. */
  readonly cases: readonly string[];
}

/** Which requirements are wanted; an empty filter lets all pass. */
export interface ListingFilter {
  readonly groups: readonly string[];
  readonly levels: readonly string[];
  /** Words that name requirements; see run/names.ts. */
  readonly ids?: readonly string[];
  /** Only those that apply in this profile. */
  readonly profile?: string;
}

const LEVELS: readonly Level[] = ['MUST', 'SHOULD', 'MAY'];

/**
 * The requirements of the catalogue, in its order, with the cases that observe each.
 *
 * @throws {@link AllocertError} for a group, level or profile that does not exist
 */
export function listRequirements(
  filter: ListingFilter,
  cases: readonly ListedCase[],
  requirements: readonly Requirement[] = catalogue().requirements,
): readonly ListedRequirement[] {
  const { levels, profile, ids = [] } = filter;
  const groups = filter.groups.map((group) => group.toLowerCase());
  refuseUnknown('group', groups, [...new Set(requirements.map(({ group }) => group))]);
  const named = ids.length === 0 ? requirements : requirementsNamed(ids, cases);
  const wanted = levels.map((level) => level.toUpperCase());
  refuseUnknown('level', wanted, LEVELS);
  const name = profile === undefined ? undefined : profileNamed(profile).name;
  return requirements
    .filter((one) => named.includes(one))
    .filter(({ group }) => groups.length === 0 || groups.includes(group))
    .filter(({ level }) => wanted.length === 0 || wanted.includes(level))
    .filter(({ expect }) => name === undefined || expect[name] !== undefined)
    .map(({ id, group, ...rest }) => ({
      id,
      group,
      ...rest,
      cases: cases.filter((case_) => case_.requirements.includes(id)).map((one) => one.id),
    }));
}

function refuseUnknown(what: string, given: readonly string[], known: readonly string[]): void {
  const unknown = given.find((word) => !known.includes(word));
  if (unknown === undefined) return;
  throw usageError(`there is no ${what} "${unknown}"; ${chooseFrom(unknown, known)}`);
}

/**
 * The listing for a reader, by group, with a count at the end.
 *
 * @param profile its expectations are shown too
 */
export function listingParagraphs(
  listed: readonly ListedRequirement[],
  profile?: string,
): readonly Paragraph[] {
  const groups = [...new Set(listed.map(({ group }) => group))];
  return [
    ...groups.flatMap((group) => [
      { first: '', text: group },
      ...listed.filter((one) => one.group === group).flatMap((one) => rowsOf(one, profile)),
      { first: '', text: '' },
    ]),
    { first: '', text: countsOf(listed) },
  ];
}

function rowsOf(requirement: ListedRequirement, profile: string | undefined): Paragraph[] {
  const { id, level, authority, statement, cases, unobservable, reportOnly } = requirement;
  const only = reportOnly === true ? ', report only' : '';
  const row = (label: string, text: string): Paragraph => ({
    first: '          ',
    text: `${label} ${text}`,
  });
  const expect = profile === undefined ? undefined : requirement.expect[profile];
  return [
    { first: `  ${id.padEnd(8)}`, text: `${level} (${authority}${only}): ${statement}` },
    ...(expect === undefined ? [] : [row('expected:', expectationText(expect))]),
    ...(cases.length === 0 ? [] : [row(cases.length === 1 ? 'case:' : 'cases:', cases.join(', '))]),
    ...(cases.length > 0 ? [] : [row('no case:', unobservable ?? 'none is written')]),
  ];
}

/** What a profile expects, role by role. */
export const expectationText = (expect: Readonly<Record<string, readonly string[]>>): string =>
  Object.entries(expect)
    .map(([role, words]) => `${role} ${words.join(' or ')}`)
    .join('; ');

function countsOf(listed: readonly ListedRequirement[]): string {
  const levels = LEVELS.map((level) => {
    const count = listed.filter((one) => one.level === level).length;
    return `${count} ${level}`;
  });
  const observed = listed.filter(({ cases }) => cases.length > 0).length;
  const cases = new Set(listed.flatMap((one) => one.cases)).size;
  return (
    `${listed.length} requirements (${levels.join(', ')}); ` +
    `${observed} observed by ${cases} cases, ${listed.length - observed} without a case`
  );
}
