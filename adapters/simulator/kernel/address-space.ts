import type { ErrnoName } from '../../contract/errno.ts';
import { linuxNumbers } from '../../contract/linux-numbers.ts';
import { failed } from './errno.ts';
import type { Backing, OpenFile } from './open-file.ts';
import type { PageStore } from './pages.ts';

const { PROT_WRITE } = linuxNumbers;

/** A mapping; pages are numbered, so that addresses are page numbers times the page size. */
export interface Area {
  readonly start: number;
  readonly end: number;
  readonly protection: number;
  /** VM_MAYWRITE: whether mprotect(2) may allow writing. */
  readonly mayWrite: boolean;
  readonly backing: Backing;
  /** Page of the backing object at `start`. */
  readonly first: number;
  /** Pages of a private mapping that were written to, by page of the backing object. */
  readonly copies: PageStore | undefined;
  readonly file: OpenFile | undefined;
  /** VM_DONTFORK: a forked child does not inherit it. */
  readonly staysHere?: boolean;
}

/** What madvise(2) asks of one mapping: what becomes of it, or why not. */
export type Advice = (piece: Area) => Area | ErrnoName;

/** A page that an access reached, or the signal that it raised. */
export type ReachedPage =
  | { readonly store: PageStore; readonly page: number }
  | 'SIGSEGV'
  | 'SIGBUS';

/** vm.max_map_count of an ordinary system. */
const AREAS_MAX = 65_530;

/** The mappings of one process. Source: mmap(2), mprotect(2), munmap(2), the kernel's mm/mmap.c. */
export class AddressSpace {
  readonly pageBytes: number;
  readonly pointerBytes: 4 | 8;
  /** Pages below the top of user space. */
  readonly topPage: number;
  /** By falling start, since new ones go below all others. */
  #areas: Area[] = [];
  #lowest: number;

  constructor(pageBytes: number, pointerBytes: 4 | 8) {
    this.pageBytes = pageBytes;
    this.pointerBytes = pointerBytes;
    this.topPage = (pointerBytes === 4 ? 2 ** 32 : 2 ** 47) / pageBytes - 1;
    this.#lowest = this.topPage - 0x8000;
  }

  /** Places a new mapping below the others. */
  place(count: number, area: Omit<Area, 'start' | 'end'>): number | ErrnoName {
    if (this.#areas.length >= AREAS_MAX || count >= this.#lowest - 16) return 'ENOMEM';
    const start = this.#lowest - count;
    this.#areas.push(moved(area, start, start + count, area.first));
    this.#lowest = start;
    area.file?.holdMapping();
    return start;
  }

  /** The mapping that holds a page. */
  areaAt(page: number): Area | undefined {
    const area = this.#areas[this.#indexAt(page)];
    return area !== undefined && page < area.end ? area : undefined;
  }

  /** Index of the highest mapping that starts at or below a page. */
  #indexAt(page: number): number {
    let low = 0;
    let high = this.#areas.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#areas[middle]?.start ?? 0) <= page) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Whether no page of [start, end) is mapped. */
  isFree(start: number, end: number): boolean {
    return end <= this.topPage && !this.#areas.some((one) => one.start < end && start < one.end);
  }

  /** munmap: takes pages [start, end) away; holes in it do not matter. */
  remove(start: number, end: number): void {
    this.#replace(start, end, () => undefined);
    const last = this.#areas.at(-1);
    this.#lowest = last === undefined ? this.topPage - 0x8000 : last.start;
  }

  /**
   * mprotect of pages [start, end). Of several mappings those before the first that refuses have
   * changed by then, as in the kernel.
   */
  protect(start: number, end: number, protection: number): bigint | ErrnoName {
    for (let page = start; page < end; ) {
      const area = this.areaAt(page);
      if (area === undefined) return 'ENOMEM';
      if ((protection & PROT_WRITE) !== 0 && !area.mayWrite) return 'EACCES';
      const stop = Math.min(end, area.end);
      this.#replace(page, stop, (piece) => ({ ...piece, protection }));
      page = stop;
    }
    return 0n;
  }

  /**
   * madvise of pages [start, end). Holes are passed over, and told at the end; a mapping that
   * refuses stops it. Source: madvise_walk_vmas of the kernel's mm/madvise.c.
   */
  advise(start: number, end: number, advice: Advice): bigint | ErrnoName {
    let hole = false;
    for (let page = start; page < end; ) {
      const area = this.areaAt(page);
      const stop = area === undefined ? page + 1 : Math.min(end, area.end);
      hole ||= area === undefined;
      if (area !== undefined) {
        const changed = advice(cut(area, page, stop));
        if (failed(changed)) return changed;
        this.#replace(page, stop, () => changed);
      }
      page = stop;
    }
    return hole ? 'ENOMEM' : 0n;
  }

  /** Makes a mapping reach up to `end`; the pages there must be free. */
  extend(area: Area, end: number): void {
    this.#areas[this.#areas.indexOf(area)] = { ...area, end };
  }

  /** Replaces the part of each mapping that lies in [start, end), splitting at the edges. */
  #replace(start: number, end: number, change: (piece: Area) => Area | undefined): void {
    const from = this.#indexAt(end - 1);
    let to = from;
    const pieces: Area[] = [];
    for (; to < this.#areas.length; to += 1) {
      const area = this.#areas[to];
      if (area === undefined || area.end <= start) break;
      const inner = cut(area, Math.max(start, area.start), Math.min(end, area.end));
      const after = area.end > end ? [cut(area, end, area.end)] : [];
      const before = area.start < start ? [cut(area, area.start, start)] : [];
      const changed = change(inner);
      const parts = [...after, ...(changed === undefined ? [] : [changed]), ...before];
      for (const _ of parts) area.file?.holdMapping();
      area.file?.putMapping();
      pieces.push(...parts);
    }
    this.#areas.splice(from, to - from, ...pieces);
  }

  /** The page that an access reaches. The first write to a private mapping copies the page. */
  reach(page: number, writing: boolean): ReachedPage {
    const area = this.areaAt(page);
    if (area === undefined) return 'SIGSEGV';
    if (writing ? (area.protection & PROT_WRITE) === 0 : area.protection === 0) return 'SIGSEGV';
    const object = area.first + (page - area.start);
    if (area.copies?.has(object) === true) return { store: area.copies, page: object };
    const behind = area.backing.resolve(object);
    if (behind === 'SIGBUS' || area.copies === undefined || !writing) return behind;
    area.copies.set(object, behind.store.copyOf(behind.page));
    return { store: area.copies, page: object };
  }

  /** The address space of a forked child, of the same class. Source: dup_mmap of kernel/fork.c. */
  copy(): AddressSpace {
    const copy = new (this.constructor as typeof AddressSpace)(this.pageBytes, this.pointerBytes);
    copy.#lowest = this.#lowest;
    for (const area of this.#areas) {
      if (this.isInherited(area)) copy.#areas.push(this.inherited(area));
      else if (area.file !== undefined) this.keptBack(area.file);
    }
    for (const { file } of copy.#areas) file?.holdMapping();
    return copy;
  }

  /** Whether a forked child finds a mapping at all. */
  protected isInherited({ staysHere }: Area): boolean {
    return staysHere !== true;
  }

  /** A fork leaves the references of what it keeps back alone. */
  protected keptBack(_file: OpenFile): void {}

  /** A mapping as a forked child finds it. */
  protected inherited(area: Area): Area {
    return { ...area, copies: area.copies?.clone() };
  }

  /** Files behind the mappings, one for each. */
  get mappedFiles(): readonly OpenFile[] {
    return this.#areas.flatMap(({ file }) => file ?? []);
  }

  /** Takes every mapping away, as exit and exec do. */
  clear(): void {
    for (const { file } of this.#areas) file?.putMapping();
    this.#areas = [];
    this.#lowest = this.topPage - 0x8000;
  }
}

const cut = (area: Area, start: number, end: number): Area =>
  moved(area, start, end, area.first + (start - area.start));

/** The same mapping at other pages. Member by member: each call on memory makes some. */
const moved = (
  { backing, copies, file, mayWrite, protection, staysHere }: Omit<Area, 'start' | 'end'>,
  start: number,
  end: number,
  first: number,
): Area => {
  const area = { start, end, protection, mayWrite, backing, first, copies, file };
  return staysHere === undefined ? area : { ...area, staysHere };
};
