import { pageFramesIn, succeeded } from '../adapters/contract/index.ts';
import { credible, isWitness } from './credible.ts';
import { type Conflict, firstConflict } from './sweep.ts';
import { type HeldBuffer, heldDuring, lifetimesOf } from './timeline/lifetimes.ts';
import { isShared } from './timeline/mapping-kind.ts';
import type { Event, Timeline } from './timeline/timeline.ts';
import type { Violation } from './violation.ts';

/** Pages that a buffer surely has during some time. */
export interface Tenancy {
  readonly buffer: HeldBuffer;
  /** Page frame numbers. */
  readonly frames: readonly bigint[];
  /** Nanoseconds, both ends included; undefined: to the end. */
  readonly from: bigint;
  readonly until: bigint | undefined;
}

/**
 * Two buffers that surely live at one instant share no page frame (CMA-03).
 *
 * Sound where the target tells page frames: a buffer surely has its pages from the return of the
 * allocation to the call of whatever might have dropped its last reference, and one instant at
 * which two have the same frame is enough. What is only possible (a call under way) proves nothing
 * and is left out. Linear in pages after a sort.
 */
export function exclusion(timeline: Timeline, buffers: readonly HeldBuffer[]): Violation[] {
  const tenancies = tenanciesOf(timeline, buffers);
  const found = overlapIn(tenancies);
  if (found === undefined) return [];
  const [one, other] = found.tenancies;
  return credible(timeline, [
    {
      oracle: 'exclusion',
      requirement: 'CMA-03',
      kind: 'two live buffers share a page',
      detail: `frame 0x${found.frame.toString(16)} belongs to ${bufferText(one)} and to ${bufferText(other)}`,
      events: [one.buffer.allocation, other.buffer.allocation],
    },
  ]);
}

const bufferText = ({ buffer }: Tenancy): string => {
  const { client, thread, index } = buffer.allocation;
  return `the buffer of ${client}, thread ${thread}, operation ${index}`;
};

/** Which buffer has which frames, where `frames` on one of its shared mappings told. */
export function tenanciesOf(
  timeline: Timeline,
  buffers: readonly HeldBuffer[],
): readonly Tenancy[] {
  const byBuffers = timeline.once(noTenancies);
  let tenancies = byBuffers.get(buffers);
  if (tenancies === undefined) {
    tenancies = tenanciesIn(timeline, buffers);
    byBuffers.set(buffers, tenancies);
  }
  return tenancies;
}

const noTenancies = (_timeline: Timeline): Map<readonly HeldBuffer[], readonly Tenancy[]> =>
  new Map();

function tenanciesIn(timeline: Timeline, buffers: readonly HeldBuffer[]): Tenancy[] {
  const tenancies: Tenancy[] = [];
  for (const event of timeline.named('frames')) {
    const { operation, result } = event;
    if (operation.op !== 'frames' || !succeeded(result)) continue;
    if (!isWitness(timeline, event)) continue;
    const address = timeline.valueOf(operation.address);
    const length = timeline.valueOf(operation.length);
    const buffer = buffers.find((one) => isMappedAt(timeline, one, address, length, event));
    const frames = pageFramesIn(result.out);
    if (buffer === undefined || frames.includes(0n)) continue;
    for (const { from, until } of lifetimesOf(buffer)) {
      tenancies.push({ buffer, frames, from, until });
    }
  }
  return tenancies;
}

/**
 * Whether all of a piece of memory is the buffer's: a mapping that was taken away may be another
 * buffer's by now, and another that is shorter may lie there. A private one may show copies.
 */
function isMappedAt(
  timeline: Timeline,
  { references }: HeldBuffer,
  address: bigint,
  length: bigint,
  { client, result }: Event,
): boolean {
  const { call, return: back } = result;
  return references.some(
    (one) =>
      one.kind === 'mapping' &&
      one.client === client &&
      one.value === address &&
      one.length >= length &&
      isShared(timeline, one.made) &&
      back !== undefined &&
      heldDuring(one, call, back),
  );
}

/** An instant at which two tenancies of different buffers have one frame. */
export interface PageOverlap {
  readonly frame: bigint;
  readonly tenancies: readonly [Tenancy, Tenancy];
}

/** The first overlap in time. */
export function overlapIn(tenancies: readonly Tenancy[]): PageOverlap | undefined {
  const live = tenancies.filter(({ from, until }) => until === undefined || until > from);
  const numbers = new Map<HeldBuffer, number>();
  for (const { buffer } of live) if (!numbers.has(buffer)) numbers.set(buffer, numbers.size + 1);
  const dense = denseFrames(live);
  const { packed, order } = packedEvents(live, numbers, dense);
  const conflict = firstConflict(packed, dense.size);
  return conflict === undefined ? undefined : overlapOf(conflict, { live, order, dense, numbers });
}

/** Frames as small numbers, in their order, so that an array can hold their owners. */
function denseFrames(live: readonly Tenancy[]): ReadonlyMap<bigint, number> {
  const all = new Set<bigint>();
  for (const { frames } of live) for (const frame of frames) all.add(frame);
  const sorted = [...all].sort((a, b) => (a < b ? -1 : 1));
  const dense = new Map<bigint, number>();
  for (const frame of sorted) dense.set(frame, dense.size);
  return dense;
}

interface Change {
  readonly at: bigint;
  readonly takes: boolean;
  readonly tenancy: number;
}

/** At one instant, giving back comes first: touching intervals are no overlap. */
const inOrder = (a: Change, b: Change): number => {
  if (a.at !== b.at) return a.at < b.at ? -1 : 1;
  return Number(a.takes) - Number(b.takes);
};

function packedEvents(
  live: readonly Tenancy[],
  numbers: ReadonlyMap<HeldBuffer, number>,
  dense: ReadonlyMap<bigint, number>,
): { packed: Int32Array; order: readonly number[] } {
  const changes: Change[] = [];
  for (const [tenancy, { from, until }] of live.entries()) {
    changes.push({ at: from, takes: true, tenancy });
    if (until !== undefined) changes.push({ at: until, takes: false, tenancy });
  }
  const words: number[] = [];
  const order: number[] = [];
  for (const { takes, tenancy } of changes.sort(inOrder)) {
    const { buffer, frames } = live[tenancy] as Tenancy;
    const owner = numbers.get(buffer) ?? 0;
    for (const [first, count] of runsOf(frames, dense)) {
      words.push(takes ? owner : -owner, first, count, tenancy);
      order.push(tenancy);
    }
  }
  return { packed: Int32Array.from(words), order };
}

/** Neighbouring frames as runs of small numbers. */
function runsOf(frames: readonly bigint[], dense: ReadonlyMap<bigint, number>): [number, number][] {
  const runs: [number, number][] = [];
  for (const frame of frames) {
    const page = dense.get(frame) ?? 0;
    const last = runs.at(-1);
    if (last !== undefined && last[0] + last[1] === page) last[1] += 1;
    else runs.push([page, 1]);
  }
  return runs;
}

function overlapOf(
  { event, holder, page }: Conflict,
  found: {
    readonly live: readonly Tenancy[];
    readonly order: readonly number[];
    readonly dense: ReadonlyMap<bigint, number>;
    readonly numbers: ReadonlyMap<HeldBuffer, number>;
  },
): PageOverlap | undefined {
  const frame = [...found.dense].find(([, number]) => number === page)?.[0] ?? 0n;
  const taker = found.live[found.order[event] ?? -1];
  const before = found.live.find(
    ({ buffer, frames }) => found.numbers.get(buffer) === holder && frames.includes(frame),
  );
  return taker === undefined || before === undefined
    ? undefined
    : { frame, tenancies: [before, taker] };
}
