import type { ErrnoName } from '../../contract/errno.ts';
import { linuxNumbers } from '../../contract/linux-numbers.ts';
import type { SystemCall } from '../../interpreter/pause.ts';
import type { UserArgument } from '../../interpreter/user-argument.ts';
import type { AllocationFaults } from './allocation-faults.ts';
import type { KernelLog } from './kernel-log.ts';
import type { PageStore } from './pages.ts';

const { O_ACCMODE, O_PATH, O_WRONLY, O_RDWR, O_RDONLY, POLLIN, POLLOUT } = linuxNumbers;

/** Memory behind a mapping. */
export interface Backing {
  /** The page of a store that holds page number `page` of the object, or SIGBUS past its end. */
  resolve(page: number): { readonly store: PageStore; readonly page: number } | 'SIGBUS';
  /** Whether mremap(2) may make a mapping longer (VM_DONTEXPAND forbids it). */
  readonly expandable: boolean;
}

/** Descriptors of a process, as far as whoever makes a new one touches them. */
export interface DescriptorSlots {
  /** Reserves the lowest free descriptor from `from` on, below a limit. */
  reserve(limit: number, closeOnExec: boolean, from?: number): number | ErrnoName;
  /** Makes a reserved descriptor refer to a file, whose reference it takes over. */
  install(descriptor: number, file: OpenFile): void;
  /** Gives a reserved descriptor back. */
  unreserve(descriptor: number): void;
}

/** The calling process, as far as an ioctl that makes descriptors touches it. */
export interface Caller {
  readonly table: DescriptorSlots;
  /** RLIMIT_NOFILE. */
  readonly descriptorLimit: number;
  readonly pointerBytes: 4 | 8;
  /** Its allocations that fail on purpose. */
  readonly faults?: Pick<AllocationFaults, 'fails'>;
}

/** The status of a file as fstat(2) gives it. */
export interface FileStatus {
  readonly mode: number;
  readonly size: bigint;
  readonly inode: number;
  readonly device?: number;
  readonly special?: number;
}

/** The answer of most files to poll(2), at once. */
export const POLL_READY = POLLIN | POLLOUT;

/**
 * An open-file description: what descriptors, mappings and messages in flight refer to. The last
 * reference that goes away releases it. Using it after that is what {@link KernelLog} reports.
 */
export abstract class OpenFile {
  /** Status flags as F_GETFL shows them. */
  flags: number;
  readonly #log: KernelLog;
  #references = 1;
  #mappings = 0;

  constructor(log: KernelLog, flags: number) {
    this.#log = log;
    this.flags = flags;
  }

  get references(): number {
    return this.#references;
  }

  /** References that are mappings. */
  get mappings(): number {
    return this.#mappings;
  }

  get freed(): boolean {
    return this.#references <= 0;
  }

  get readable(): boolean {
    const mode = this.flags & O_ACCMODE;
    return !this.pathOnly && (mode === O_RDONLY || mode === O_RDWR);
  }

  get writable(): boolean {
    const mode = this.flags & O_ACCMODE;
    return !this.pathOnly && (mode === O_WRONLY || mode === O_RDWR);
  }

  /** Whether it was opened with O_PATH: it names a file and can do nothing with it. */
  get pathOnly(): boolean {
    return (this.flags & O_PATH) !== 0;
  }

  /**
   * Whether the file still lives; reports a use after free when not.
   *
   * @param where the kernel function that looked
   */
  alive(where: string): boolean {
    if (this.freed) this.#log.useAfterFree(where);
    return !this.freed;
  }

  /** Takes a reference. */
  hold(where: string): this {
    if (this.alive(where)) this.#references += 1;
    return this;
  }

  /** Drops a reference. */
  put(where: string): void {
    if (!this.alive(where)) return;
    this.#references -= 1;
    if (this.#references === 0) this.release();
  }

  holdMapping(): void {
    this.hold('mmap_region');
    this.#mappings += 1;
  }

  putMapping(): void {
    this.#mappings -= 1;
    this.put('remove_vma');
  }

  /** Whether its node in /dev belongs to root with mode 0600. */
  get rootOnly(): boolean {
    return false;
  }

  /** The text of the link in /proc/self/fd. */
  abstract link(): string;
  abstract status(): FileStatus;
  /** Gives back what the file holds, once nothing refers to it any more. */
  protected abstract release(): void;

  /** Runs at each close(2) of a descriptor, before its reference is dropped. */
  flush(): void {}

  /** Lines of its own in /proc/self/fdinfo. */
  information(): string {
    return '';
  }

  /** open(2) of the link in /proc/self/fd. */
  reopen(_flags: number): OpenFile | ErrnoName {
    return 'ENXIO';
  }

  // biome-ignore lint/correctness/useYield: most files have no command that could be preempted
  *ioctl(
    _request: number,
    _argument: UserArgument,
    _caller: Caller,
  ): SystemCall<bigint | ErrnoName> {
    return 'ENOTTY';
  }

  seek(_offset: bigint, _whence: number): bigint | ErrnoName {
    return 'ESPIPE';
  }

  /** FMODE_PREAD and FMODE_PWRITE: what the kernel makes without open(2) lacks them. */
  get positioned(): boolean {
    return true;
  }

  read(_length: number, _offset: bigint): Uint8Array | ErrnoName {
    return 'EINVAL';
  }

  /** ftruncate(2): only files with a size of their own can be given another. */
  truncate(_bytes: bigint): bigint | ErrnoName {
    return 'EINVAL';
  }

  write(_bytes: Uint8Array, _offset: bigint): bigint | ErrnoName {
    return 'EINVAL';
  }

  poll(): number {
    return POLL_READY;
  }

  /** Checks a mapping of pages [first, first + count) and says what lies behind it. */
  map(_first: number, _count: number): Backing | ErrnoName {
    return 'ENODEV';
  }
}
