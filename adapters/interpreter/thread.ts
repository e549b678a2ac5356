import { type Result, succeeded } from '../contract/history.ts';
import type { UntypedOperation } from '../contract/program.ts';
import { type CallReply, lostSince, resultOf } from './answer.ts';
import type { Barriers, CallContext } from './call.ts';
import type { Clock } from './clock.ts';
import type { CompiledOperation, Loop } from './compile.ts';
import type { ProgramMachine } from './machine.ts';
import type { Pause } from './pause.ts';
import type { Process } from './process.ts';
import type { Random } from './random.ts';
import type { SlotResults } from './slots.ts';
import { NOT_RUN_RESULT, Tallies } from './tally.ts';

/** What the threads of one Program share. */
export interface ThreadSurroundings<P extends Process> {
  readonly machine: ProgramMachine<P>;
  readonly random: Random;
  readonly slots: SlotResults;
  readonly barriers: Barriers;
  /** Whether other threads may run at preemption points; a single thread runs straight through. */
  readonly preemptible: boolean;
  /** Ends the Program when its time is up. */
  checkDeadline(): void;
  /** Ends the other threads of a thread's process. */
  stopOthers(caller: ProgramThread<P>): void;
}

/** An operation on behalf of a thread. */
class ThreadCall<P extends Process> implements CallContext<P> {
  readonly process: P;
  readonly #thread: ProgramThread<P>;
  readonly #compiled: CompiledOperation;
  readonly #iteration: number;

  constructor(thread: ProgramThread<P>, process: P, compiled: CompiledOperation, index: number) {
    this.process = process;
    this.#thread = thread;
    this.#compiled = compiled;
    this.#iteration = index;
  }

  get operation(): UntypedOperation {
    return this.#compiled.operation;
  }
  get thread(): number {
    return this.#thread.index;
  }
  get clock(): Clock {
    return this.#thread.around.machine.clock;
  }
  get random(): Random {
    return this.#thread.around.random;
  }
  get barriers(): Barriers {
    return this.#thread.around.barriers;
  }
  get ending(): boolean {
    return !this.#thread.runs;
  }

  word(name: string): bigint {
    return this.#thread.around.slots.value(this.#compiled.operands[name] ?? 0n, this.#iteration);
  }

  stopOthers(): void {
    this.#thread.around.stopOthers(this.#thread);
  }
}

/** One thread of a Program: runs its operations and keeps their results. */
export class ProgramThread<P extends Process> {
  readonly index: number;
  readonly process: P | undefined;
  readonly around: ThreadSurroundings<P>;
  readonly results: Result[] = [];
  readonly #operations: readonly CompiledOperation[];
  /** Set when another thread of its process went through exec. */
  stopped = false;
  /** Set once every operation has its result. */
  finished = false;

  constructor(
    index: number,
    process: P | undefined,
    operations: readonly CompiledOperation[],
    around: ThreadSurroundings<P>,
  ) {
    this.index = index;
    this.process = process;
    this.#operations = operations;
    this.around = around;
  }

  /** Whether the thread goes on. */
  get runs(): boolean {
    return !this.stopped && this.process?.alive === true;
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
    const { around, process } = this;
    around.checkDeadline();
    if (process === undefined || !this.runs) return NOT_RUN_RESULT;
    const { loop, slot } = operation;
    const result =
      loop === undefined
        ? yield* this.#call(operation, process, iteration)
        : yield* this.#repeat(loop, tallies);
    if (slot !== undefined) around.slots.store(slot, iteration, result);
    tallies?.add(operation, result);
    return result;
  }

  /** Runs a system call, keeping its preemption points to itself where nobody else could run. */
  *#call(
    operation: CompiledOperation,
    process: P,
    iteration: number,
  ): Generator<Pause, Result, void> {
    const { machine, preemptible } = this.around;
    if (preemptible) yield 'call';
    if (!this.runs) return NOT_RUN_RESULT;
    const call = machine.clock.tick();
    process.callsInside += 1;
    if (preemptible) yield 'call.entered';
    const entered = machine.call(new ThreadCall(this, process, operation, iteration));
    let reply = entered.enter();
    // Driven here and not by `yield*`: a generator in between is as dear as a short call.
    while (typeof reply === 'object' && 'next' in reply) {
      const step = reply.next();
      if (step.done === true) {
        reply = step.value;
        break;
      }
      entered.argument?.flip();
      if (preemptible || typeof step.value !== 'string') yield step.value;
    }
    if (preemptible) yield 'call.leaving';
    process.callsInside -= 1;
    machine.left(process);
    if (!this.runs && operation.operation.op !== 'exit') return lostSince(call);
    return resultOf(reply as CallReply, call, machine.clock.tick());
  }

  *#repeat(loop: Loop, outer: Tallies | undefined): Generator<Pause, Result, void> {
    const { clock } = this.around.machine;
    const tallies = outer ?? new Tallies(loop.body);
    const call = clock.tick();
    let whole = 0;
    while (whole < loop.times) {
      const ended = yield* this.#iterate(loop, whole, tallies);
      if (ended !== 'early') whole += 1;
      if (ended !== 'whole') break;
    }
    const steps = outer === undefined ? { steps: tallies.steps } : {};
    if (!this.runs) return { ...lostSince(call), ...steps };
    return { ...resultOf(BigInt(whole), call, clock.tick()), ...steps };
  }

  /** One iteration: whether it was whole, whole and the last, or ended before its end. */
  *#iterate(
    loop: Loop,
    iteration: number,
    tallies: Tallies,
  ): Generator<Pause, 'whole' | 'last' | 'early', void> {
    let result = NOT_RUN_RESULT;
    for (const operation of loop.body) {
      result = yield* this.#operate(operation, iteration, tallies);
      if (!this.runs) return 'early';
      if (loop.stop === 'failure' && !succeeded(result)) return 'early';
    }
    return loop.stop === 'success' && succeeded(result) ? 'last' : 'whole';
  }
}
