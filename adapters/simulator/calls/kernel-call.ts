import type { ErrnoName } from '../../contract/errno.ts';
import type { CallReply } from '../../interpreter/answer.ts';
import { type CallContext, ProgramCall } from '../../interpreter/call.ts';
import type { SystemCall } from '../../interpreter/pause.ts';
import type { AllocationFaults } from '../kernel/allocation-faults.ts';
import type { ClientProcess } from '../kernel/client-process.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Caller, DescriptorSlots, OpenFile } from '../kernel/open-file.ts';

/** Does one operation. Those that can be preempted are generators. */
export type Handler = (call: KernelCall) => CallReply | SystemCall<CallReply>;

/** A thread of a client, as an ioctl sees it. */
class CallingThread implements Caller {
  readonly faults: AllocationFaults;
  readonly #client: ClientProcess;

  constructor(client: ClientProcess, faults: AllocationFaults) {
    this.#client = client;
    this.faults = faults;
  }

  get table(): DescriptorSlots {
    return this.#client.table;
  }
  get descriptorLimit(): number {
    return this.#client.descriptorLimit;
  }
  get pointerBytes(): 4 | 8 {
    return this.#client.pointerBytes;
  }
}

/** One system call under way. */
export class KernelCall extends ProgramCall<ClientProcess> {
  readonly kernel: Kernel;
  readonly #handler: Handler | undefined;

  constructor(context: CallContext<ClientProcess>, kernel: Kernel, handler: Handler | undefined) {
    super(context);
    this.kernel = kernel;
    this.#handler = handler;
  }

  override enter(): CallReply | SystemCall<CallReply> {
    this.faults.enter();
    return this.#handler?.(this) ?? { unsupported: true };
  }

  get client(): ClientProcess {
    return this.context.process;
  }

  /** Allocations that fail on purpose in calls of this thread. */
  get faults(): AllocationFaults {
    return this.client.faultsOf(this.context.thread);
  }

  get caller(): Caller {
    return new CallingThread(this.client, this.faults);
  }

  /** The file at a descriptor, O_PATH or not; EBADF when there is none. */
  anyFile(name = 'fd'): OpenFile | 'EBADF' {
    const file = this.client.table.at(this.int(name));
    if (file === undefined || !file.alive('__fget_files')) return 'EBADF';
    return file;
  }

  /** The file at a descriptor that can be worked with. */
  file(name = 'fd'): OpenFile | 'EBADF' {
    const file = this.anyFile(name);
    return file === 'EBADF' || file.pathOnly ? 'EBADF' : file;
  }

  /** Keeps a file while the call works with it. */
  fget(file: OpenFile): void {
    file.hold('__fget_files');
  }

  /** Gives back what {@link fget} took. */
  fput(file: OpenFile): void {
    file.put('fput');
  }

  /** Gives a file, whose reference it takes over, the lowest free descriptor from `from` on. */
  install(file: OpenFile, closeOnExec: boolean, from = 0): bigint | ErrnoName {
    const { table, descriptorLimit } = this.client;
    const number = this.faults.fails()
      ? 'ENOMEM'
      : table.reserve(descriptorLimit, closeOnExec, from);
    if (typeof number === 'string') {
      file.put('fput');
      return number;
    }
    table.install(number, file);
    return BigInt(number);
  }
}
