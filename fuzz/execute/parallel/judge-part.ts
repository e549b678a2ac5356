import { ERRNO, packed } from '../../../adapters/contract/index.ts';
import { LIFETIME } from '../../../oracles/sweep.ts';
import { PART_OPERATIONS } from '../../generate/packed-writer.ts';
import { FAILURE, MAYBE, PART_SUMMARY, type PartMemory } from './round-memory.ts';

const { FIRST_DESCRIPTOR, NOT_RUN, OPERATION_WORDS, PACKED, PACKED_SLOTS, RESULT_WORDS } = packed;

/** Violations that one part proves without the others, in the order of the summary's words. */
export const PROOFS = ['numbers', 'errors', 'residue', 'lost', 'complaint'] as const;

/** One of {@link PROOFS}. */
export type PartProof = (typeof PROOFS)[number];

/** The ticket of what has not happened. */
export const NEVER = 0x7fffffff;
/** Numbers that are kept account of; whatever is above is not the lowest. */
const NUMBERS_MAX = FIRST_DESCRIPTOR + PACKED_SLOTS + 1;

/**
 * Judges a part by itself: one pass over its rows, with nothing allocated on the way.
 *
 * Sound where the part's client is one thread and no other client has its descriptors. Then
 * - each new number is the lowest that is free (FD-01), and what is open can be closed;
 * - a request that the region could hold succeeds or fails with ENOMEM (IOC-01);
 * - a buffer is zero until the part writes to it (ISO-01) and then holds what it wrote (FD-11): it
 *   is looked at only while the part holds it, and no other part knows it.
 *
 * It writes down for the judge of the whole round: lifetimes, from the ticket of the allocation's
 * return to that of the call of the last close, and refusals for want of room.
 */
export class PartJudge {
  readonly #slots = new Int32Array(PACKED_SLOTS);
  readonly #references = new Int32Array(PART_OPERATIONS);
  /** Whether a buffer was written to. */
  readonly #written = new Uint8Array(PART_OPERATIONS);
  readonly #numbers = new Uint8Array(NUMBERS_MAX);
  /** The number in each slot. */
  readonly #held = new Int32Array(PACKED_SLOTS);
  #lowest = FIRST_DESCRIPTOR;
  #lives = 0;
  #failures = 0;
  /** Words of changes. */
  #changes = 0;
  #summary: Int32Array<ArrayBufferLike> = new Int32Array(PART_SUMMARY.words);

  /** @param operations rows of the Program; the History has as many */
  judge(part: PartMemory, operations: number): void {
    const { history, program, summary } = part;
    this.#start(summary);
    let ran = 0;
    for (let row = 0; row < operations; row += 1) {
      const at = row * OPERATION_WORDS;
      const errno = history[row * RESULT_WORDS] as number;
      if (errno === NOT_RUN) continue;
      ran += 1;
      const kind = program[at] as number;
      const slot = program[at + 1] as number;
      const value = program[at + 2] as number;
      if (kind === PACKED.allocate) this.#allocated(part, row, slot, value);
      else if (errno !== 0) this.#prove('numbers', row);
      else if (kind === PACKED.close) this.#closed(part, row, slot);
      else if (kind === PACKED.duplicate) this.#duplicated(part, row, slot, value);
      else if (kind === PACKED.stamp) this.#written[this.#slots[slot] as number] = 1;
      else if ((history[row * RESULT_WORDS + 2] as number) >= 0) {
        const written = this.#written[this.#slots[slot] as number] === 1;
        this.#prove(written ? 'lost' : 'residue', row);
      }
    }
    summary[PART_SUMMARY.operations] = operations;
    summary[PART_SUMMARY.changes] = this.#changes;
    summary[PART_SUMMARY.ran] = ran;
    summary[PART_SUMMARY.lives] = this.#lives;
    summary[PART_SUMMARY.failures] = this.#failures;
  }

  /** Notes that the kernel has complained while the part ran. */
  complained(): void {
    this.#prove('complaint', 0);
  }

  #start(summary: Int32Array): void {
    this.#summary = summary.fill(0);
    this.#numbers.fill(0);
    this.#lowest = FIRST_DESCRIPTOR;
    this.#lives = 0;
    this.#failures = 0;
    this.#changes = 0;
  }

  #change({ changes }: PartMemory, ticket: number, owner: number): void {
    const at = this.#changes;
    changes[at] = ticket;
    changes[at + 1] = owner;
    this.#changes = at + 2;
  }

  #prove(proof: PartProof, row: number): void {
    const at = PART_SUMMARY.firstProof + PROOFS.indexOf(proof);
    if (this.#summary[at] === 0) this.#summary[at] = row + 1;
  }

  #allocated(part: PartMemory, row: number, slot: number, pages: number): void {
    const { births, failures, history, lives } = part;
    const result = row * RESULT_WORDS;
    const errno = history[result] as number;
    const call = history[result + 3] as number;
    const back = history[result + 4] as number;
    if (errno === ERRNO.ENOMEM) {
      const at = this.#failures * FAILURE.words;
      failures[at + FAILURE.row] = row;
      failures[at + FAILURE.pages] = pages;
      failures[at + FAILURE.call] = call;
      failures[at + FAILURE.return] = back;
      this.#failures += 1;
      return;
    }
    if (errno !== 0) {
      this.#prove('errors', row);
      return;
    }
    const life = this.#lives;
    const at = life * LIFETIME.words;
    lives[at + LIFETIME.first] = history[result + 2] as number;
    lives[at + LIFETIME.count] = pages;
    lives[at + LIFETIME.from] = back;
    lives[at + LIFETIME.until] = NEVER;
    lives[at + MAYBE.from] = call;
    lives[at + MAYBE.until] = NEVER;
    births[life] = row;
    this.#change(part, back, life + 1);
    this.#lives += 1;
    this.#references[life] = 1;
    this.#written[life] = 0;
    this.#slots[slot] = life;
    this.#gave(row, slot, history[result + 1] as number);
  }

  #duplicated({ history }: PartMemory, row: number, slot: number, to: number): void {
    const life = this.#slots[slot] as number;
    this.#slots[to] = life;
    this.#references[life] = (this.#references[life] as number) + 1;
    this.#gave(row, to, history[row * RESULT_WORDS + 1] as number);
  }

  #closed(part: PartMemory, row: number, slot: number): void {
    const { history, lives } = part;
    const number = this.#held[slot] as number;
    if (number < NUMBERS_MAX) {
      this.#numbers[number] = 0;
      if (number < this.#lowest) this.#lowest = number;
    }
    const life = this.#slots[slot] as number;
    const left = (this.#references[life] as number) - 1;
    this.#references[life] = left;
    if (left > 0) return;
    this.#change(part, history[row * RESULT_WORDS + 3] as number, -(life + 1));
    lives[life * LIFETIME.words + LIFETIME.until] = history[row * RESULT_WORDS + 3] as number;
    lives[life * LIFETIME.words + MAYBE.until] = history[row * RESULT_WORDS + 4] as number;
  }

  /** A number that was given must be the lowest that was free. */
  #gave(row: number, slot: number, number: number): void {
    while (this.#numbers[this.#lowest] === 1) this.#lowest += 1;
    if (number !== this.#lowest) this.#prove('numbers', row);
    this.#held[slot] = number;
    if (number < NUMBERS_MAX) this.#numbers[number] = 1;
  }
}
