import { type ClaimResult, type ClaimVerdict, isLie } from './claim-verdict.ts';
import type { Inconsistency } from './consistency.ts';
import type { JudgedSkip } from './judge-claims.ts';

/** A line of a report on a statement: what stands before it, and its text. */
export interface StatementLine {
  readonly first: string;
  readonly text: string;
}

/** What is wrong in a statement, and what an erratum allows. */
export const inconsistencyLines = (found: readonly Inconsistency[]): readonly StatementLine[] =>
  found.map(({ rule, sentence, erratum }) =>
    erratum === undefined
      ? { first: 'WRONG  ', text: `${sentence} (${rule})` }
      : { first: 'allowed  ', text: `${sentence} (${rule}, by erratum ${erratum})` },
  );

/** Claims that are contradicted or undecided, one by one, then how many there are of each kind. */
export function claimLines(claims: readonly ClaimVerdict[]): readonly StatementLine[] {
  const told = claims.filter((one) => isLie(one) || one.result === 'undecided');
  const counted = RESULTS.map((result) => {
    const count = claims.filter((one) => one.result === result).length;
    return `${count} ${result}`;
  });
  return [
    ...told.map(({ claim, claimed, seen, result, reason }) => {
      const both = seen === '' ? `claimed ${claimed}` : `claimed ${claimed}, seen ${seen}`;
      return { first: `${result}  `, text: `${claim}: ${both}; ${reason}` };
    }),
    { first: 'claims  ', text: counted.join(', ') },
  ];
}

const RESULTS: readonly ClaimResult[] = [
  'verified',
  'verified-absent',
  'claimed-but-absent',
  'present-but-not-claimed',
  'undecided',
];

/** How many cases skipped, and for how many of them the statement says why. */
export function skipLine(skips: readonly JudgedSkip[]): StatementLine {
  const other = skips.filter(({ because }) => because === '').map((one) => one.case);
  const told = `${skips.length}, of which the statement explains ${skips.length - other.length}`;
  const rest = other.length === 0 ? '' : `; not ${other.join(', ')}`;
  return { first: 'skips   ', text: `${told}${rest}` };
}
