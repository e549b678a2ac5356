import type { RunRecord } from '../../reports/record/record.ts';
import { type ClaimVerdict, isLie } from '../statement/claim-verdict.ts';
import { judgeClaims, judgeSkips } from '../statement/judge-claims.ts';
import type { Statement } from '../statement/statement.ts';

/** What all runs of a package say of its statement. */
export interface JudgedClaims {
  /** Each claim once, with the worst that a run says of it. */
  readonly claims: readonly ClaimVerdict[];
  /** Why the statement does not hold, a sentence each. */
  readonly faults: readonly string[];
  /** Claims that no run decides: they stand on the certificate by name. */
  readonly undecided: readonly ClaimVerdict[];
}

/** Judges a statement by every run. A function of the two alone. */
export function judgeClaimsOfRuns(
  statement: Statement,
  records: readonly RunRecord[],
): JudgedClaims {
  const worst = new Map<string, ClaimVerdict>();
  for (const verdict of records.flatMap((record) => judgeClaims(statement, record))) {
    const before = worst.get(verdict.claim);
    const isWorst = before === undefined || badness(verdict) > badness(before);
    if (isWorst) worst.set(verdict.claim, verdict);
  }
  const claims = [...worst.values()];
  const skips = records.flatMap((record) =>
    judgeSkips(statement, record).filter(({ because }) => because === ''),
  );
  return {
    claims,
    faults: [
      ...claims.filter(isLie).map(lieSentence),
      ...new Set(
        skips.map(
          (one) => `${one.case} was skipped, and the statement does not say why: ${one.reason}`,
        ),
      ),
    ],
    undecided: claims.filter(({ result }) => result === 'undecided'),
  };
}

const badness = ({ result }: ClaimVerdict): number =>
  isLie({ result }) ? 2 : Number(result === 'undecided');

/** What a claim says that was contradicted, and what was seen. */
const lieSentence = ({ claim, claimed, reason, result, seen }: ClaimVerdict): string =>
  `the statement says ${claim}: ${claimed}, and the target shows ${seen} (${result}): ${reason}`;
