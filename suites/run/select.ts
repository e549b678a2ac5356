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

/**
 * The profile that decides: the one asked for, or the default of the ABI that the target speaks.
 *
 * @throws {@link AllocertError} when the two contradict each other, or neither names an ABI
 */
export function decidingProfile(asked: string | undefined, facts: TargetFacts): Profile {
  const spoken = facts.regions[0]?.abi;
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
      `the target does not say which ABI ${facts.regions[0]?.node ?? 'the target'} speaks; ` +
        `give --profile with one of ${known.join(', ')}`,
    );
  }
  return first;
}

/**
 * The cases for an ABI, or those of them that `only` names by case id or by requirement id.
 *
 * @param exactly ids of cases; of what `only` leaves, no others
 * @throws {@link AllocertError} for an id that no case has
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
  const applicable = new Set(requirementsFor(abi).map(({ id }) => id));
  const roles = abiNamed(abi).fields;
  const cases = CASES.filter(
    (case_) =>
      case_.requirements.some((id) => applicable.has(id)) &&
      (case_.needsRoles ?? []).every((role) => roles[role] !== undefined),
  );
  if (only.length === 0) return cases;
  for (const id of only) {
    // A case may observe a rule of one ABI beside that of another.
    const applies = (case_: Case): boolean => case_.id === id || applicable.has(id);
    if (cases.some((case_) => names(case_, id) && applies(case_))) continue;
    if (CASES.some((case_) => names(case_, id))) {
      throw usageError(`${id} does not apply to the ${abi} ABI; see allocert run --list`);
    }
    throw usageError(`there is no requirement or case "${id}"; see allocert run --list`);
  }
  return cases.filter((case_) => only.some((id) => names(case_, id)));
}

const names = (case_: Case, id: string): boolean =>
  case_.id === id || case_.requirements.includes(id);
