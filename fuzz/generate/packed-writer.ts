import { createHash } from 'node:crypto';
import { packed } from '../../adapters/contract/index.ts';

const { OPERATION_WORDS, PACKED, PACKED_SLOTS } = packed;

/** Operations of one part of a round, those that close what is left included. */
export const PART_OPERATIONS = 4096;

/** Everything that a part is a function of, besides the target. */
export interface PartOrigin {
  readonly version: string;
  readonly seed: bigint;
  readonly index: number;
  readonly part: number;
}

/** How a round mixes operations; all of its parts alike, and every round in another way. */
export interface OperationMix {
  /** Of 256 choices, those below the first are allocations, then duplicates, closes, stamps. */
  readonly thresholds: readonly [number, number, number, number];
  /** Pages of the largest buffer. */
  readonly pagesMax: number;
  /** Slots that are filled at most: fewer make more turnover. */
  readonly slots: number;
}

/** A stream of 32-bit numbers: xorshift32, G. Marsaglia 2003. One word, and no call for each. */
export const nextRandom = (state: number): number => {
  const left = state ^ (state << 13);
  const right = left ^ (left >>> 17);
  return right ^ (right << 5);
};

/** Words of a digest that belong to a round and to one part of it, none of them 0. */
function wordsOf({ version, seed, index, part }: PartOrigin): { round: Buffer; part: number } {
  const round = createHash('sha256').update(`${version} ${seed} ${index} packed`).digest();
  const own = createHash('sha256').update(round).update(`${part}`).digest();
  return { round, part: own.readInt32LE(0) || 1 };
}

const pick = <T>(from: readonly T[], by: number): T => from[by % from.length] as T;

/** The mix of a round on a region of so many pages. */
function swarmOf(word: Buffer, pages: number): OperationMix {
  const weight = (at: number): number => pick([1, 2, 4, 8], word[at] ?? 0);
  const weights = [8 + weight(0), weight(1), 4 + weight(2), weight(3), 4 * weight(4)];
  const sum = weights.reduce((total, one) => total + one, 0);
  const below = (count: number): number =>
    Math.round((256 * weights.slice(0, count).reduce((total, one) => total + one, 0)) / sum);
  // Most rounds are of small buffers that come and go; some fill the region.
  const most = pick([1, 2, 4, 4, 8, 8, 16, Math.ceil(pages / 32)], word[5] ?? 0);
  return {
    thresholds: [below(1), below(2), below(3), below(4)],
    pagesMax: Math.min(most, pages),
    slots: pick([4, 16, 32, PACKED_SLOTS], word[6] ?? 0),
  };
}

/** Writes packed Programs. The books of slots are kept from round to round. */
export class PackedWriter {
  /** Slots that hold a descriptor come first, the others after them. */
  readonly #slots = new Uint8Array(PACKED_SLOTS);
  /** The buffer of a slot: the row of its allocation. */
  readonly #buffers = new Int32Array(PACKED_SLOTS);
  /** The word that a buffer was filled with last, by the row of its allocation. */
  readonly #stamps = new Int32Array(PART_OPERATIONS);

  /**
   * Writes the part of a round: the same for the same version, seed, index and part.
   *
   * A part uses only its own buffers, so that it knows what each must hold. Every buffer is
   * looked at when it is new, is filled with a word that no other has, and is closed in the end.
   *
   * @param pages of the region
   * @returns how many operations were written
   */
  write(program: Int32Array, origin: PartOrigin, pages: number): number {
    const words = wordsOf(origin);
    const swarm = swarmOf(words.round, pages);
    // Unlike 0 and unlike what boot code leaves, whichever row is added.
    return this.#fill(program, swarm, words.part, (origin.part + 1) << 24);
  }

  #fill(program: Int32Array, swarm: OperationMix, seed: number, mark: number): number {
    const { pagesMax, slots: most, thresholds } = swarm;
    const [allocations, duplicates, closes, stamps] = thresholds;
    for (let slot = 0; slot < PACKED_SLOTS; slot += 1) this.#slots[slot] = slot;
    let held = 0;
    let random = seed;
    let row = 0;
    for (const end = PART_OPERATIONS - PACKED_SLOTS - 3; row < end; ) {
      random = nextRandom(random);
      const kind = random & 0xff;
      const which = (((random >>> 8) & 0xfff) * held) >>> 12;
      const slot = this.#slots[which] as number;
      const buffer = this.#buffers[slot] as number;
      if (held === 0 || (kind < allocations && held < most)) {
        row = this.#allocate(program, row, held, 1 + (((random >>> 20) * pagesMax) >>> 12), mark);
        held += 1;
      } else if (kind < duplicates && held < most) {
        const fresh = this.#slots[held] as number;
        this.#buffers[fresh] = buffer;
        row = put(program, row, PACKED.duplicate, slot, fresh);
        held += 1;
      } else if (kind < closes || held === most) {
        held -= 1;
        this.#slots[which] = this.#slots[held] as number;
        this.#slots[held] = slot;
        row = put(program, row, PACKED.close, slot, 0);
      } else if (kind < stamps) {
        this.#stamps[buffer] = mark + row;
        row = put(program, row, PACKED.stamp, slot, mark + row);
      } else {
        row = put(program, row, PACKED.check, slot, this.#stamps[buffer] as number);
      }
    }
    for (; held > 0; held -= 1) {
      row = put(program, row, PACKED.close, this.#slots[held - 1] as number, 0);
    }
    return row;
  }

  #allocate(program: Int32Array, row: number, held: number, pages: number, mark: number): number {
    const slot = this.#slots[held] as number;
    this.#buffers[slot] = row;
    this.#stamps[row] = mark + row + 2;
    put(program, row, PACKED.allocate, slot, pages);
    put(program, row + 1, PACKED.check, slot, 0);
    return put(program, row + 2, PACKED.stamp, slot, mark + row + 2);
  }
}

/** Writes a row. @returns the next */
function put(program: Int32Array, row: number, kind: number, slot: number, value: number): number {
  const at = row * OPERATION_WORDS;
  program[at] = kind;
  program[at + 1] = slot;
  program[at + 2] = value;
  return row + 1;
}
