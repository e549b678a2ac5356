/**
 * Who has which page, by time. The core of the exclusion oracle: one pass over events in the order
 * in which they happened, one array of owners.
 *
 * Events are packed as four 32-bit words: owner (positive: takes, negative: gives back), first
 * page, number of pages, and a word of the caller's own.
 */
export const WORDS = 4;

/**
 * Words of a life, a buffer's time with its pages: first page, number of pages, the ticket from which
 * it surely has them, and the ticket until which it surely does. Further words are the caller's own.
 */
export const LIFE = { first: 0, count: 1, from: 2, until: 3, words: 6 } as const;

/**
 * The events of lives in the order of time. Tickets are different numbers, so that each finds its
 * place by itself: nothing is compared, and the order takes as long as there are tickets.
 *
 * @param lives packed, {@link LIFE}; those that count nothing (no pages) are left out
 * @param tickets how many were given; a life whose `until` is not among them never ends
 * @returns packed as {@link firstConflict} reads them; the owner of life n is n + 1, and the last
 *   word is the ticket
 */
export function eventsOf(lives: Int32Array, tickets: number): Int32Array {
  const order = new Int32Array(tickets);
  let count = 0;
  for (let at = 0, owner = 1; at < lives.length; at += LIFE.words, owner += 1) {
    if (lives[at + LIFE.count] === 0) continue;
    const until = lives[at + LIFE.until] as number;
    order[lives[at + LIFE.from] as number] = owner;
    count += 1;
    if (until >= tickets) continue;
    order[until] = -owner;
    count += 1;
  }
  const events = new Int32Array(count * WORDS);
  for (let ticket = 0, at = 0; ticket < tickets; ticket += 1) {
    const owner = order[ticket] as number;
    if (owner === 0) continue;
    const life = (Math.abs(owner) - 1) * LIFE.words;
    events[at] = owner;
    events[at + 1] = lives[life + LIFE.first] as number;
    events[at + 2] = lives[life + LIFE.count] as number;
    events[at + 3] = ticket;
    at += WORDS;
  }
  return events;
}

/** Two owners of one page at one instant. */
export interface Conflict {
  /** Index of the event that took a page that was taken. */
  readonly event: number;
  /** Who has it. */
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
