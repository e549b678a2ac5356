import { linuxNumbers } from '../contract/linux-numbers.ts';
import type { Mapped } from './calls.ts';

/** Pages; above it lies what no process of a 64-bit machine can map. */
const TOP_PAGE = 2 ** 35;
const FIRST_PAGE = 0x7f00_0000;
/** Pages that stay free between two mappings, so that an access past the end faults. */
const GAP_PAGES = 16;

const { PROT_WRITE } = linuxNumbers;

interface Mapping {
  readonly mapped: Mapped;
  /** Pages that some process still maps. */
  pages: number;
}

interface Page {
  readonly mapping: Mapping;
  /** First byte in the mapping's memory. */
  readonly start: number;
  readonly protection: number;
}

/** The memory that an access reaches to the end of its page, or the signal that it raises. */
export type AccessedBytes = Uint8Array | 'SIGSEGV' | 'SIGBUS';

/** The mappings of one process, page by page. */
export class Mappings {
  readonly #pageBytes: number;
  readonly #pages = new Map<number, Page>();
  #next = FIRST_PAGE;

  constructor(pageBytes: number) {
    this.#pageBytes = pageBytes;
  }

  /** Maps memory; the address. */
  map(mapped: Mapped, length: bigint, protection: number): bigint | 'EINVAL' | 'ENOMEM' {
    const count = this.#count(length);
    if (count === 0) return 'EINVAL';
    if (this.#next + count > TOP_PAGE) return 'ENOMEM';
    const first = this.#next;
    this.#next += count + GAP_PAGES;
    const mapping = { mapped, pages: count };
    for (let index = 0; index < count; index += 1) {
      this.#pages.set(first + index, { mapping, start: index * this.#pageBytes, protection });
    }
    return BigInt(first) * BigInt(this.#pageBytes);
  }

  /** munmap(2). */
  unmap(address: bigint, length: bigint): bigint | 'EINVAL' {
    const range = this.#range(address, length);
    if (range === undefined || range.end === range.first) return 'EINVAL';
    for (const number of this.#within(range)) this.#drop(number);
    return 0n;
  }

  /** mprotect(2). */
  protect(
    address: bigint,
    length: bigint,
    protection: number,
  ): bigint | 'EINVAL' | 'ENOMEM' | 'EACCES' {
    const range = this.#range(address, length);
    if (range === undefined) return 'EINVAL';
    for (let number = range.first; number < range.end; number += 1) {
      const page = this.#pages.get(number);
      if (page === undefined) return 'ENOMEM';
      const refused = (protection & PROT_WRITE) !== 0 && page.mapping.mapped.mayWrite === false;
      if (refused) return 'EACCES';
      this.#pages.set(number, { ...page, protection });
    }
    return 0n;
  }

  /** The memory at an address. */
  reach(address: bigint, writing: boolean): AccessedBytes {
    const at = BigInt.asUintN(64, address);
    const pageBytes = BigInt(this.#pageBytes);
    const page = this.#pages.get(Number(at / pageBytes));
    if (page === undefined) return 'SIGSEGV';
    const { protection, mapping, start } = page;
    if (writing ? (protection & PROT_WRITE) === 0 : protection === 0) return 'SIGSEGV';
    const bytes = mapping.mapped.memory.subarray(
      start + Number(at % pageBytes),
      start + this.#pageBytes,
    );
    return bytes.length === 0 ? 'SIGBUS' : bytes;
  }

  /** The mappings of a child. */
  copy(): Mappings {
    const copy = new Mappings(this.#pageBytes);
    copy.#next = this.#next;
    for (const [number, page] of this.#pages) {
      page.mapping.pages += 1;
      copy.#pages.set(number, page);
    }
    return copy;
  }

  /** Takes everything away, as exit and exec do. */
  clear(): void {
    for (const number of [...this.#pages.keys()]) this.#drop(number);
  }

  #drop(number: number): void {
    const page = this.#pages.get(number);
    if (page === undefined || !this.#pages.delete(number)) return;
    page.mapping.pages -= 1;
    if (page.mapping.pages === 0) page.mapping.mapped.release?.();
  }

  #count(length: bigint): number {
    return Number((length + BigInt(this.#pageBytes) - 1n) / BigInt(this.#pageBytes));
  }

  #range(address: bigint, length: bigint): { first: number; end: number } | undefined {
    const pageBytes = BigInt(this.#pageBytes);
    if (address % pageBytes !== 0n) return undefined;
    const first = Number(address / pageBytes);
    const end = first + this.#count(length);
    return end > TOP_PAGE ? undefined : { first, end };
  }

  /** Mapped pages in a range, without a walk over what may be a huge hole. */
  #within({ first, end }: { first: number; end: number }): number[] {
    return [...this.#pages.keys()].filter((number) => number >= first && number < end);
  }
}
