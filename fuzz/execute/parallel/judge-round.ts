import { errnoName, packed } from '../../../adapters/contract/index.ts';
import { certainFreeRun, type RegionShape } from '../../../oracles/free-run.ts';
import {
  detectOverlap,
  eventsOf,
  firstConflict,
  LIFETIME,
  type ThreadLifetimes,
  WORDS,
} from '../../../oracles/sweep.ts';
import { type PartProof, PROOFS } from './judge-part.ts';
import { possibleOccupancyOf } from './possible-occupancy.ts';
import { FAILURE, PART_SUMMARY, type PartMemory } from './round-memory.ts';

/** A row of a part. */
export interface PartRow {
  readonly part: number;
  readonly row: number;
}

/** A promise that a round proves to be broken; the words are those of the oracles for Programs. */
export interface PackedViolation {
  readonly oracle: string;
  readonly requirement: string;
  readonly kind: string;
  readonly detail: string;
  /** The operations that prove it; none when it shows at rest. */
  readonly places: readonly PartRow[];
}

/** The verdict on the parts of a round together. */
export interface JudgedRound {
  readonly violations: readonly PackedViolation[];
  /** The most pages that buffers surely had at once. */
  readonly peakPages: number;
}

type Words = Pick<PackedViolation, 'oracle' | 'requirement' | 'kind'>;

const PROVED: Readonly<Record<PartProof, Words>> = {
  numbers: {
    oracle: 'numbers',
    requirement: 'FD-01',
    kind: 'descriptors are not the lowest free ones',
  },
  errors: { oracle: 'errors', requirement: 'IOC-01', kind: 'ioctl failed with' },
  residue: { oracle: 'content', requirement: 'ISO-01', kind: 'a new buffer is not zero' },
  lost: { oracle: 'content', requirement: 'FD-11', kind: 'a buffer lost what was written' },
  complaint: { oracle: 'survival', requirement: 'ERR-12', kind: 'the kernel complained' },
};

/**
 * Judges the parts of a round together, when all of them have come to their end:
 *
 * - exclusion (CMA-03): two buffers that surely live at one instant share no page. A buffer surely
 *   has its pages from the ticket of its allocation's return to that of the call of its last close.
 *   Tickets are drawn from one word by atomic additions, and so is the lock of a right allocator
 *   taken: the close of one happens before the release of its pages, that before the search that
 *   finds them again, and that before the return of the other. Tickets keep to this order on every
 *   processor, so that a right allocator is never accused, however weakly its memory is ordered;
 * - justified failure (LEN-07): ENOMEM only when the region may have been too full, counting all
 *   that may have lived at any instant of the call;
 * - accounting (LIF-09): when everything is closed, every page is free.
 *
 * Sound where only these parts use the region, and every allocation returned.
 *
 * @param freePages when all parts were at rest
 */
export function judgeRound(
  parts: readonly PartMemory[],
  tickets: number,
  region: RegionShape,
  freePages: number,
): JudgedRound {
  const alone = parts.flatMap((memory, part) =>
    PROOFS.flatMap((proof, index): PackedViolation[] => {
      const row = (memory.summary[PART_SUMMARY.firstProof + index] ?? 0) - 1;
      return row < 0 ? [] : [provedBy(proof, memory, { part, row })];
    }),
  );
  const { crowded, peak } = detectOverlap(parts.map(threadLives), region.pages);
  const violations = [
    ...(crowded ? overlap(parts, eventsOf(livesOf(parts), tickets), region) : []),
    ...alone,
    ...unjustified(parts, tickets, region),
    ...accounted(region, freePages),
  ];
  return { violations, peakPages: peak };
}

function provedBy(proof: PartProof, { history }: PartMemory, place: PartRow): PackedViolation {
  const words = PROVED[proof];
  const detail = `seen by operation ${place.row} of part ${place.part}`;
  if (proof !== 'errors') return { ...words, detail, places: [place] };
  const errno = history[place.row * packed.RESULT_WORDS] ?? 0;
  return { ...words, kind: `${words.kind} ${errnoName(errno)}`, detail, places: [place] };
}

const threadLives = ({ changes, lives, summary }: PartMemory): ThreadLifetimes => ({
  lives,
  changes: changes.subarray(0, summary[PART_SUMMARY.changes]),
});

/** The lives of all parts, one after the other. */
function livesOf(parts: readonly PartMemory[]): Int32Array {
  const counts = parts.map(({ summary }) => summary[PART_SUMMARY.lives] ?? 0);
  const all = new Int32Array(counts.reduce((sum, one) => sum + one, 0) * LIFETIME.words);
  let at = 0;
  for (const [part, { lives }] of parts.entries()) {
    const words = (counts[part] ?? 0) * LIFETIME.words;
    all.set(lives.subarray(0, words), at);
    at += words;
  }
  return all;
}

/** The allocation that began a life, by its number among all. */
function birthOf(parts: readonly PartMemory[], life: number): PartRow {
  let before = 0;
  for (const [part, { births, summary }] of parts.entries()) {
    const own = summary[PART_SUMMARY.lives] ?? 0;
    if (life < before + own) return { part, row: births[life - before] ?? 0 };
    before += own;
  }
  throw new RangeError(`there is no life ${life}`);
}

function overlap(
  parts: readonly PartMemory[],
  events: Int32Array,
  { pages }: RegionShape,
): PackedViolation[] {
  const conflict = firstConflict(events, pages);
  if (conflict === undefined) return [];
  const taker = events[conflict.event * WORDS] ?? 0;
  const places = [conflict.holder, taker].map((owner) => birthOf(parts, owner - 1));
  const names = places.map(({ part, row }) => `the buffer of part ${part}, operation ${row}`);
  return [
    {
      oracle: 'exclusion',
      requirement: 'CMA-03',
      kind: 'two live buffers share a page',
      detail: `page ${conflict.page} belongs to ${names.join(' and to ')}`,
      places,
    },
  ];
}

function unjustified(
  parts: readonly PartMemory[],
  tickets: number,
  region: RegionShape,
): PackedViolation[] {
  if (parts.every(({ summary }) => summary[PART_SUMMARY.failures] === 0)) return [];
  const occupancy = possibleOccupancyOf(livesOf(parts), tickets);
  for (const [part, { failures, summary }] of parts.entries()) {
    for (let index = 0; index < (summary[PART_SUMMARY.failures] ?? 0); index += 1) {
      const [row = 0, pages = 0, call = 0, back = 0] = failures.subarray(index * FAILURE.words);
      const there = occupancy(call, back);
      if (certainFreeRun(pages, there, region) === undefined) continue;
      const detail =
        `${pages} pages were refused while at most ${there.buffers} buffers had ` +
        `${there.pages} of ${region.pages} pages`;
      const kind = 'ENOMEM though there was room';
      const places = [{ part, row }];
      return [{ oracle: 'justified-failure', requirement: 'LEN-07', kind, detail, places }];
    }
  }
  return [];
}

function accounted({ pages }: RegionShape, freePages: number): PackedViolation[] {
  if (freePages === pages) return [];
  const kind = freePages < pages ? 'memory is lost' : 'more memory is free than was there';
  const detail = `${freePages} of ${pages} pages are free when everything is closed`;
  return [{ oracle: 'accounting', requirement: 'LIF-09', kind, detail, places: [] }];
}
