import { operationsWhere, succeeded } from '../adapters/contract/index.ts';
import { credible } from './credible.ts';
import { type KeepAdvice, keepAdvicesIn } from './timeline/keep-advice.ts';
import { type HeldBuffer, heldDuring, type Reference } from './timeline/lifetimes.ts';
import { isShared } from './timeline/mapping-kind.ts';
import type { Event, Timeline } from './timeline/timeline.ts';
import type { Violation } from './violation.ts';

/**
 * A child does not inherit a mapping that its parent kept back with MADV_DONTFORK (LIF-17).
 *
 * Sound for a mapping of a buffer that surely stood from the advice to the end of the fork, with no
 * other advice and no other thread of the parent in between, and for a child that has mapped
 * nothing itself: a stamp of the buffer that it finds at that address then is what it must not
 * have.
 */
export function inheritance(timeline: Timeline, buffers: readonly HeldBuffer[]): Violation[] {
  const kept = keepAdvicesIn(timeline).filter(({ event }) => succeeded(event.result));
  const found = kept.flatMap((advice) =>
    timeline.named('fork').flatMap((fork) => seenIn(timeline, buffers, advice, fork)),
  );
  return credible(timeline, found);
}

/** Operations after which a client may have something new at an address. */
const MAPPING = operationsWhere(
  ({ drops, gives }) => gives?.kind === 'mapping' || drops?.kind === 'image',
);

function seenIn(
  timeline: Timeline,
  buffers: readonly HeldBuffer[],
  advice: KeepAdvice,
  fork: Event,
): Violation[] {
  const { operation, result } = fork;
  const { return: advised } = advice.event.result;
  if (operation.op !== 'fork' || !succeeded(result) || result.return === undefined) return [];
  if (fork.client !== advice.event.client || advised === undefined) return [];
  if (result.call < advised || isUndone(timeline, advice, fork)) return [];
  const lost = mappingsKept(timeline, buffers, advice, fork);
  const mine = timeline.events.filter(({ client }) => client === operation.client);
  const maps = mine.filter(({ operation: { op } }) => MAPPING.has(op));
  const seen = mine.find(
    (event) =>
      isSeen(timeline, event, lost) &&
      maps.every(({ result: { call } }) => call > (event.result.return ?? call)),
  );
  if (seen === undefined) return [];
  const kind = 'a child has a mapping that was kept from it';
  const events = [advice.event, fork, seen];
  return [{ oracle: 'inheritance', requirement: 'LIF-17', kind, detail: kind, events }];
}

/** Whether something else may have said what a child inherits, before the fork was over. */
function isUndone({ events }: Timeline, advice: KeepAdvice, fork: Event): boolean {
  const { result } = fork;
  return events.some(
    (event) =>
      event.client === fork.client &&
      event !== advice.event &&
      (event.result.return ?? advice.event.result.call) >= advice.event.result.call &&
      event.result.call <= (result.return ?? event.result.call) &&
      (event.operation.op === 'madvise' || event.thread !== fork.thread),
  );
}

/** Shared mappings that the advice was on, and that stood until the fork was over. */
const mappingsKept = (
  timeline: Timeline,
  buffers: readonly HeldBuffer[],
  { end, event, start }: KeepAdvice,
  fork: Event,
): Reference[] =>
  buffers
    .flatMap(({ references }) => references)
    .filter(
      (one) =>
        one.kind === 'mapping' &&
        one.client === fork.client &&
        start <= one.value &&
        one.value + one.length <= end &&
        isShared(timeline, one.made) &&
        heldDuring(one, event.result.call, fork.result.return ?? event.result.call),
    );

/** Bytes that a pattern has at least to be nothing but the buffer's. */
const STAMP_BYTES = 8;

/** Whether an operation found what the buffer holds at the address of such a mapping. */
function isSeen(
  timeline: Timeline,
  { operation, result }: Event,
  lost: readonly Reference[],
): boolean {
  if (operation.op !== 'scan' || !succeeded(result) || result.return === undefined) return false;
  // Memory of its executor or library may lie where the mapping is missing, and has no such bytes.
  const isStamp = operation.bytes.length >= STAMP_BYTES && operation.bytes.some((byte) => byte > 0);
  if (!isStamp || result.value !== timeline.valueOf(operation.length)) return false;
  const from = timeline.valueOf(operation.address) + timeline.valueOf(operation.offset ?? 0n);
  const to = from + timeline.valueOf(operation.length);
  return from < to && lost.some(({ length, value }) => value <= from && to <= value + length);
}
