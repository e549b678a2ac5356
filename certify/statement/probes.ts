import { profileNamed, requirementsFor } from '../../catalogue/catalogue.ts';
import { CASES } from '../../suites/cases/all.ts';
import { conditionsOf } from '../../suites/kit/conditions.ts';
import { featuresOf } from './features.ts';
import type { StatedDeviation } from './statement.ts';

/** Tells whether a process may fill its table of descriptors with buffers. */
export const TABLE_RULE = 'ERR-08';

/**
 * Ids of the requirements and cases by which the claims of a statement can be judged: what tells of
 * a feature, of a deviation that is declared or known, of the table of descriptors, and one case
 * for each way to look at a target that a person would otherwise have to answer for.
 *
 * @throws {@link AllocertError} (usage) when there is no such profile
 */
export function probesOf(
  profile: string,
  deviations: readonly StatedDeviation[] = [],
): readonly string[] {
  const { abi, known } = profileNamed(profile);
  const applicable = requirementsFor(abi).map(({ id }) => id);
  const features = featuresOf(profile).map(({ requirement }) => requirement.id);
  const deviant = [...known, ...deviations].map(({ requirement }) => requirement);
  const lookers = (['page-frames', 'test-control'] as const).flatMap((condition) => {
    const needing = CASES.filter(
      (one) =>
        conditionsOf(one).includes(condition) &&
        one.requirements.some((id) => applicable.includes(id)),
    );
    return needing.slice(0, 1).map(({ id }) => id);
  });
  return [...new Set([...features, TABLE_RULE, ...deviant, ...lookers])];
}
