import type { OperationName } from '../contract/operations.ts';
import { SIGNALS } from '../contract/signals.ts';
import type { CallContext } from '../interpreter/call.ts';
import type { Clock } from '../interpreter/clock.ts';
import type { ProgramMachine } from '../interpreter/machine.ts';
import type { Random } from '../interpreter/random.ts';
import { PctScheduler, RandomScheduler, type Scheduler } from '../interpreter/scheduler.ts';
import type { Handler, KernelCall } from './calls/kernel-call.ts';
import type { Parts } from './defects/parts.ts';
import type { ClientProcess } from './kernel/client-process.ts';
import type { Kernel } from './kernel/kernel.ts';
import type { SimulatorOptions } from './options.ts';

/** Boots the kernel that a URL asks for, with its regions and their devices. */
export function bootKernel(options: SimulatorOptions, parts: Parts): Kernel {
  const { AddressSpace, AllocatorDevices, Kernel } = parts;
  const { pageBytes, pointerBytes, quarantineBytes, showsFrames } = options;
  return new Kernel(
    { pageBytes, pointerBytes, quarantineBytes, showsFrames, AddressSpace },
    (host) => new AllocatorDevices(options, parts, host),
  );
}

/** The simulated kernel, as the interpreter sees it. */
export class SimulatedMachine implements ProgramMachine<ClientProcess> {
  readonly kernel: Kernel;
  readonly #options: SimulatorOptions;
  readonly #KernelCall: typeof KernelCall;
  /** `repeat` has none: it is the interpreter's own affair. */
  readonly #handlers: Readonly<Partial<Record<OperationName, Handler>>>;

  constructor(options: SimulatorOptions, parts: Parts) {
    this.kernel = bootKernel(options, parts);
    this.#options = options;
    this.#KernelCall = parts.KernelCall;
    this.#handlers = parts.HANDLERS;
  }

  get clock(): Clock {
    return this.kernel.clock;
  }
  get seed(): bigint {
    return this.#options.seed;
  }

  scheduler(random: Random): Scheduler {
    const { schedule, depth } = this.#options;
    const byPriority = schedule === 'both' ? random.below(2) === 0 : schedule === 'pct';
    return byPriority ? new PctScheduler(random, depth) : new RandomScheduler(random);
  }

  process(name: string): ClientProcess | undefined {
    return this.kernel.client(name);
  }

  call(context: CallContext<ClientProcess>): KernelCall {
    return new this.#KernelCall(context, this.kernel, this.#handlers[context.operation.op]);
  }

  left(client: ClientProcess): void {
    this.kernel.reapIfIdle(client);
  }

  expire(client: ClientProcess): void {
    this.kernel.kill(client, { signal: SIGNALS.SIGKILL }, 'deadline');
  }

  take(): ReturnType<ProgramMachine<ClientProcess>['take']> {
    const { log } = this.kernel;
    return { deaths: this.kernel.takeDeaths(), log: log.take(), taint: log.taint };
  }
}
