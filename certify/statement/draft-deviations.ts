import { printable } from '../../base/clean-text.ts';
import { profileNamed } from '../../catalogue/catalogue.ts';
import type { RunRecord, Verdict } from '../../reports/record/record.ts';
import { isBad } from '../../reports/record/status.ts';
import { entries, shownOnLine } from './draft-lines.ts';
import { featuresOf } from './features.ts';
import { BLANK } from './statement.ts';

/**
 * The deviations that a run saw, for a draft: those that the profile knows, and those that need an
 * erratum. What a feature says is not said again.
 */
export function deviationLines({ cases, profile }: RunRecord): readonly string[] {
  const optional = new Set(featuresOf(profile).map(({ requirement }) => requirement.id));
  const broken = cases
    .flatMap(({ verdicts }) => verdicts)
    .filter((one) => one.profile === profile && isBroken(one) && !optional.has(one.requirement));
  const first = broken.filter(
    ({ requirement }, at) => broken.findIndex((one) => one.requirement === requirement) === at,
  );
  return [
    '// Rules that the product is known not to keep, each by leave of an erratum: requirement, erratum',
    '// (left out where the profile knows the deviation), reason, expires (a day as 2027-01-31).',
    ...(first.length === 0
      ? ['"deviations": []']
      : ['"deviations": [', ...entries(first.map(entry)), ']']),
  ];
}

const isBroken = ({ status, waivedFrom }: Verdict): boolean => {
  const raw = waivedFrom ?? status;
  return isBad(raw) || raw === 'warn';
};

function entry({ requirement, profile, reason, status }: Verdict): readonly string[] {
  const { known } = profileNamed(profile);
  const found = known.find((one) => one.requirement === requirement && status === 'warn');
  if (found !== undefined) return [shownOnLine({ requirement, reason: found.note })];
  const blank = shownOnLine({ requirement, erratum: BLANK, reason: BLANK });
  return [`// Seen: ${printable(reason)}`, blank];
}
