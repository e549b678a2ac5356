import {
  linux,
  type Operation,
  type Result,
  type SlotRef,
  succeeded,
  wordOf,
} from '../../adapters/contract/index.ts';
import { ZERO } from './contents.ts';
import { type CaseContext, SUBJECT } from './context.ts';
import { Inconclusive } from './observation.ts';
import { pagePattern } from './page-pattern.ts';
import type { Sighting } from './race.ts';
import { requireAll } from './require-all.ts';
import { residueIn } from './residue.ts';
import { budgetOf } from './sizes.ts';

/** The most buffers of a crowd: more than any turn that a rare bug is likely to have. */
const CROWD_MAX = 300n;
const OPERATIONS_EACH = 3;

/** One buffer of a crowd. */
export interface Member {
  readonly fd: SlotRef;
  /** A mapping of all of it. */
  readonly view: SlotRef;
  /** Bytes. */
  readonly length: bigint;
  /** What it is stamped with: see {@link pagePattern}. */
  readonly stamp: Uint8Array;
}

/** How it went to gather a crowd. */
export interface Gathering {
  /** Buffers that were made and mapped. */
  readonly members: readonly Member[];
  /** How a mapping failed, in one word; `ok` when none did. */
  readonly mapped: string;
  /** New buffers that could be read. */
  readonly read: bigint;
  /** What new buffers held, in a word and in a sentence. */
  readonly contents: Sighting;
}

/** Buffers of several sizes in turn: single pages go where a larger buffer wrongly left room. */
export const mixedSizes = ({ page }: CaseContext): readonly bigint[] =>
  [1n, 2n, 17n, 1n, 3n, 16n, 1n, 15n].map((pages) => pages * page);

/** Hundreds of buffers that live at the same time, each page of each with a stamp of its own. */
export class Crowd {
  readonly #context: CaseContext;
  readonly #sizes: readonly bigint[];
  #members: readonly Member[] = [];
  #gatherings = 0;

  /** @param sizes in bytes, taken in turn */
  constructor(context: CaseContext, sizes: readonly bigint[]) {
    this.#context = context;
    this.#sizes = sizes;
  }

  get members(): readonly Member[] {
    return this.#members;
  }

  /** Pages of all members by their sizes. */
  get pages(): bigint {
    return this.#members.reduce((sum, { length }) => sum + length, 0n) / this.#context.page;
  }

  /**
   * Allocates, maps and reads buffers until there are so many, or no more are given.
   *
   * @param most buffers beside those that there are; as many as a case may hold when left out
   * @throws {@link Inconclusive} when there are none
   */
  async gather(most = this.#room()): Promise<Gathering> {
    const gathering = this.#gatherings++;
    const device = await this.#context.device();
    const body = this.#sizes.flatMap((length, index) =>
      this.#arrival(`${gathering}-${index}`, length, device),
    );
    const turns = BigInt(this.#sizes.length);
    const times = (most + turns - 1n) / turns;
    const loop: Operation = { op: 'repeat', times, stop: 'failure', body };
    const [[result] = []] = (await this.#context.runSteps(SUBJECT, [loop])).threads;
    const steps = result?.steps ?? [];
    const arrived = this.#sizes.flatMap((_, index): Member[] => {
      const mapped = steps[index * OPERATIONS_EACH + 1]?.succeeded ?? 0n;
      return Array.from({ length: Number(mapped) }, (_unused, turn) =>
        this.#member(gathering, index, turn),
      );
    });
    this.#members = [...this.#members, ...arrived];
    if (this.#members.length === 0)
      throw new Inconclusive('blocked: the region gave out no buffer');
    const failures = this.#sizes.flatMap((_, index) =>
      Object.keys(steps[index * OPERATIONS_EACH + 1]?.failures ?? {}),
    );
    const read = this.#sizes.reduce(
      (sum, _, index) => sum + (steps[index * OPERATIONS_EACH + 2]?.succeeded ?? 0n),
      0n,
    );
    const dirty = this.#sizes.flatMap((length, index) =>
      residueIn(steps[index * OPERATIONS_EACH + 2], length),
    );
    const word = dirty.length === 0 ? 'zero' : 'residue';
    const detail = `${read} new buffers, ${this.#members.length} alive: ${dirty[0] ?? word}`;
    return { members: arrived, mapped: failures[0] ?? 'ok', read, contents: { word, detail } };
  }

  #room(): bigint {
    const bytes = this.#sizes.reduce((sum, length) => sum + length, 0n);
    const fits = (budgetOf(this.#context) * BigInt(this.#sizes.length)) / bytes;
    return fits < CROWD_MAX ? fits : CROWD_MAX;
  }

  #arrival(name: string, length: bigint, device: SlotRef): readonly Operation[] {
    const fd = this.#context.descriptorIn(`crowd-${name}[i]`);
    const address = { slot: `sight-${name}[i]` };
    const protection = linux.PROT_READ | linux.PROT_WRITE;
    const flags = linux.MAP_SHARED;
    return [
      this.#context.allocationStep(fd.slot, device, { length }),
      { op: 'mmap', slot: address.slot, length, protection, flags, fd },
      { op: 'scan', address, length, bytes: ZERO },
    ];
  }

  #member(gathering: number, index: number, turn: number): Member {
    const length = this.#sizes[index] ?? this.#context.page;
    const name = `${gathering}-${index}[${turn}]`;
    const seed = (gathering * this.#sizes.length + index) * Number(CROWD_MAX) + turn;
    return {
      fd: this.#context.descriptorIn(`crowd-${name}`),
      view: { slot: `sight-${name}` },
      length,
      stamp: pagePattern(Number(length / this.#context.page), seed),
    };
  }

  /**
   * Writes the stamp of each of these buffers into all its pages.
   *
   * @throws {@link Inconclusive} when one cannot be written to, which is another rule's question
   */
  async stamp(members = this.#members): Promise<void> {
    const results = await this.each(members, ({ view, length, stamp }) => [
      { op: 'store', address: view, length, bytes: stamp },
    ]);
    requireAll(results, 'writing to a mapped buffer');
  }

  /** Whether each buffer holds its own stamp still: `own-bytes`, `other-bytes`, or a fault. */
  async verify(when: string): Promise<Sighting> {
    const results = await this.each(this.#members, ({ view, length, stamp }) => [
      { op: 'scan', address: view, length, bytes: stamp },
    ]);
    const words = results.map((result, index) => {
      if (!succeeded(result)) return wordOf(result);
      return result.value === this.#members[index]?.length ? 'own-bytes' : 'other-bytes';
    });
    const at = words.findIndex((word) => word !== 'own-bytes');
    const word = words[at] ?? 'own-bytes';
    const buffers = `${this.#members.length} buffers with ${this.pages} pages ${when}`;
    if (at < 0) return { word, detail: `${buffers}: each holds its own stamps` };
    const differing = words.filter((one) => one !== 'own-bytes').length;
    const page = (results[at]?.value ?? 0n) / this.#context.page;
    const length = this.#members[at]?.length;
    const which = `${differing} differ, first one of ${length} bytes in page ${page}`;
    return { word, detail: `${buffers}: ${which} holds ${word}` };
  }

  /** Frees every other buffer, so that holes are left between the others. */
  async releaseHalf(): Promise<void> {
    const leaving = this.#members.filter((_, index) => index % 2 === 1);
    await this.#release(leaving);
    this.#members = this.#members.filter((_, index) => index % 2 === 0);
  }

  /** Frees all. */
  async release(): Promise<void> {
    await this.#release(this.#members);
    this.#members = [];
  }

  async #release(members: readonly Member[]): Promise<void> {
    await this.each(members, ({ fd, view, length }) => [
      { op: 'munmap', address: view, length },
      { op: 'close', fd },
    ]);
  }

  /** Runs operations on each of some buffers, as one Program; the results in order. */
  async each(
    members: readonly Member[],
    operations: (member: Member) => readonly Operation[],
  ): Promise<readonly Result[]> {
    if (members.length === 0) return [];
    const history = await this.#context.runSteps(SUBJECT, members.flatMap(operations));
    return history.threads[0] ?? [];
  }
}
