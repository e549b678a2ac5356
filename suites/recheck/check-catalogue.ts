import { packageVersion } from '../../base/package-root.ts';
import { abiNamed, profileNamed, profilesOf } from '../../catalogue/catalogue.ts';
import { type FieldDifference, firstDifference } from '../../reports/record/contradiction.ts';
import type { RunStart } from '../../reports/record/journal-lines.ts';
import { CASES } from '../cases/all.ts';
import { casesOfRun, profilesOfRun, requirementsOfRun } from '../run/run-facts.ts';
import { selectCases } from '../run/select.ts';
import { inShard } from '../run/shard.ts';

/** What a run quotes of the catalogue and of the suites. */
export type Quoted = Pick<
  RunStart,
  'profile' | 'profiles' | 'requirements' | 'partial' | 'shard' | 'cases'
> & {
  /** Whether cases may be missing, as in a record that was merged of some shards. */
  readonly incomplete: boolean;
};

/**
 * Why the verdicts of a report cannot be judged again, in a sentence; empty when they can be: the
 * cases and the catalogue of today are no measure of what others judged.
 */
export function whyUnjudged(allocert: string, file: string, quoted: Quoted): string {
  const isOther = allocert !== packageVersion();
  if (!isOther && !isOfEarlierCatalogue(quoted)) return '';
  const whose = isOther ? `allocert ${allocert}` : 'an earlier catalogue';
  return `${whose} judged ${file}, so its verdicts are not recomputed`;
}

/** Whether a run quotes fewer rules than there are now, as one of an earlier catalogue does. */
function isOfEarlierCatalogue({ profile, requirements }: Quoted): boolean {
  const now = requirementsOfRun(abiNamed(profileNamed(profile).abi)).map(({ id }) => id);
  const ids = new Set(requirements.map(({ id }) => id));
  return ids.size < now.length && [...ids].every((id) => now.includes(id));
}

/**
 * Where a run of this version quotes the catalogue otherwise than it is, or leaves out cases of a
 * run that is said to be whole.
 *
 * @throws {@link AllocertError} (usage) for a profile that is not known
 */
export function catalogueDifference(quoted: Quoted): FieldDifference | undefined {
  const { abi } = profileNamed(quoted.profile);
  const requirements = quoted.requirements.map(
    ({ id, group, level, authority, statement, source }) => ({
      ...{ id, group, level, authority, statement, source },
    }),
  );
  return (
    firstDifference(quoted.profiles, profilesOfRun(profilesOf(abi)), 'profiles') ??
    firstDifference(requirements, requirementsOfRun(abiNamed(abi)), 'requirements') ??
    caseDifference(quoted) ??
    choiceDifference(
      quoted,
      selectCases(abi, []).map(({ id }) => id),
    )
  );
}

function caseDifference({ cases }: Quoted): FieldDifference | undefined {
  const known = new Map(casesOfRun(CASES).map((one) => [one.id, one]));
  for (const { id, title, requirements } of cases) {
    const found = firstDifference({ id, title, requirements }, known.get(id), `cases[${id}]`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function choiceDifference(
  { cases, partial, shard, incomplete }: Quoted,
  all: readonly string[],
): FieldDifference | undefined {
  const ids = new Set(cases.map(({ id }) => id));
  const chosen = partial ? (shard?.cases ?? [...ids]) : all;
  if (shard !== undefined && !partial) {
    const found = firstDifference(shard.cases, all, 'shard.cases');
    if (found !== undefined) return found;
  }
  const due = chosen.filter((id) => inShard(id, shard));
  const stranger = [...ids].find((id) => !due.includes(id));
  if (stranger !== undefined) {
    return { field: `cases[${stranger}]`, says: stranger, follows: undefined };
  }
  const missing = incomplete ? undefined : due.find((id) => !ids.has(id));
  return missing === undefined
    ? undefined
    : { field: `cases[${missing}]`, says: undefined, follows: missing };
}
