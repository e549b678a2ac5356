import type { Lifetime, Tenancy } from '../../oracles/index.ts';
import { LIVE_FROM } from './signature-table.ts';

/** Bytes that a buffer surely had for some time. */
export interface Stay extends Lifetime {
  readonly bytes: bigint;
}

/** How a region stood at one instant, in numbers that stand for words of a coverage signature. */
export interface RegionStanding {
  /** Its share that was surely taken, in steps. */
  readonly fullness: number;
  /** Runs of free frames between taken ones; from `LIVE_FROM` on buffers, where frames are hidden. */
  readonly fragments: number;
}

/** One change of what is there; of two at one instant the giving back comes first. */
interface Change<What> {
  readonly at: bigint;
  readonly takes: boolean;
  readonly what: What;
}

/** A run of frames, from the first to behind the last. */
type Run = readonly [first: bigint, end: bigint];

/** Follows what surely lives, forward in time only. */
export class OccupancyTracker {
  readonly #capacity: bigint;
  readonly #bytes: Follower<Stay>;
  readonly #frames: Follower<Tenancy>;
  readonly #runs = new Map<Tenancy, readonly Run[]>();
  #standing: RegionStanding | undefined;
  /** The most bytes that surely lived together, over all of time. */
  readonly peakBytes: bigint;

  /** @param capacity bytes that count as full */
  constructor(stays: readonly Stay[], tenancies: readonly Tenancy[], capacity: bigint) {
    this.#capacity = capacity;
    const changes = changesOf(stays);
    this.#bytes = new Follower(changes, ({ bytes }) => bytes);
    this.#frames = new Follower(changesOf(tenancies), () => 0n);
    for (const tenancy of tenancies) this.#runs.set(tenancy, runsOf(tenancy.frames));
    this.peakBytes = peakOf(changes);
  }

  /** How it stood at an instant; none may be before the one asked for last. */
  at(instant: bigint): RegionStanding {
    const isOther = this.#bytes.forwardTo(instant);
    if (this.#frames.forwardTo(instant) || isOther || this.#standing === undefined) {
      const fullness = fullnessOf(this.#bytes.sum, this.#capacity);
      this.#standing = { fullness, fragments: this.#counted() };
    }
    return this.#standing;
  }

  #counted(): number {
    const { live } = this.#frames;
    if (live.size === 0) return LIVE_FROM + bucket(this.#bytes.live.size);
    const runs: Run[] = [];
    for (const tenancy of live) runs.push(...(this.#runs.get(tenancy) ?? []));
    runs.sort(([a], [b]) => (a === b ? 0 : a < b ? -1 : 1));
    let gaps = 0;
    let end: bigint | undefined;
    for (const [first, behind] of runs) {
      if (end !== undefined && first > end) gaps += 1;
      if (end === undefined || behind > end) end = behind;
    }
    return bucket(gaps);
  }
}

/** Follows the set that lives just before an instant: a call still finds what it drops. */
class Follower<What extends Lifetime> {
  readonly live = new Set<What>();
  /** What those that live weigh together. */
  sum = 0n;
  readonly #weigh: (what: What) => bigint;
  readonly #takes: readonly Change<What>[];
  readonly #gives: readonly Change<What>[];
  #taken = 0;
  #given = 0;

  constructor(changes: readonly Change<What>[], weigh: (what: What) => bigint) {
    this.#weigh = weigh;
    this.#takes = changes.filter(({ takes }) => takes);
    this.#gives = changes.filter(({ takes }) => !takes);
  }

  /** @returns whether anything changed */
  forwardTo(instant: bigint): boolean {
    const before = this.#taken + this.#given;
    for (; this.#taken < this.#takes.length; this.#taken += 1) {
      const { at, what } = this.#takes[this.#taken] as Change<What>;
      if (at > instant) break;
      this.live.add(what);
      this.sum += this.#weigh(what);
    }
    for (; this.#given < this.#gives.length; this.#given += 1) {
      const { at, what } = this.#gives[this.#given] as Change<What>;
      if (at >= instant) break;
      if (this.live.delete(what)) this.sum -= this.#weigh(what);
    }
    return this.#taken + this.#given > before;
  }
}

function changesOf<What extends Lifetime>(all: readonly What[]): Change<What>[] {
  const changes: Change<What>[] = [];
  for (const what of all) {
    changes.push({ at: what.from, takes: true, what });
    if (what.until !== undefined) changes.push({ at: what.until, takes: false, what });
  }
  return changes.sort((a, b) =>
    a.at === b.at ? Number(a.takes) - Number(b.takes) : a.at < b.at ? -1 : 1,
  );
}

function peakOf(changes: readonly Change<Stay>[]): bigint {
  let live = 0n;
  let peak = 0n;
  for (const { takes, what } of changes) {
    live += takes ? what.bytes : -what.bytes;
    if (live > peak) peak = live;
  }
  return peak;
}

function runsOf(frames: readonly bigint[]): readonly Run[] {
  const runs: [bigint, bigint][] = [];
  for (const frame of frames) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] === frame) last[1] += 1n;
    else runs.push([frame, frame + 1n]);
  }
  return runs;
}

/** Shares of the capacity, in sixteenths, at which another word begins. */
const STEPS = [1n, 4n, 8n, 12n, 15n];

function fullnessOf(live: bigint, capacity: bigint): number {
  if (live === 0n) return 0;
  const sixteenths = (live * 16n) / (capacity === 0n ? 1n : capacity);
  return 1 + STEPS.filter((step) => sixteenths >= step).length;
}

/** 0, 1, 2 to 3, 4 to 7, and more. */
const bucket = (count: number): number => Math.min(4, count === 0 ? 0 : 32 - Math.clz32(count));
