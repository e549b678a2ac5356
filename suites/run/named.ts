import { catalogue, type Requirement } from '../../catalogue/catalogue.ts';
import { type Names, namedBy, refuseUnnamed } from './names.ts';

/** What is asked of a case to name it and its rules, without the code that runs it. */
export interface ListedCase {
  readonly id: string;
  readonly title: string;
  readonly requirements: readonly string[];
}

/** The cases that a word names, by their own ids or by the rules that they observe. */
export function casesNamed<T extends ListedCase>(
  word: string,
  cases: readonly T[],
  requirements: readonly Requirement[],
): readonly T[] {
  const named = new Set(namedBy(word, namesOf(cases, requirements)));
  const rules = new Set(
    requirements.filter(({ id, group }) => named.has(id) || named.has(group)).map(({ id }) => id),
  );
  return cases.filter(
    ({ id, requirements: observed }) => named.has(id) || observed.some((one) => rules.has(one)),
  );
}

/**
 * The requirements of the catalogue that words name, by their own ids or by cases that observe
 * them, in the order of the catalogue.
 *
 * @throws {@link AllocertError} (usage) for a word that names none
 */
export function requirementsNamed(
  words: readonly string[],
  cases: readonly ListedCase[],
): readonly Requirement[] {
  const { requirements } = catalogue();
  const names = namesOf(cases, requirements);
  const chosen = new Set<string>();
  for (const word of words) {
    const named = namedBy(word, names);
    if (named.length === 0) refuseUnnamed(word, names);
    for (const name of named) chosen.add(name);
  }
  const observed = new Set(
    cases.filter(({ id }) => chosen.has(id)).flatMap((one) => one.requirements),
  );
  return requirements.filter(
    ({ id, group }) => chosen.has(id) || chosen.has(group) || observed.has(id),
  );
}

/** The names of cases and of requirements. */
export const namesOf = (
  cases: readonly ListedCase[],
  requirements: readonly Requirement[],
): Names => ({
  ids: [...requirements.map(({ id }) => id), ...cases.map(({ id }) => id)],
  groups: [...new Set(requirements.map(({ group }) => group))],
});
