import type { Lifetime, Tenancy } from '../../oracles/index.ts';

/** Bytes that a buffer surely had for some time. */
export interface Stay extends Lifetime {
  readonly bytes: bigint;
}

/** How a region stood at one instant, in words of a coverage signature. */
interface Standing {
  /** Its share that was surely taken. */
  readonly fullness: string;
  /** `gap`: runs of free frames between taken ones; `live`: buffers, where frames are hidden. */
  readonly fragments: string;
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
  #fragments = '';
  #liveBytes = 0n;
  /** The most bytes that surely lived together, over all of time. */
  readonly peakBytes: bigint;

  /** @param capacity bytes that count as full */
  constructor(stays: readonly Stay[], tenancies: readonly Tenancy[], capacity: bigint) {
    this.#capacity = capacity;
    const changes = changesOf(stays);
    this.#bytes = new Follower(changes);
    this.#frames = new Follower(changesOf(tenancies));
    for (const tenancy of tenancies) this.#runs.set(tenancy, runsOf(tenancy.frames));
    this.peakBytes = peakOf(changes);
  }

  /** How it stood at an instant; none may be before the one asked for last. */
  at(instant: bigint): Standing {
    const changed = [this.#bytes.forwardTo(instant), this.#frames.forwardTo(instant)];
    if (changed.includes(true) || this.#fragments === '') {
      this.#liveBytes = [...this.#bytes.live].reduce((sum, { bytes }) => sum + bytes, 0n);
      this.#fragments = this.#counted();
    }
    return { fullness: fullnessOf(this.#liveBytes, this.#capacity), fragments: this.#fragments };
  }

  #counted(): string {
    const { live } = this.#frames;
    if (live.size === 0) return `live${bucket(this.#bytes.live.size)}`;
    const runs = [...live].flatMap((tenancy) => this.#runs.get(tenancy) ?? []);
    runs.sort(([a], [b]) => (a === b ? 0 : a < b ? -1 : 1));
    let gaps = 0;
    let end: bigint | undefined;
    for (const [first, behind] of runs) {
      if (end !== undefined && first > end) gaps += 1;
      if (end === undefined || behind > end) end = behind;
    }
    return `gap${bucket(gaps)}`;
  }
}

/** Follows the set that lives just before an instant: a call still finds what it drops. */
class Follower<What extends Lifetime> {
  readonly live = new Set<What>();
  readonly #takes: readonly Change<What>[];
  readonly #gives: readonly Change<What>[];
  #taken = 0;
  #given = 0;

  constructor(changes: readonly Change<What>[]) {
    this.#takes = changes.filter(({ takes }) => takes);
    this.#gives = changes.filter(({ takes }) => !takes);
  }

  /** @returns whether anything changed */
  forwardTo(instant: bigint): boolean {
    const before = this.#taken + this.#given;
    for (; (this.#takes[this.#taken]?.at ?? instant + 1n) <= instant; this.#taken += 1) {
      const what = this.#takes[this.#taken]?.what;
      if (what !== undefined) this.live.add(what);
    }
    for (; (this.#gives[this.#given]?.at ?? instant) < instant; this.#given += 1) {
      const what = this.#gives[this.#given]?.what;
      if (what !== undefined) this.live.delete(what);
    }
    return this.#taken + this.#given > before;
  }
}

function changesOf<What extends Lifetime>(all: readonly What[]): Change<What>[] {
  const changes = all.flatMap((what): Change<What>[] => [
    { at: what.from, takes: true, what },
    ...(what.until === undefined ? [] : [{ at: what.until, takes: false, what }]),
  ]);
  return changes.toSorted((a, b) =>
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

function fullnessOf(live: bigint, capacity: bigint): string {
  if (live === 0n) return 'full0';
  const sixteenths = (live * 16n) / (capacity === 0n ? 1n : capacity);
  return `full${1 + STEPS.filter((step) => sixteenths >= step).length}`;
}

/** 0, 1, 2 to 3, 4 to 7, and more. */
const bucket = (count: number): number => Math.min(4, count === 0 ? 0 : 32 - Math.clz32(count));
