import type { AbiName, TargetFacts } from '../../adapters/contract/index.ts';
import { usageError } from '../../base/errors.ts';
import {
  abiNamed,
  catalogue,
  type Profile,
  profileNamed,
  profilesOf,
  requirementsFor,
} from '../../catalogue/catalogue.ts';
import { CASES } from '../cases/all.ts';
import type { Case } from '../kit/case.ts';
import { casesNamed, namesOf } from './named.ts';
import { refuseUnnamed } from './names.ts';

/**
 * The profile that decides: the one asked for, or the default of the ABI that the target speaks.
 *
 * @throws {@link AllocertError} when the two contradict each other, or neither names an ABI
 */
export function decidingProfile(asked: string | undefined, facts: TargetFacts): Profile {
  const [region] = facts.regions;
  if (region === undefined) {
    throw usageError(
      'the target has no region to test: its agent was started without --region; give it ' +
        '--region /dev/NODE, see docs/agent.md',
    );
  }
  const spoken = region.abi;
  if (asked !== undefined) {
    const profile = profileNamed(asked);
    if (spoken !== undefined && profile.abi !== spoken) {
      const fitting = profilesOf(spoken).map(({ name }) => name);
      throw usageError(
        `profile "${asked}" judges the ${profile.abi} ABI, but the target speaks ${spoken}; ` +
          `choose ${fitting.join(' or ')}`,
      );
    }
    return profile;
  }
  const first = spoken === undefined ? undefined : profilesOf(spoken)[0];
  if (first === undefined) {
    const known = catalogue().profiles.map(({ name }) => name);
    throw usageError(
      `the target does not say which ABI ${region.node} speaks; ` +
        `give --profile with one of ${known.join(', ')}`,
    );
  }
  return first;
}

/**
 * The cases for an ABI, or those of them that `only` names; see names.ts.
 *
 * @param exactly ids of cases; of what `only` leaves, no others
 * @throws {@link AllocertError} (usage) for a word that names none
 */
export function selectCases(
  abi: AbiName,
  only: readonly string[],
  exactly?: readonly string[],
): readonly Case[] {
  const cases = chosenCases(abi, only);
  if (exactly === undefined) return cases;
  const gone = exactly.find((id) => !cases.some((case_) => case_.id === id));
  if (gone === undefined) return cases.filter(({ id }) => exactly.includes(id));
  throw usageError(`this allocert has no case ${gone} for the ${abi} ABI; run the suites again`);
}

function chosenCases(abi: AbiName, only: readonly string[]): readonly Case[] {
  const applicable = requirementsFor(abi);
  const ids = new Set(applicable.map(({ id }) => id));
  const roles = abiNamed(abi).fields;
  const cases = CASES.filter(
    (case_) =>
      case_.requirements.some((id) => ids.has(id)) &&
      (case_.needsRoles ?? []).every((role) => roles[role] !== undefined),
  );
  if (only.length === 0) return cases;
  const chosen = new Set<Case>();
  for (const word of only) {
    // A case may observe a rule of one ABI beside that of another.
    const found = casesNamed(word, cases, applicable);
    for (const case_ of found) chosen.add(case_);
    if (found.length > 0) continue;
    if (casesNamed(word, CASES, catalogue().requirements).length > 0) {
      throw usageError(`${word} does not apply to the ${abi} ABI; see allocert run --list`);
    }
    refuseUnnamed(word, namesOf(CASES, catalogue().requirements));
  }
  return cases.filter((case_) => chosen.has(case_));
}

/**
 * The cases of every ABI, or those of them that `only` names.
 *
 * @throws {@link AllocertError} (usage) for a word that names none
 */
export function casesOfAll(only: readonly string[]): readonly Case[] {
  if (only.length === 0) return CASES;
  const { requirements } = catalogue();
  const chosen = new Set(
    only.flatMap((word) => {
      const found = casesNamed(word, CASES, requirements);
      return found.length > 0 ? found : refuseUnnamed(word, namesOf(CASES, requirements));
    }),
  );
  return CASES.filter((case_) => chosen.has(case_));
}

/**
 * Cases in the order that a function gives their ids.
 *
 * @param order left out: as they are
 */
export function inOrder(
  cases: readonly Case[],
  order: ((ids: readonly string[]) => readonly string[]) | undefined,
): readonly Case[] {
  if (order === undefined) return cases;
  const byId = new Map(cases.map((case_) => [case_.id, case_]));
  return order([...byId.keys()]).flatMap((id) => byId.get(id) ?? []);
}
