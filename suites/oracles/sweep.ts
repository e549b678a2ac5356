/**
 * Who has which page, by time. The core of the exclusion oracle: one pass over events in the order
 * in which they happened, one array of owners.
 *
 * Events are packed as four 32-bit words: owner (positive: takes, negative: gives back), first
 * page, number of pages, and a word of the caller's own.
 */
export const WORDS = 4;

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
