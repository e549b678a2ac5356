import {
  copiesFail,
  faultErrnos,
  type Operation,
  outcomePhrase,
  type Result,
  specOf,
  succeeded,
  type TargetFacts,
  wordOf,
} from '../../adapters/contract/index.ts';
import type { Abi } from '../../catalogue/catalogue.ts';
import type { FaultKind } from './fault-report.ts';
import type { Holdings } from './looks-around.ts';
import { isAllocation } from './swept-calls.ts';

/** One attempt at a call: with an allocation that fails, if there are so many in it. */
export interface FaultAttempt {
  /** Which allocation was to fail. */
  readonly nth: number;
  readonly result: Result;
  /** Whether it did. */
  readonly injected: boolean;
  /** What the client has around it. */
  readonly before: Holdings;
  readonly after: Holdings;
}

/** What an attempt did wrong. */
export interface Misdeed {
  readonly kind: FaultKind;
  readonly nth: number;
  readonly detail: string;
}

/**
 * What is wrong with attempts at a call, whatever case it belongs to. A call in which an allocation
 * failed says so, or comes to what it usually comes to; one that failed leaves descriptors as they
 * were, and references of the buffer that it was made on; a request that succeeded has given one.
 *
 * @param last what the call came to when nothing failed any more
 */
export function misdeedsOf(
  { abi, facts }: { readonly abi: Abi; readonly facts: TargetFacts },
  operation: Operation,
  attempts: readonly FaultAttempt[],
  last: Result | undefined,
): readonly Misdeed[] {
  const errnos = faultErrnos(copiesFail(facts), operation.op);
  const usual = last === undefined ? 'ok' : wordOf(last);
  // What is refused for want of memory may have been there a moment before.
  const allowed = [...errnos, usual, ...(errnos.includes(usual) ? ['ok'] : [])];
  return attempts.flatMap((attempt): Misdeed[] => {
    const { nth } = attempt;
    return [
      ...errnoMisdeeds(attempt, errnos, allowed),
      ...descriptorMisdeeds(abi, operation, attempt),
      ...referenceMisdeeds(attempt),
    ].map(([kind, detail]) => ({ kind, nth, detail }));
  });
}

type Words = readonly [FaultKind, string];

function errnoMisdeeds(
  { injected, result }: FaultAttempt,
  errnos: readonly string[],
  allowed: readonly string[],
): Words[] {
  const word = wordOf(result);
  if (!injected || allowed.includes(word)) return [];
  return [['errno', `it ${outcomePhrase(word)}, but ${errnos.join(' or ')} would name the cause`]];
}

function descriptorMisdeeds(
  abi: Abi,
  operation: Operation,
  {
    after: { descriptors: after },
    before: { descriptors: before },
    injected,
    result,
  }: FaultAttempt,
): Words[] {
  if (before === undefined || after === undefined) return [];
  if (succeeded(result)) {
    const gave = after.some((one) => !before.includes(one));
    return injected && isAllocation(abi, operation) && !gave
      ? [['no descriptor', 'it succeeded without a descriptor']]
      : [];
  }
  const change = changeOf(before, after);
  if (change === '' || specOf(operation.op).drops?.evenIfFailed === true) return [];
  return [['descriptor', `it ${outcomePhrase(wordOf(result))}, but ${change}`]];
}

/** A call that fails and drops a reference is found as a descriptor that is gone. */
function referenceMisdeeds({ after, before, result }: FaultAttempt): Words[] {
  if (before.references === undefined || after.references === undefined) return [];
  const more = after.references - before.references;
  if (succeeded(result) || more <= 0n) return [];
  const word = outcomePhrase(wordOf(result));
  return [['leak', `it ${word}, but fdinfo counts ${more} more of its buffer's references`]];
}

function changeOf(before: readonly number[], after: readonly number[]): string {
  const left = after.filter((one) => !before.includes(one));
  const gone = before.filter((one) => !after.includes(one));
  return [
    ...(left.length === 0 ? [] : [`descriptor ${left.join(', ')} was left behind`]),
    ...(gone.length === 0 ? [] : [`descriptor ${gone.join(', ')} is gone`]),
  ].join(' and ');
}
