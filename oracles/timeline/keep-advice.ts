import { linux } from '../../adapters/contract/index.ts';
import type { Reference } from './lifetimes.ts';
import type { Event, Timeline } from './timeline.ts';

/** A madvise that keeps mappings of its client from children (MADV_DONTFORK). */
export interface KeepAdvice {
  readonly event: Event;
  /** Addresses: the first byte, and the one behind the last. */
  readonly start: bigint;
  readonly end: bigint;
  /** Whether a child that was forked by an instant may lack a mapping of its parent. */
  touches(reference: Pick<Reference, 'kind' | 'client' | 'value' | 'length'>, by: bigint): boolean;
}

/** Every MADV_DONTFORK of a timeline, also what failed: it may have come as far as a part. */
export function keepAdvicesIn(timeline: Timeline): readonly KeepAdvice[] {
  return timeline.named('madvise').flatMap((event) => {
    const { operation } = event;
    if (operation.op !== 'madvise') return [];
    if (timeline.valueOf(operation.advice) !== linux.MADV_DONTFORK) return [];
    const start = timeline.valueOf(operation.address) + timeline.valueOf(operation.offset ?? 0n);
    const end = start + timeline.valueOf(operation.length);
    const touches: KeepAdvice['touches'] = ({ client, kind, length, value }, by) =>
      kind === 'mapping' &&
      client === event.client &&
      event.result.call <= by &&
      value < end &&
      start < value + length;
    return [{ event, start, end, touches }];
  });
}
