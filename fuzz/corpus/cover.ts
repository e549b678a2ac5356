import type { StoredEntry } from './entry.ts';

/** The members of an entry that a choice among entries needs. */
export type CoverCandidate = Pick<StoredEntry, 'digest' | 'signatures' | 'operations'>;

/**
 * A small set of entries that has every signature of all of them: the entry that adds most comes
 * next, of equals the one with the fewest operations, then the first by digest. The smallest set is
 * hard to find (set cover); this one is close to it, and does not depend on the order of entries.
 *
 * @returns in the order of choice, so that each beginning of it is the best of its length
 */
export function coverOf<Entry extends CoverCandidate>(entries: readonly Entry[]): Entry[] {
  const open = new Set(entries.flatMap(({ signatures }) => signatures));
  const byGain = new Map<number, Entry[]>();
  const put = (gain: number, entry: Entry): void => {
    const others = byGain.get(gain);
    if (others === undefined) byGain.set(gain, [entry]);
    else others.push(entry);
  };
  const gainOf = ({ signatures }: Entry): number =>
    signatures.reduce((sum, one) => sum + Number(open.has(one)), 0);
  for (const entry of entries) put(new Set(entry.signatures).size, entry);
  const chosen: Entry[] = [];
  // A gain only ever falls, so nothing is asked again before all that may gain more were.
  for (let gain = Math.max(0, ...byGain.keys()); gain > 0 && open.size > 0; gain -= 1) {
    for (const entry of (byGain.get(gain) ?? []).toSorted(inOrder)) {
      const now = gainOf(entry);
      if (now < gain) {
        put(now, entry);
        continue;
      }
      chosen.push(entry);
      for (const signature of entry.signatures) open.delete(signature);
    }
  }
  return chosen;
}

const inOrder = (a: CoverCandidate, b: CoverCandidate): number =>
  a.operations - b.operations || (a.digest < b.digest ? -1 : Number(a.digest > b.digest));
