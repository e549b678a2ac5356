import { ERRNO, type ErrnoName } from '../../contract/errno.ts';
import { linuxNumbers } from '../../contract/linux-numbers.ts';
import { FIRST_DESCRIPTOR, type PackedClient } from '../../contract/packed.ts';
import type { CmaAllocator } from '../buffers/allocator.ts';
import { DmaBuf } from '../buffers/dma-buf.ts';
import type { Region } from '../buffers/region.ts';
import type { AddressSpace } from '../kernel/address-space.ts';
import { CharacterFile } from '../kernel/character-file.ts';
import { ClientProcess } from '../kernel/client-process.ts';
import type { KernelLog } from '../kernel/kernel-log.ts';
import { type PackedCalls, runPacked } from './run.ts';
import { PAGE_BYTES, type SharedPages } from './shared-pages.ts';

const { O_RDWR } = linuxNumbers;
/** The kernel of a thread has one client. */
const PID = 1;

/** The machine that a client of parallel mode works on. */
export interface ParallelMachine {
  readonly memory: Int32Array;
  readonly region: Region;
  readonly pages: SharedPages;
  readonly allocator: CmaAllocator;
  readonly AddressSpace: typeof AddressSpace;
  readonly log: KernelLog;
}

/**
 * A client in a thread of its own. Its descriptors and the references to its buffers are its own
 * thread's; the pages are everybody's. It uses the simulator's allocator, descriptor table and
 * dma-bufs, and leaves out what stands between them and a program: copying of arguments, mappings,
 * and generators, which nothing would preempt.
 */
export class ParallelClient implements PackedClient, PackedCalls {
  value = 0;
  page = -1;
  readonly #parts: ParallelMachine;
  readonly #client: ClientProcess;
  readonly #limit: number;

  constructor(parts: ParallelMachine) {
    this.#parts = parts;
    const { AddressSpace } = parts;
    const options = { pageBytes: PAGE_BYTES, pointerBytes: 8, AddressSpace } as const;
    this.#client = ClientProcess.fresh('main', PID, options);
    this.#limit = this.#client.descriptorLimit;
    const { table } = this.#client;
    for (let number = 0; number < FIRST_DESCRIPTOR; number += 1) {
      table.reserve(this.#limit, false);
      table.install(number, new CharacterFile(parts.log, O_RDWR, false, PAGE_BYTES));
    }
  }

  get freePages(): number {
    return this.#parts.region.freePages;
  }

  complaints(): readonly string[] {
    return this.#parts.log.take();
  }

  run(program: Int32Array, history: Int32Array): void {
    runPacked(this, this.#parts.memory, program, history);
  }

  allocate(pages: number): number {
    const buffer = this.#parts.allocator.allocateAtOnce(pages, O_RDWR);
    if (typeof buffer === 'string') return ERRNO[buffer];
    this.page = buffer.pages.first;
    return this.install(buffer);
  }

  duplicate(descriptor: number): number {
    const buffer = this.#bufferAt(descriptor);
    return typeof buffer === 'string' ? ERRNO[buffer] : this.#give(buffer.hold('fget_raw'), 0);
  }

  close(descriptor: number): number {
    return this.#client.closeDescriptor(descriptor) ? 0 : ERRNO.EBADF;
  }

  stamp(descriptor: number, word: number): number {
    const buffer = this.#bufferAt(descriptor);
    if (typeof buffer === 'string') return ERRNO[buffer];
    this.#parts.pages.stamp(buffer.pages.first, buffer.pages.count, word);
    return 0;
  }

  check(descriptor: number, word: number): number {
    const buffer = this.#bufferAt(descriptor);
    if (typeof buffer === 'string') return ERRNO[buffer];
    const { first, count } = buffer.pages;
    const page = this.#parts.pages.differs(first, count, word);
    if (page < 0) return 0;
    this.page = page - first;
    this.value = this.#parts.pages.wordAt(page);
    return 0;
  }

  /** Gives a new buffer the lowest free descriptor from `from` on. */
  protected install(buffer: DmaBuf, from = 0): number {
    return this.#give(buffer, from);
  }

  /** Gives a file, whose reference it takes over, a descriptor. */
  #give(file: DmaBuf, from: number): number {
    const { table } = this.#client;
    const number = table.reserve(this.#limit, false, from);
    if (typeof number === 'string') {
      file.put('fput');
      return ERRNO[number];
    }
    table.install(number, file);
    this.value = number;
    return 0;
  }

  #bufferAt(descriptor: number): DmaBuf | ErrnoName {
    const file = this.#client.table.at(descriptor);
    return file instanceof DmaBuf && file.alive('__fget_files') ? file : 'EBADF';
  }
}
