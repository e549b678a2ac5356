import { succeeded } from '../../adapters/contract/index.ts';
import { commandOf, fieldOf, readField } from '../../catalogue/abi-request.ts';
import type { Abi } from '../../catalogue/catalogue.ts';
import type { HeldBuffer } from './lifetimes.ts';
import type { Event, Timeline } from './timeline.ts';
import { mixtureBounds } from './torn-reads.ts';

/** Successful requests for a buffer that put a new descriptor into their argument. */
export function allocationsOf(timeline: Timeline, abi: Abi): readonly Event[] {
  const byAbi = timeline.once(noAllocations);
  let events = byAbi.get(abi);
  if (events === undefined) {
    events = allocationsIn(timeline, abi);
    byAbi.set(abi, events);
  }
  return events;
}

const noAllocations = (_timeline: Timeline): Map<Abi, readonly Event[]> => new Map();

function allocationsIn({ named }: Timeline, abi: Abi): Event[] {
  const command = commandOf(abi);
  return named('ioctl').filter(
    ({ operation, result }) =>
      operation.op === 'ioctl' &&
      operation.request === command &&
      succeeded(result) &&
      result.out.length >= abi.command.size,
  );
}

/** The descriptor that an allocation gave. */
export const descriptorGiven = (allocation: Event, abi: Abi): bigint =>
  readField(allocation.result.out, fieldOf(abi, 'descriptor'));

/** Bytes of a buffer, in whole pages: at most, and at least where the length changed meanwhile. */
export function sizesOf(
  { operation }: Event,
  abi: Abi,
  page: bigint,
): Pick<HeldBuffer, 'bytes' | 'leastBytes'> {
  if (operation.op !== 'ioctl') return { bytes: 0n, leastBytes: 0n };
  const field = fieldOf(abi, 'length');
  const { bytes, placement } = operation.argument;
  const first = readField(bytes, field);
  const rounded = (asked: bigint): bigint => ((asked + page - 1n) / page) * page;
  const flips = placement?.kind === 'flipped' && placement.offset === field.offset;
  if (!flips) return { bytes: rounded(first), leastBytes: rounded(first) };
  const { least, most } = mixtureBounds(first, placement.value, field.width);
  return { bytes: rounded(most), leastBytes: rounded(least) };
}
