import type { ErrnoName } from '../../contract/errno.ts';
import { linuxNumbers } from '../../contract/linux-numbers.ts';
import type { KernelLog } from './kernel-log.ts';
import { type Backing, type FileStatus, OpenFile } from './open-file.ts';
import type { PageStore } from './pages.ts';

const { S_IFREG, SEEK_SET, SEEK_CUR, SEEK_END } = linuxNumbers;

/** The contents of a memfd, shared by every open-file description of it. */
export interface MemoryInode {
  readonly store: PageStore;
  readonly number: number;
  sizeBytes: number;
}

/** A file in memory without a name. Source: memfd_create(2). */
export class Memfd extends OpenFile {
  readonly #inode: MemoryInode;
  readonly #log: KernelLog;
  #position = 0n;

  constructor(log: KernelLog, flags: number, inode: MemoryInode) {
    super(log, flags);
    this.#log = log;
    this.#inode = inode;
  }

  link(): string {
    return '/memfd:allocert-case (deleted)';
  }

  status(): FileStatus {
    const { number, sizeBytes } = this.#inode;
    return { mode: S_IFREG | 0o777, size: BigInt(sizeBytes), inode: number, device: 1 };
  }

  /** Pages go with the last reference that JavaScript has. */
  protected override release(): void {}

  override reopen(flags: number): OpenFile {
    return new Memfd(this.#log, flags, this.#inode);
  }

  override seek(offset: bigint, whence: number): bigint | ErrnoName {
    const bases = new Map([
      [SEEK_SET, 0n],
      [SEEK_CUR, this.#position],
      [SEEK_END, BigInt(this.#inode.sizeBytes)],
    ]);
    const base = bases.get(whence);
    if (base === undefined || base + offset < 0n) return 'EINVAL';
    this.#position = base + offset;
    return this.#position;
  }

  override read(length: number, offset: bigint): Uint8Array {
    const { sizeBytes, store } = this.#inode;
    const start = Math.min(Number(offset), sizeBytes);
    const bytes = new Uint8Array(Math.min(length, sizeBytes - start));
    for (let done = 0; done < bytes.length; ) {
      const at = start + done;
      const within = at % store.pageBytes;
      const chunk = Math.min(store.pageBytes - within, bytes.length - done);
      const page = store.bytes(Math.floor(at / store.pageBytes));
      bytes.set(page.subarray(within, within + chunk), done);
      done += chunk;
    }
    return bytes;
  }

  override truncate(bytes: bigint): bigint | ErrnoName {
    if (bytes < 0n) return 'EINVAL';
    if (bytes > BigInt(Number.MAX_SAFE_INTEGER)) return 'EFBIG';
    this.#inode.sizeBytes = Number(bytes);
    return 0n;
  }

  override write(bytes: Uint8Array, offset: bigint): bigint | ErrnoName {
    if (bytes.length === 0) return 0n;
    const { store } = this.#inode;
    const start = Number(offset);
    if (start + bytes.length > Number.MAX_SAFE_INTEGER) return 'EFBIG';
    for (const [index, byte] of bytes.entries()) {
      const at = start + index;
      store.bytes(Math.floor(at / store.pageBytes))[at % store.pageBytes] = byte;
    }
    this.#inode.sizeBytes = Math.max(this.#inode.sizeBytes, start + bytes.length);
    return BigInt(bytes.length);
  }

  override map(): Backing {
    const { store } = this.#inode;
    return {
      expandable: true,
      resolve: (page) =>
        page * store.pageBytes < this.#inode.sizeBytes ? { store, page } : 'SIGBUS',
    };
  }
}
