/**
 * The owner of each page, by time. The core of the exclusion oracle: one pass over events in the
 * order in which they happened, one array of owners.
 *
 * Events are packed as four 32-bit words: owner (positive: takes, negative: gives back), first
 * page, number of pages, and a word of the caller's own.
 */
export const WORDS = 4;

/**
 * Words of a life, a buffer's time with its pages: first page, number of pages, the ticket from
 * which it surely has them, and the ticket until which it surely does. Further words are the
 * caller's own.
 */
export const LIFETIME = { first: 0, count: 1, from: 2, until: 3, words: 6 } as const;

/**
 * Beginnings and ends, by ticket: the n-th life as n + 1 where it begins and as -(n + 1) where it
 * ends. Tickets are different numbers, so that each finds its place by itself: nothing is compared.
 * The exception is a ticket that is the return of one call and, as nothing lies between, the call
 * of the same thread's next: what begins there comes first, since both were there at that instant.
 */
function orderOf(lives: Int32Array, tickets: number): Int32Array {
  const order = new Int32Array(tickets * 2);
  for (let at = 0, owner = 1; at < lives.length; at += LIFETIME.words, owner += 1) {
    const until = lives[at + LIFETIME.until] as number;
    order[(lives[at + LIFETIME.from] as number) * 2] = owner;
    if (until < tickets) order[until * 2 + 1] = -owner;
  }
  return order;
}

/**
 * The events of lives in the order of time.
 *
 * @param lives packed, {@link LIFETIME}
 * @param tickets how many were given; a life whose `until` is not among them never ends
 * @returns packed as {@link firstConflict} reads them; the owner of life n is n + 1, and the last
 *   word is the ticket
 */
export function eventsOf(lives: Int32Array, tickets: number): Int32Array {
  const words: number[] = [];
  for (const [place, owner] of orderOf(lives, tickets).entries()) {
    if (owner === 0) continue;
    const life = (Math.abs(owner) - 1) * LIFETIME.words;
    const [first = 0, count = 0] = lives.subarray(life);
    words.push(owner, first, count, place >> 1);
  }
  return Int32Array.from(words);
}

/** The facts of lives that are known without a look at each of their pages. */
export interface SweepSummary {
  /** Whether a page may have had two owners: then {@link firstConflict} says which, and whose. */
  readonly crowded: boolean;
  /** The most pages that were surely taken at one instant. */
  readonly peak: number;
}

/** The lives of one thread, and what begins and ends in it. */
export interface ThreadLifetimes {
  readonly lives: Int32Array;
  /**
   * In the order in which it happened, pairs of a ticket and of what begins, n + 1 for the n-th
   * life, or ends, -(n + 1).
   */
  readonly changes: Int32Array;
}

/**
 * Looks at lives in the order of time, with a bit for each page instead of an owner: 32 pages at a
 * time, so that lives of many pages cost little more than those of one. Each life takes its pages
 * once and gives them back once, so that a bit that is set already is another's. Every thread's own
 * changes are in order; they are merged, and nothing is sorted.
 */
export function detectOverlap(threads: readonly ThreadLifetimes[], pages: number): SweepSummary {
  const taken = new Int32Array((pages >>> 5) + 1);
  const heads = new Int32Array(threads.length);
  let now = 0;
  let peak = 0;
  for (;;) {
    const next = earliest(threads, heads);
    if (next === undefined) return { crowded: false, peak };
    const { changes, lives } = next.thread;
    for (let at = heads[next.index] as number; ; at += 2) {
      heads[next.index] = at;
      if (at >= changes.length || (changes[at] as number) > next.limit) break;
      const owner = changes[at + 1] as number;
      const life = ((owner > 0 ? owner : -owner) - 1) * LIFETIME.words;
      const count = lives[life + LIFETIME.count] as number;
      if (!markPages(taken, lives[life + LIFETIME.first] as number, count, owner > 0)) {
        return { crowded: true, peak };
      }
      now += owner > 0 ? count : -count;
      if (now > peak) peak = now;
    }
  }
}

/** The thread whose change is the next, and the ticket at which it is another's turn. */
function earliest(
  threads: readonly ThreadLifetimes[],
  heads: Int32Array,
): { thread: ThreadLifetimes; index: number; limit: number } | undefined {
  let first = Number.POSITIVE_INFINITY;
  let limit = Number.POSITIVE_INFINITY;
  let index = -1;
  for (let at = 0; at < heads.length; at += 1) {
    const ticket = threads[at]?.changes[heads[at] as number] ?? Number.POSITIVE_INFINITY;
    if (ticket < first) {
      limit = first;
      first = ticket;
      index = at;
    } else if (ticket < limit) limit = ticket;
  }
  const thread = threads[index];
  return thread === undefined ? undefined : { thread, index, limit };
}

/** Takes pages or gives them back. @returns false when one that is to be taken is taken */
function markPages(taken: Int32Array, first: number, count: number, takes: boolean): boolean {
  const end = first + count;
  for (let page = first; page < end; ) {
    const word = page >>> 5;
    const stop = Math.min(end, (word + 1) << 5);
    const mask = (-1 << (page & 31)) & (-1 >>> (((word + 1) << 5) - stop));
    const before = taken[word] as number;
    if (takes && (before & mask) !== 0) return false;
    taken[word] = takes ? before | mask : before & ~mask;
    page = stop;
  }
  return true;
}

/** Two owners of one page at one instant. */
export interface Conflict {
  /** Index of the event that took a page that was taken. */
  readonly event: number;
  /** The owner that has it. */
  readonly holder: number;
  readonly page: number;
}

/**
 * The first page that is taken while another owner has it.
 *
 * @param events packed, in the order of time; owners are 1 and up
 * @param pages how many there are; events reach no further
 */
export function firstConflict(events: Int32Array, pages: number): Conflict | undefined {
  const owners = new Int32Array(pages);
  for (let at = 0; at < events.length; at += WORDS) {
    const owner = events[at] as number;
    const first = events[at + 1] as number;
    const end = first + (events[at + 2] as number);
    if (owner > 0) {
      for (let page = first; page < end; page += 1) {
        const holder = owners[page] as number;
        if (holder !== 0 && holder !== owner) return { event: at / WORDS, holder, page };
        owners[page] = owner;
      }
    } else {
      for (let page = first; page < end; page += 1) {
        if (owners[page] === -owner) owners[page] = 0;
      }
    }
  }
  return undefined;
}
