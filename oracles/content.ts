import { succeeded } from '../adapters/contract/index.ts';
import { credible } from './credible.ts';
import { type HeldBuffer, heldDuring, type Reference } from './timeline/lifetimes.ts';
import { isPrivate, isShared } from './timeline/mapping-kind.ts';
import { type HarmFinder, harmIn } from './timeline/self-harm.ts';
import { type Event, groupedBy, type Timeline } from './timeline/timeline.ts';
import type { Violation } from './violation.ts';

/**
 * A buffer is zero until it is written to (ISO-01), and then holds what was written (FD-11,
 * MAP-02) for as long as it can be reached (LIF-04).
 *
 * Sound for scans through a shared mapping whose protection did not change, and that surely stood
 * during the whole scan: of a buffer to which no write had begun before the scan returned, or
 * whose only writes, one after the other, had returned before it was called. Where a buffer may be
 * reached in unknown ways, each store that had begun must have gone through a known
 * mapping, and nothing may have been written through a descriptor. Anything less certain is not
 * judged.
 */
export function content(timeline: Timeline, buffers: readonly HeldBuffer[]): Violation[] {
  if (timeline.named('scan').length === 0) return [];
  const mappings = mappingsIn(timeline, buffers);
  const accessTo = (event: Event): Access[] => accessOf(timeline, mappings, event);
  const stored: Access[] = [];
  for (const store of timeline.named('store')) stored.push(...accessTo(store));
  const stores = groupedBy(stored, ({ buffer }) => buffer);
  const astray = strayStores(timeline, mappings);
  const harmOf = harmIn(timeline);
  const rewritten = firstRewriting(timeline);
  const found: Violation[] = [];
  for (const scan of timeline.named('scan')) {
    const { call, return: back = call } = scan.result;
    if (rewritten !== undefined && rewritten <= back) continue;
    for (const access of accessTo(scan)) {
      if (!access.sure) continue;
      if (access.buffer.references.some((one) => isHarmed(one, harmOf))) continue;
      if (scan.result.outcome !== 'faulted' && mayBeHit(access, astray)) continue;
      found.push(...judge(access, stores.get(access.buffer) ?? []));
    }
  }
  return credible(timeline, found);
}

/** When a client first began to change buffers otherwise than through mappings, with success. */
const firstRewriting = ({ named }: Timeline): bigint | undefined =>
  [...named('pwrite'), ...named('ftruncate')]
    .filter(({ result }) => succeeded(result))
    .map(({ result }) => result.call)
    .reduce<bigint | undefined>(
      (first, call) => (first === undefined || call < first ? call : first),
      undefined,
    );

/**
 * Whether a mapping may stand in a client that has harmed itself: its executor may write there what
 * it takes for its own memory.
 */
function isHarmed({ client, gone, kind }: Reference, harmOf: HarmFinder): boolean {
  const harmed = harmOf(client);
  return kind === 'mapping' && harmed !== undefined && (gone === undefined || gone >= harmed);
}

interface Access {
  readonly event: Event;
  readonly buffer: HeldBuffer;
  readonly mapping: Reference;
  /** Whether it surely is on the buffer, and begins where the mapping does. */
  readonly sure: boolean;
}

/** A mapping of a buffer. */
interface MappedBuffer {
  readonly buffer: HeldBuffer;
  readonly mapping: Reference;
  /** The address behind its last byte. */
  readonly end: bigint;
  readonly isPrivate: boolean;
  readonly isShared: boolean;
}

/** The mappings of buffers by their clients, in the order of the buffers. */
function mappingsIn(
  timeline: Timeline,
  buffers: readonly HeldBuffer[],
): ReadonlyMap<string, readonly MappedBuffer[]> {
  const all: MappedBuffer[] = [];
  for (const buffer of buffers) {
    for (const mapping of buffer.references) {
      if (mapping.kind !== 'mapping') continue;
      const { length, made, value } = mapping;
      all.push({
        buffer,
        mapping,
        end: value + length,
        isPrivate: isPrivate(timeline, made),
        isShared: isShared(timeline, made),
      });
    }
  }
  return groupedBy(all, ({ mapping }) => mapping.client);
}

/**
 * The mappings, and so the buffers, that an access surely or possibly reached. An address may be
 * another client's, or that of a mapping which is gone: it may lie in the middle of others then,
 * also of some that are made while it runs.
 */
function accessOf(
  timeline: Timeline,
  mappings: ReadonlyMap<string, readonly MappedBuffer[]>,
  event: Event,
): Access[] {
  const { client, operation, result } = event;
  if (operation.op !== 'scan' && operation.op !== 'store') return [];
  const address = timeline.valueOf(operation.address);
  const from = address + timeline.valueOf(operation.offset ?? 0n);
  const to = from + timeline.valueOf(operation.length);
  const found: Access[] = [];
  for (const one of mappings.get(client) ?? []) {
    const { buffer, mapping } = one;
    const { gone, made, value } = mapping;
    // What goes through a private mapping is not the buffer's.
    if (value >= to || from >= one.end || one.isPrivate) continue;
    if (result.return !== undefined && made.result.call > result.return) continue;
    if (gone !== undefined && gone < result.call) continue;
    found.push({ event, buffer, mapping, sure: value === address && one.isShared });
  }
  return found;
}

/** Stores that did not surely go through a mapping whose buffer is known. */
function strayStores(
  timeline: Timeline,
  mappings: ReadonlyMap<string, readonly MappedBuffer[]>,
): Event[] {
  return timeline.named('store').filter(({ client, operation, result }) => {
    if (operation.op !== 'store') return false;
    const { call, return: back } = result;
    if (back === undefined) return true;
    const from = timeline.valueOf(operation.address) + timeline.valueOf(operation.offset ?? 0n);
    const to = from + timeline.valueOf(operation.length);
    return !(mappings.get(client) ?? []).some(
      ({ end, mapping: one }) => one.value <= from && to <= end && heldDuring(one, call, back),
    );
  });
}

/** Whether a store through an unknown mapping may have changed what an access finds. */
const mayBeHit = ({ buffer, event }: Access, stores: readonly Event[]): boolean =>
  buffer.elsewhere &&
  stores.some(({ result }) => result.call <= (event.result.return ?? result.call));

function judge({ buffer, event, mapping, sure }: Access, writes: readonly Access[]): Violation[] {
  const { allocation } = buffer;
  const { operation, result } = event;
  if (operation.op !== 'scan' || result.return === undefined || !sure) return [];
  if (!heldDuring(mapping, result.call, result.return)) return [];
  const expected = expectedBytes(writes, event, mapping);
  if (expected === undefined || !sameBytes(expected, operation.bytes)) return [];
  if (!reachesWithin(event, mapping)) return [];
  const whole = succeeded(result) && result.value === operation.length;
  if (whole) return [];
  const events = [allocation, mapping.made, event];
  if (result.outcome === 'faulted') {
    const detail = `reading a live mapping raised ${result.signal}`;
    return [{ oracle: 'content', requirement: 'LIF-04', kind: 'a mapping faults', detail, events }];
  }
  if (!succeeded(result)) return [];
  const at = `byte ${result.value} is 0x${(result.out[0] ?? 0).toString(16).padStart(2, '0')}`;
  const before = writes.filter((write) => endsBefore(write.event, result.call)).at(-1);
  return before === undefined
    ? [
        {
          oracle: 'content',
          requirement: 'ISO-01',
          kind: 'a new buffer is not zero',
          detail: at,
          events,
        },
      ]
    : [
        {
          oracle: 'content',
          requirement: 'FD-11',
          kind: 'a buffer lost what was written',
          detail: at,
          events: [allocation, before.event, event],
        },
      ];
}

const endsBefore = ({ result }: Event, call: bigint): boolean =>
  result.return !== undefined && result.return < call;

const ZERO = Uint8Array.of(0);

/** The bytes that a scan must find; undefined when that is uncertain. */
function expectedBytes(
  writes: readonly Access[],
  scan: Event,
  mapping: Reference,
): Uint8Array | undefined {
  const begun = writes.filter(({ event }) => event.result.call <= (scan.result.return ?? 0n));
  if (begun.length === 0) return ZERO;
  const ordered = begun.toSorted((a, b) => (a.event.result.call < b.event.result.call ? -1 : 1));
  for (const [index, { event }] of ordered.entries()) {
    const next = ordered[index + 1]?.event ?? scan;
    if (!endsBefore(event, next.result.call)) return undefined;
  }
  const last = ordered.at(-1);
  if (last === undefined || !coversAll(last, mapping)) return undefined;
  return last.event.operation.op === 'store' ? last.event.operation.bytes : undefined;
}

/** Whether a write filled all that the other mapping shows. */
function coversAll({ event, mapping, sure }: Access, other: Reference): boolean {
  const { operation, result } = event;
  if (operation.op !== 'store' || !succeeded(result) || !sure) return false;
  // Another buffer may lie where a part of the mapping was taken away.
  const { call, return: back } = result;
  if (back === undefined || !heldDuring(mapping, call, back)) return false;
  const offsets = [operation.offset, offsetOf(mapping), offsetOf(other)];
  return (
    offsets.every((offset) => offset === undefined || offset === 0n) &&
    operation.length === mapping.length &&
    mapping.length >= other.length
  );
}

const offsetOf = ({ made }: Reference): unknown =>
  made.operation.op === 'mmap' ? made.operation.offset : 0n;

/** Reads beyond the mapping find what they find. */
function reachesWithin({ operation }: Event, mapping: Reference): boolean {
  if (operation.op !== 'scan' || typeof operation.length !== 'bigint') return false;
  const offset = operation.offset ?? 0n;
  return typeof offset === 'bigint' && offset + operation.length <= mapping.length;
}

const sameBytes = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && Buffer.compare(one, other) === 0;
