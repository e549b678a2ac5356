import { linuxNumbers } from '../../contract/linux-numbers.ts';
import type { Process, Timer } from '../../interpreter/process.ts';
import type { AddressSpace } from './address-space.ts';
import { AllocationFaults } from './allocation-faults.ts';
import { DescriptorTable } from './descriptor-table.ts';

const { RLIMIT_NOFILE, RLIM_NLIMITS } = linuxNumbers;
/** Soft and hard limit alike, as clients of the executor start. */
const DESCRIPTORS_MAX = 65_536n;
const UNLIMITED = (1n << 64n) - 1n;

/** How a client ended: with an exit status, or by a signal. */
export type ClientEnding = { readonly status: number } | { readonly signal: number };

/** A client: a process with its descriptors, mappings and limits. */
export class ClientProcess implements Process {
  readonly name: string;
  readonly pid: number;
  uid = 0;
  table: DescriptorTable;
  readonly space: AddressSpace;
  readonly softLimits: bigint[];
  readonly hardLimits: bigint[];
  timer: Timer | undefined;
  /** `dying` while a thread of it is still in the kernel. */
  state: 'alive' | 'dying' | 'dead' = 'alive';
  ending: ClientEnding | undefined;
  readonly #faults = new Map<number, AllocationFaults>();
  /** Threads that are in a system call now. */
  callsInside = 0;

  private constructor(name: string, pid: number, inherited: Inherited) {
    this.name = name;
    this.pid = pid;
    this.table = inherited.table;
    this.space = inherited.space;
    this.uid = inherited.uid;
    this.softLimits = inherited.softLimits;
    this.hardLimits = inherited.hardLimits;
  }

  /** A process with nothing of anybody's. */
  static fresh(name: string, pid: number, options: ProcessOptions): ClientProcess {
    const limits = (): bigint[] =>
      Array.from({ length: RLIM_NLIMITS }, (_, resource) =>
        resource === RLIMIT_NOFILE ? DESCRIPTORS_MAX : UNLIMITED,
      );
    return new ClientProcess(name, pid, {
      table: new DescriptorTable(),
      space: new options.AddressSpace(options.pageBytes, options.pointerBytes),
      uid: 0,
      softLimits: limits(),
      hardLimits: limits(),
    });
  }

  /** fork(2): descriptors and mappings are copied, timers are not. */
  fork(name: string, pid: number): ClientProcess {
    return new ClientProcess(name, pid, {
      table: this.table.copy(),
      space: this.space.copy(),
      uid: this.uid,
      softLimits: [...this.softLimits],
      hardLimits: [...this.hardLimits],
    });
  }

  /** Allocations that fail on purpose in calls of one thread, by its number in the Program. */
  faultsOf(thread: number): AllocationFaults {
    const known = this.#faults.get(thread) ?? new AllocationFaults();
    this.#faults.set(thread, known);
    return known;
  }

  get pointerBytes(): 4 | 8 {
    return this.space.pointerBytes;
  }

  get alive(): boolean {
    return this.state === 'alive';
  }

  get descriptorLimit(): number {
    return Number(this.softLimits[RLIMIT_NOFILE]);
  }

  /** The status that wait(2) gives. */
  get waitStatus(): number {
    if (this.ending === undefined) return 0;
    return 'status' in this.ending ? this.ending.status << 8 : this.ending.signal;
  }

  /** close(2) of one descriptor; false when there is none. */
  closeDescriptor(number: number): boolean {
    const file = this.table.detach(number);
    if (file === undefined) return false;
    if (file.alive('filp_close')) {
      file.flush();
      file.put('fput');
    }
    return true;
  }

  /** Gives everything back, as the kernel does when a process ends: mappings first. */
  releaseAll(): void {
    this.space.clear();
    for (const number of this.table.numbers) this.closeDescriptor(number);
  }
}

/** Options that are the same for every process of a machine. */
export interface ProcessOptions {
  readonly pageBytes: number;
  readonly pointerBytes: 4 | 8;
  /** The class of address spaces. */
  readonly AddressSpace: typeof AddressSpace;
}

interface Inherited {
  readonly table: DescriptorTable;
  readonly space: AddressSpace;
  readonly uid: number;
  readonly softLimits: bigint[];
  readonly hardLimits: bigint[];
}
