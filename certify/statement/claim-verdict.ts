/**
 * How a claim compares with what was seen: claimed and seen, neither of them, only the one or the
 * other, or nothing was seen that decides it.
 */
export type ClaimResult =
  | 'verified'
  | 'verified-absent'
  | 'claimed-but-absent'
  | 'present-but-not-claimed'
  | 'undecided';

/** A claim of a statement, and what a run says of it. */
export interface ClaimVerdict {
  /** What is claimed, such as `feature natural-alignment` or `region /dev/cma0 size`. */
  readonly claim: string;
  /** What the statement says of it, in a word or two. */
  readonly claimed: string;
  /** What was seen, in a word or two; empty where nothing was. */
  readonly seen: string;
  readonly result: ClaimResult;
  /** Why, in a sentence without an end mark. */
  readonly reason: string;
}

/** Whether a claim is contradicted by what was seen, in either direction. */
export const isLie = ({ result }: Pick<ClaimVerdict, 'result'>): boolean =>
  result === 'claimed-but-absent' || result === 'present-but-not-claimed';

/** A claim that something is there or is not, against whether it was seen. */
export function presence(
  claim: string,
  claimed: boolean,
  seen: boolean | undefined,
  reason: string,
): ClaimVerdict {
  const words = { claim, claimed: yesOrNo(claimed), reason };
  if (seen === undefined) return { ...words, seen: '', result: 'undecided' };
  const result = claimed
    ? seen
      ? 'verified'
      : 'claimed-but-absent'
    : seen
      ? 'present-but-not-claimed'
      : 'verified-absent';
  return { ...words, seen: yesOrNo(seen), result };
}

/** A claim of a value against the value that was seen; undefined: none was. */
export function sameValue(
  claim: string,
  claimed: string,
  seen: string | undefined,
  reason: string,
): ClaimVerdict {
  if (seen === undefined) return { claim, claimed, seen: '', result: 'undecided', reason };
  return {
    claim,
    claimed,
    seen,
    result: claimed === seen ? 'verified' : 'claimed-but-absent',
    reason,
  };
}

const yesOrNo = (one: boolean): string => (one ? 'yes' : 'no');
