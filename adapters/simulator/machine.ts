import type { OperationName } from '../contract/operations.ts';
import { SIGNALS } from '../contract/signals.ts';
import type { CallContext } from '../interpreter/call.ts';
import type { Clock } from '../interpreter/clock.ts';
import type { ProgramMachine } from '../interpreter/machine.ts';
import type { Random } from '../interpreter/random.ts';
import { PctScheduler, RandomScheduler, type Scheduler } from '../interpreter/scheduler.ts';
import { Call, type Handler } from './calls/call.ts';
import { HANDLERS } from './calls/index.ts';
import type { Client } from './kernel/client.ts';
import type { Kernel } from './kernel/kernel.ts';

/** `repeat` is the interpreter's own affair. */
const handlers: Readonly<Partial<Record<OperationName, Handler>>> = HANDLERS;

/** The simulated kernel, as the interpreter sees it. */
export class SimulatedMachine implements ProgramMachine<Client> {
  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  get clock(): Clock {
    return this.#kernel.clock;
  }
  get seed(): bigint {
    return this.#kernel.options.seed;
  }

  scheduler(random: Random): Scheduler {
    const { schedule, depth } = this.#kernel.options;
    const byPriority = schedule === 'both' ? random.below(2) === 0 : schedule === 'pct';
    return byPriority ? new PctScheduler(random, depth) : new RandomScheduler(random);
  }

  process(name: string): Client | undefined {
    return this.#kernel.client(name);
  }

  call(context: CallContext<Client>): Call {
    return new Call(context, this.#kernel, handlers[context.operation.op]);
  }

  left(client: Client): void {
    this.#kernel.reapIfIdle(client);
  }

  expire(client: Client): void {
    this.#kernel.kill(client, { signal: SIGNALS.SIGKILL }, 'deadline');
  }

  take(): ReturnType<ProgramMachine<Client>['take']> {
    const { log } = this.#kernel;
    return { deaths: this.#kernel.takeDeaths(), log: log.take(), taint: log.taint };
  }
}
