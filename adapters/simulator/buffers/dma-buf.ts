import type { ErrnoName } from '../../contract/errno.ts';
import { linuxNumbers } from '../../contract/linux-numbers.ts';
import type { SystemCall } from '../../interpreter/pause.ts';
import type { UserArgument } from '../../interpreter/user-argument.ts';
import type { DefectSet } from '../defects/defect.ts';
import type { KernelLog } from '../kernel/kernel-log.ts';
import { type Backing, type FileStatus, OpenFile } from '../kernel/open-file.ts';
import { PageStore } from './pages.ts';
import type { Region } from './region.ts';

const {
  DMA_BUF_IOCTL_SYNC,
  DMA_BUF_NAME_LEN,
  DMA_BUF_SET_NAME,
  DMA_BUF_SYNC_RW,
  DMA_BUF_SYNC_VALID_FLAGS_MASK,
  O_ACCMODE,
  O_NONBLOCK,
  SEEK_END,
  SEEK_SET,
} = linuxNumbers;
/** DMA_BUF_SET_NAME_A and _B: the same command with 32 and 64 bits of argument. */
const SET_NAME = [0x40046201, DMA_BUF_SET_NAME];
const STATUS_FLAGS = O_ACCMODE | O_NONBLOCK;
/** Where a driver may have a table of mappings (a defect). */
const MAPPINGS_MAX = 256;

/** The pages behind a dma-buf. */
export interface BufferPages {
  readonly region: Region;
  readonly first: number;
  readonly count: number;
  /** Bytes, as the exporter says; whole pages unless a defect is on. */
  readonly size: bigint;
}

/**
 * A buffer and its file in one: a dma-buf has exactly one open-file description, whose references
 * are the buffer's. Source: the kernel's drivers/dma-buf/dma-buf.c and its userspace header.
 */
export class DmaBuf extends OpenFile {
  readonly pages: BufferPages;
  readonly inode: number;
  readonly #defects: DefectSet;
  #name = '';
  #pagesHeld = true;
  #revoked = false;
  /** Set when the buffer's pages are to stay taken for ever (a defect). */
  leaks = false;

  constructor(
    log: KernelLog,
    flags: number,
    pages: BufferPages,
    { inode, defects }: { inode: number; defects: DefectSet },
  ) {
    super(log, flags & STATUS_FLAGS);
    this.pages = pages;
    this.inode = inode;
    this.#defects = defects;
  }

  link(): string {
    return `/dmabuf:${this.#name}`;
  }

  status(): FileStatus {
    return { mode: 0o600, size: this.pages.size, inode: this.inode, device: 11 };
  }

  override information(): string {
    const name = this.#name === '' ? '' : `name:\t${this.#name}\n`;
    const shown = this.#defects.has('fdinfo-size-wrong') ? this.pages.count : this.pages.size;
    return `size:\t${shown}\ncount:\t${this.references}\nexp_name:\tcma\n${name}`;
  }

  override flush(): void {
    const unmapped = this.references - this.mappings > 1;
    if (this.#defects.has('freed-while-mapped') && !unmapped) this.#freePages();
    if (this.#defects.has('freed-on-first-close') && unmapped) this.#freePages();
  }

  override hold(where: string): this {
    if (where === 'scm_fp_copy' && this.#defects.has('message-holds-nothing')) return this;
    return super.hold(where);
  }

  override put(where: string): void {
    if (where === 'unix_destruct_scm' && this.#defects.has('leak-in-flight')) this.leaks = true;
    super.put(where);
  }

  override holdMapping(): void {
    if (this.mappings > 0 && this.#defects.has('leak-when-mapped-twice')) this.leaks = true;
    super.holdMapping();
  }

  override putMapping(): void {
    if (this.#defects.has('leak-at-munmap') && this.references === 1) this.leaks = true;
    super.putMapping();
  }

  protected override release(): void {
    this.#freePages();
  }

  /** Takes the buffer away from whoever still has it (a defect). */
  revoke(): void {
    this.#revoked = true;
    this.#freePages();
  }

  #freePages(): void {
    if (!this.#pagesHeld || this.leaks) return;
    this.#pagesHeld = false;
    const { region, first, count } = this.pages;
    region.release(first, count + pagesAstray(this.inode, this.#defects));
  }

  override reopen(flags: number): OpenFile | ErrnoName {
    if (!this.#defects.has('reopens-writable')) return super.reopen(flags);
    this.flags = flags & STATUS_FLAGS;
    return this.hold('do_dentry_open');
  }

  override get positioned(): boolean {
    return this.#defects.has('buffer-readable');
  }

  override read(length: number, offset: bigint): Uint8Array | ErrnoName {
    return this.positioned ? new Uint8Array(length) : super.read(length, offset);
  }

  override poll(): number {
    return this.#defects.has('poll-never') ? 0 : super.poll();
  }

  override seek(offset: bigint, whence: number): bigint | ErrnoName {
    if (this.#defects.has('seeks-anywhere')) return BigInt.asUintN(63, offset);
    if (offset !== 0n || (whence !== SEEK_SET && whence !== SEEK_END)) return 'EINVAL';
    return whence === SEEK_END ? this.pages.size : 0n;
  }

  override map(first: number, count: number): Backing | ErrnoName {
    if (this.#revoked) return 'ENODEV';
    if (this.mappings >= MAPPINGS_MAX && this.#defects.has('mappings-limited')) return 'ENOMEM';
    const pageBytes = BigInt(this.pages.region.store.pageBytes);
    const slack = this.#defects.has('mmap-bound-off-by-one') ? 1 : 0;
    const pages = Number(this.pages.size / pageBytes);
    if (first + count > pages + slack) return 'EINVAL';
    if (this.#defects.has('last-page-unmappable') && count > 1 && first + count === pages) {
      return 'EINVAL';
    }
    if (this.#defects.has('mapping-copied')) return this.#copied(count);
    return this.#shared(this.#defects.has('mmap-offset-ignored') ? first : 0);
  }

  #shared(ignored: number): Backing {
    const { region, first, count } = this.pages;
    const { store } = region;
    const past = growth(this.#defects);
    const reversed = this.#defects.has('pages-reversed');
    return {
      expandable: past > 0,
      ...(this.#defects.has('private-shared') ? { neverPrivate: true } : {}),
      ...(this.#defects.has('mapping-copied-by-fork') ? { forked: () => this.#copied(count) } : {}),
      resolve: (page) => {
        const within = page < Math.min(count + past, region.pageCount - first);
        if (this.#revoked || (past > 0 && !within)) return 'SIGBUS';
        const index = reversed && page < count ? count - 1 - page : page - ignored;
        return { store, page: first + index };
      },
    };
  }

  /** A mapping with pages of its own (a defect). */
  #copied(count: number): Backing {
    const { region, first } = this.pages;
    const store = new PageStore(region.store.pageBytes);
    for (let page = 0; page < count; page += 1) {
      store.bytes(page).set(region.store.bytes(first + page));
    }
    return { expandable: false, resolve: (page) => ({ store, page }) };
  }

  // biome-ignore lint/correctness/useYield: nothing in it can be preempted to any effect
  override *ioctl(request: number, argument: UserArgument): SystemCall<bigint | ErrnoName> {
    if (request === DMA_BUF_IOCTL_SYNC && !this.#defects.has('sync-unknown')) {
      return sync(argument, this.#defects.has('sync-unchecked-bits'));
    }
    if (!SET_NAME.includes(request)) {
      return this.#defects.has('buffer-ioctl-einval') ? 'EINVAL' : 'ENOTTY';
    }
    const name = argument.copyText(DMA_BUF_NAME_LEN);
    if (name === undefined) return 'EFAULT';
    if (name === null && !this.#defects.has('name-cut')) return 'EINVAL';
    this.#name = name ?? '';
    return 0n;
  }
}

/** Memory of the simulator is always coherent: there is nothing to do but check. */
function sync(argument: UserArgument, unchecked: boolean): bigint | ErrnoName {
  const bytes = argument.copyIn(8);
  if (bytes === undefined) return 'EFAULT';
  const flags = new DataView(bytes.buffer).getBigUint64(0, true);
  if (unchecked) return 0n;
  if (flags > DMA_BUF_SYNC_VALID_FLAGS_MASK || (Number(flags) & DMA_BUF_SYNC_RW) === 0)
    return 'EINVAL';
  return 0n;
}

/** Pages that freeing a buffer takes too many, or leaves (defects). */
function pagesAstray(inode: number, defects: DefectSet): number {
  const each = (defect: string, turn: number): boolean => defects.has(defect) && inode % turn === 0;
  if (each('leak-one-in-64', 64) || each('leak-one-in-4096', 4096)) return -1;
  if (defects.has('leak-on-close')) return -1;
  return defects.has('frees-one-page-more') ? 1 : 0;
}

/** Pages past its end to which a mapping may be grown (defects). */
function growth(defects: DefectSet): number {
  if (defects.has('mremap-unbounded')) return Number.POSITIVE_INFINITY;
  return defects.has('mremap-bound-off-by-one') ? 1 : 0;
}
