import type { Verification } from './verify.ts';

/** A row of a view: what it is about, and a sentence. */
export interface VerificationRow {
  readonly kind:
    | 'build'
    | 'refused'
    | 'reason'
    | 'deviation'
    | 'waiver'
    | 'open'
    | 'unobserved'
    | 'changed'
    | 'today';
  readonly name: string;
  readonly text: string;
}

/** Everything about a verification that somebody should read, in the order of its weight. */
export function verificationRows(verification: Verification): readonly VerificationRow[] {
  const { base, derived, otherBuild = '', otherToday, refusals } = verification;
  const refused = [
    ...(otherBuild === '' ? [] : [row('build', '', otherBuild)]),
    ...refusals.map(({ reason, remedy, sentence }) =>
      row('refused', reason, `${sentence}; ${remedy}`),
    ),
  ];
  const today = otherToday.map(({ pinned, requirement, today: now }) =>
    row('today', requirement, `${pinned} by the rules in the package, ${now} by those of today`),
  );
  if (derived === undefined) return [...refused, ...today];
  const { claims, conclusion } = derived;
  return [
    ...refused,
    ...conclusion.reasons.map((reason) => row('reason', '', reason)),
    ...conclusion.deviations.map(({ fixedIn, kernel, note, requirement, source }) =>
      row(
        'deviation',
        requirement,
        `${note} (${kernel}; ${source}; fixed in: ${fixedIn ?? 'none'})`,
      ),
    ),
    ...conclusion.waived.map(({ id, issue, owner, reason }) =>
      row('waiver', id, `${reason} (${owner}, ${issue})`),
    ),
    ...claims.undecided.map(({ claim, claimed, reason }) =>
      row('open', claim, `claimed: ${claimed}; nothing shows it: ${reason}`),
    ),
    ...conclusion.unobserved.map(({ reason, requirement }) =>
      row('unobserved', requirement, reason),
    ),
    ...(base?.changes ?? []).map(({ after, before, name }) =>
      row('changed', name, changeText(before, after)),
    ),
    ...today,
  ];
}

function changeText(before: string | undefined, after: string | undefined): string {
  if (before === undefined) return `new: ${after}`;
  return after === undefined ? `gone: ${before}` : `was ${before}, is ${after}`;
}

const row = (kind: VerificationRow['kind'], name: string, text: string): VerificationRow => ({
  kind,
  name,
  text,
});
