import type { ErrnoName } from '../../contract/errno.ts';
import { linuxNumbers } from '../../contract/linux-numbers.ts';
import type { SystemCall } from '../../interpreter/pause.ts';
import type { UserArgument } from '../../interpreter/user-argument.ts';
import type { KernelLog } from '../kernel/kernel-log.ts';
import { type Backing, type FileStatus, OpenFile } from '../kernel/open-file.ts';
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

/** Flags of a buffer's file that F_GETFL shows. */
export const STATUS_FLAGS = O_ACCMODE | O_NONBLOCK;

/** The pages behind a dma-buf. */
export interface BufferPages {
  readonly region: Region;
  readonly first: number;
  readonly count: number;
  /** Bytes, as the exporter says; whole pages. */
  readonly size: bigint;
}

/**
 * A buffer and its file in one: a dma-buf has exactly one open-file description, whose references
 * are the buffer's. Source: the kernel's drivers/dma-buf/dma-buf.c and its userspace header.
 */
export class DmaBuf extends OpenFile {
  readonly pages: BufferPages;
  readonly inode: number;
  protected name = '';
  #holdsPages = true;

  constructor(log: KernelLog, flags: number, pages: BufferPages, inode: number) {
    super(log, flags & STATUS_FLAGS);
    this.pages = pages;
    this.inode = inode;
  }

  link(): string {
    return `/dmabuf:${this.name}`;
  }

  status(): FileStatus {
    return { mode: 0o600, size: this.pages.size, inode: this.inode, device: 11 };
  }

  override information(): string {
    const name = this.name === '' ? '' : `name:\t${this.name}\n`;
    return `size:\t${this.pages.size}\ncount:\t${this.references}\nexp_name:\tcma\n${name}`;
  }

  protected override release(): void {
    this.freePages();
  }

  /** Gives the pages back; only the first time does. */
  freePages(): void {
    if (!this.#holdsPages) return;
    this.#holdsPages = false;
    const { region, first } = this.pages;
    region.release(first, this.pagesToFree);
  }

  /** How many pages go back, from the first on. */
  protected get pagesToFree(): number {
    return this.pages.count;
  }

  /** A buffer cannot be read at an offset, nor written. */
  override get positioned(): boolean {
    return false;
  }

  /** SEEK_SET and SEEK_END to offset 0, which tells the size. */
  override seek(offset: bigint, whence: number): bigint | ErrnoName {
    if (offset !== 0n || (whence !== SEEK_SET && whence !== SEEK_END)) return 'EINVAL';
    return whence === SEEK_END ? this.pages.size : 0n;
  }

  /** How many pages a mapping can show. */
  protected get mappablePages(): number {
    return Number(this.pages.size / BigInt(this.pages.region.store.pageBytes));
  }

  override map(first: number, count: number): Backing | ErrnoName {
    if (first + count > this.mappablePages) return 'EINVAL';
    const { region, first: start } = this.pages;
    const { store } = region;
    return { expandable: false, resolve: (page) => ({ store, page: start + page }) };
  }

  // biome-ignore lint/correctness/useYield: nothing in it can be preempted to any effect
  override *ioctl(request: number, argument: UserArgument): SystemCall<bigint | ErrnoName> {
    if (request === DMA_BUF_IOCTL_SYNC) return this.sync(argument);
    return SET_NAME.includes(request) ? this.setName(argument) : this.refuseCommand();
  }

  protected refuseCommand(): ErrnoName {
    return 'ENOTTY';
  }

  /** Memory of the simulator is always coherent: there is nothing to do but check. */
  protected sync(argument: UserArgument): bigint | ErrnoName {
    const bytes = argument.copyIn(8);
    if (bytes === undefined) return 'EFAULT';
    const flags = new DataView(bytes.buffer).getBigUint64(0, true);
    return this.areSyncFlagsKnown(flags) ? 0n : 'EINVAL';
  }

  protected areSyncFlagsKnown(flags: bigint): boolean {
    const known = flags <= DMA_BUF_SYNC_VALID_FLAGS_MASK;
    return known && (Number(flags) & DMA_BUF_SYNC_RW) !== 0;
  }

  protected setName(argument: UserArgument): bigint | ErrnoName {
    const name = argument.copyText(DMA_BUF_NAME_LEN);
    if (name === undefined) return 'EFAULT';
    if (name === null) return 'EINVAL';
    this.name = name;
    return 0n;
  }
}
