import { linux } from '../../adapters/contract/index.ts';
import type { Event, Timeline } from './timeline.ts';

/**
 * Whether a mapping is private: once written to, its pages are its own and not the buffer's.
 *
 * @param made the operation that made it
 */
export const isPrivate = (timeline: Timeline, { operation }: Event): boolean =>
  operation.op === 'mmap' && kindOf(timeline.valueOf(operation.flags)) === linux.MAP_PRIVATE;

/**
 * Whether a mapping surely is shared. Of one that was moved it is unknown what it was before.
 *
 * @param made the operation that made it
 */
export const isShared = (timeline: Timeline, { operation }: Event): boolean =>
  operation.op === 'mmap' && kindOf(timeline.valueOf(operation.flags)) === linux.MAP_SHARED;

/** Shared or private: the other flags do not matter here. */
const kindOf = (flags: bigint): bigint => flags & linux.MAP_TYPE;
