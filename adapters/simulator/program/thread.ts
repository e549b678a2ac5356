import { type Result, succeeded } from '../../contract/history.ts';
import type { UntypedOperation } from '../../contract/program.ts';
import { type Answer, Call, type Reply, type Surroundings } from '../calls/call.ts';
import type { Client } from '../client.ts';
import type { Pause, SystemCall } from '../pause.ts';
import type { CompiledOperation, Loop } from './compile.ts';
import type { Slots } from './slots.ts';
import { NOT_RUN, Tallies } from './tally.ts';

const NO_BYTES = new Uint8Array(0);

/** What the threads of one Program share. */
export interface ThreadSurroundings extends Surroundings {
  readonly slots: Slots;
  /** Whether other threads may run at preemption points; a single thread runs straight through. */
  readonly preemptible: boolean;
  /** Ends the Program when its time is up. */
  checkDeadline(): void;
}

/** An operation's call on behalf of a thread. */
class ThreadCall extends Call {
  readonly thread: ProgramThread;
  readonly #compiled: CompiledOperation;
  readonly #iteration: number;
  readonly #slots: Slots;

  constructor(thread: ProgramThread, client: Client, compiled: CompiledOperation, index: number) {
    super(client, compiled.operation as UntypedOperation, thread.around);
    this.thread = thread;
    this.#compiled = compiled;
    this.#iteration = index;
    this.#slots = thread.around.slots;
  }

  override word(name: string): bigint {
    return this.#slots.value(this.#compiled.operands[name] ?? 0n, this.#iteration);
  }

  override get ending(): boolean {
    return !this.thread.runs;
  }
}

/** The thread that makes a call. */
export const threadOf = (call: Call): ProgramThread | undefined =>
  call instanceof ThreadCall ? call.thread : undefined;

/** One thread of a Program: runs its operations and keeps their results. */
export class ProgramThread {
  readonly index: number;
  readonly client: Client | undefined;
  readonly around: ThreadSurroundings;
  readonly results: Result[] = [];
  readonly #operations: readonly CompiledOperation[];
  /** Set when another thread of its client went through exec. */
  stopped = false;
  /** Set once every operation has its result. */
  finished = false;

  constructor(
    index: number,
    client: Client | undefined,
    operations: readonly CompiledOperation[],
    around: ThreadSurroundings,
  ) {
    this.index = index;
    this.client = client;
    this.#operations = operations;
    this.around = around;
  }

  /** Whether the thread goes on. */
  get runs(): boolean {
    return !this.stopped && this.client?.alive === true;
  }

  /** Runs everything; yields wherever another thread may run. */
  *run(): Generator<Pause, void, void> {
    for (const operation of this.#operations) {
      this.results.push(yield* this.#operate(operation, 0, undefined));
    }
    this.finished = true;
  }

  *#operate(
    operation: CompiledOperation,
    iteration: number,
    tallies: Tallies | undefined,
  ): Generator<Pause, Result, void> {
    this.around.checkDeadline();
    if (this.client === undefined || !this.runs) return NOT_RUN;
    const { loop } = operation;
    const result =
      loop === undefined
        ? yield* this.#call(operation, this.client, iteration)
        : yield* this.#repeat(loop, tallies);
    if (operation.slot !== undefined) this.around.slots.store(operation.slot, iteration, result);
    tallies?.add(operation, result);
    return result;
  }

  *#call(
    operation: CompiledOperation,
    client: Client,
    iteration: number,
  ): Generator<Pause, Result, void> {
    const { kernel, preemptible } = this.around;
    if (preemptible) yield 'call';
    if (!this.runs) return NOT_RUN;
    const call = kernel.clock.tick();
    client.callsInside += 1;
    if (preemptible) yield 'call.entered';
    const reply = yield* this.#enter(operation, client, iteration);
    if (preemptible) yield 'call.leaving';
    client.callsInside -= 1;
    kernel.reapIfIdle(client);
    if (!this.runs && operation.operation.op !== 'exit') {
      return { outcome: 'lost', value: -1n, out: NO_BYTES, call };
    }
    return resultOf(reply, call, kernel.clock.tick());
  }

  /** Runs a system call, keeping preemption points to itself where nobody else could run. */
  *#enter(operation: CompiledOperation, client: Client, iteration: number): SystemCall<Reply> {
    const { handler } = operation;
    if (handler === undefined) return { unsupported: true };
    const call = new ThreadCall(this, client, operation, iteration);
    const reply = handler(call);
    if (typeof reply !== 'object' || !('next' in reply)) return reply;
    for (;;) {
      const step = reply.next();
      if (step.done === true) return step.value;
      call.argument?.flip();
      if (this.around.preemptible || typeof step.value !== 'string') yield step.value;
    }
  }

  *#repeat(loop: Loop, outer: Tallies | undefined): Generator<Pause, Result, void> {
    const { clock } = this.around.kernel;
    const tallies = outer ?? new Tallies(loop.body);
    const call = clock.tick();
    let whole = 0;
    while (whole < loop.times) {
      const ended = yield* this.#iterate(loop, whole, tallies);
      if (ended !== 'early') whole += 1;
      if (ended !== 'whole') break;
    }
    const steps = outer === undefined ? { steps: tallies.steps } : {};
    if (!this.runs) return { outcome: 'lost', value: -1n, out: NO_BYTES, call, ...steps };
    return { ...resultOf(BigInt(whole), call, clock.tick()), ...steps };
  }

  /** One iteration: whether it was whole, whole and the last, or ended before its end. */
  *#iterate(
    loop: Loop,
    iteration: number,
    tallies: Tallies,
  ): Generator<Pause, 'whole' | 'last' | 'early', void> {
    let result = NOT_RUN;
    for (const operation of loop.body) {
      result = yield* this.#operate(operation, iteration, tallies);
      if (!this.runs) return 'early';
      if (loop.stop === 'failure' && !succeeded(result)) return 'early';
    }
    return loop.stop === 'success' && succeeded(result) ? 'last' : 'whole';
  }
}

/** A reply as it is recorded. */
function resultOf(reply: Reply, call: bigint, returned: bigint): Result {
  const answer: Answer = typeof reply === 'object' ? reply : { value: reply };
  const { value = -1n, out = NO_BYTES, signal, faultOffset, redZone } = answer;
  const rest = { out, call, return: returned };
  if (answer.unsupported === true) return { outcome: 'unsupported', value: -1n, ...rest };
  if (signal !== undefined) {
    const offset = faultOffset === undefined ? {} : { faultOffset };
    return { outcome: 'faulted', signal, value: -1n, ...rest, ...offset };
  }
  return {
    outcome: 'returned',
    ...(typeof value === 'string'
      ? { errno: value, value: -1n }
      : { value: BigInt.asIntN(64, value) }),
    ...rest,
    ...(redZone === undefined ? {} : { redZone }),
  };
}
