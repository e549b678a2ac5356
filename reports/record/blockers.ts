import type { RunStart } from './journal-lines.ts';
import type { BlockedStep, RecordedCase, Verdict } from './record.ts';
import { isBad } from './status.ts';

/** The groups whose rules say that a step of a case works; of other steps every group may. */
const GROUPS: Readonly<Partial<Record<BlockedStep, readonly string[]>>> = {
  open: ['devices'],
  map: ['mapping'],
  register: ['registry'],
};

/**
 * Names for each case that a failed step kept from looking the broken requirement that is to blame:
 * one that expects the step to work, and that saw it fail with the same word.
 */
export function nameBlockers(
  cases: readonly RecordedCase[],
  run: Pick<RunStart, 'profile' | 'requirements'>,
): readonly RecordedCase[] {
  if (!cases.some(({ blocked }) => blocked !== undefined)) return cases;
  const groups = new Map(run.requirements.map(({ id, group }) => [id, group]));
  const broken = cases.flatMap(({ id, verdicts }) =>
    verdicts.flatMap((one) => (isBroken(one, run.profile) ? [{ case: id, verdict: one }] : [])),
  );
  return cases.map((one) => {
    if (one.blocked === undefined) return one;
    const { step, word } = one.blocked;
    const wanted = GROUPS[step];
    const found = broken.find(
      ({ case: id, verdict }) =>
        id !== one.id &&
        verdict.observed.includes(word) &&
        (wanted?.includes(groups.get(verdict.requirement) ?? '') ?? true),
    );
    if (found === undefined) return one;
    const by = { requirement: found.verdict.requirement, case: found.case };
    return { ...one, blocked: { step, word, by } };
  });
}

/** Whether something that had to work was seen not to. */
const isBroken = ({ profile, status, expected }: Verdict, deciding: string): boolean =>
  profile === deciding && isBad(status) && expected.includes('ok');
