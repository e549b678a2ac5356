import type { History } from '../../contract/history.ts';
import type { NameTable } from '../../contract/names.ts';
import type { Program } from '../../contract/program.ts';
import type { Call } from '../calls/call.ts';
import type { Kernel } from '../kernel.ts';
import type { Pause } from '../pause.ts';
import { Random } from '../random.ts';
import { compile } from './compile.ts';
import { type Scheduler, schedulerFor } from './scheduler.ts';
import type { Slots } from './slots.ts';
import { ProgramThread, type ThreadSurroundings, threadOf } from './thread.ts';

const NANOSECONDS = 1_000_000n;
const SIGKILL = 9;

/** What outlives a Program. */
export interface Machine {
  readonly kernel: Kernel;
  readonly names: NameTable;
  readonly slots: Slots;
}

/** A thread under way. */
interface Running {
  readonly thread: ProgramThread;
  readonly steps: Generator<Pause, void, void>;
  /** Where it stands. */
  pause: Pause;
}

/**
 * Runs a Program to its end.
 *
 * @throws AllocertError when it refers to slots that nothing has filled
 */
export function execute(program: Program, machine: Machine): History {
  return new Execution(program, machine).history();
}

class Execution {
  readonly #kernel: Kernel;
  readonly #scheduler: Scheduler;
  readonly #threads: readonly ProgramThread[];
  readonly #deadline: bigint;
  #deadlineHit = false;

  constructor(program: Program, machine: Machine) {
    const { kernel, names, slots } = machine;
    const random = new Random(program.seed ?? kernel.options.seed);
    this.#kernel = kernel;
    this.#scheduler = schedulerFor(kernel.options, random);
    this.#deadline = kernel.clock.now + BigInt(program.deadlineMs) * NANOSECONDS;
    const around: ThreadSurroundings = {
      kernel,
      random,
      slots,
      barriers: new Map(),
      preemptible: program.threads.length > 1,
      stopOthers: (call) => this.#stopOthers(call),
      checkDeadline: () => this.#checkDeadline(),
    };
    const compiled = program.threads.map(({ operations }) => compile(operations, names));
    this.#threads = program.threads.map(
      ({ client }, index) =>
        new ProgramThread(index, kernel.client(client), compiled[index] ?? [], around),
    );
  }

  history(): History {
    const { log } = this.#kernel;
    // What was printed before belongs to no Program.
    log.take();
    this.#kernel.takeDeaths();
    this.#run();
    return {
      threads: this.#threads.map(({ results }) => results),
      deaths: this.#kernel.takeDeaths(),
      log: log.take(),
      taint: log.taint,
      deadlineHit: this.#deadlineHit,
    };
  }

  #run(): void {
    let running: Running[] = this.#threads.map((thread) => ({
      thread,
      steps: thread.run(),
      pause: 'start',
    }));
    while (running.length > 0) {
      const ready = running.filter(({ pause }) => this.#isReady(pause));
      const chosen = this.#choose(ready);
      if (chosen === undefined) {
        this.#letTimePass(running);
        continue;
      }
      const step = chosen.steps.next();
      if (step.done === true) running = running.filter((one) => one !== chosen);
      else chosen.pause = step.value;
    }
  }

  #isReady(pause: Pause): boolean {
    if (typeof pause === 'string') return true;
    return pause.ready() || (pause.wakeAt !== undefined && pause.wakeAt <= this.#kernel.clock.now);
  }

  #choose(ready: readonly Running[]): Running | undefined {
    if (ready.length < 2) return ready[0];
    const candidates = ready.map(({ thread, pause }) => ({
      index: thread.index,
      point: typeof pause === 'string' ? pause : 'woken',
    }));
    return ready[this.#scheduler.choose(candidates)];
  }

  /** Nobody can run: the clock goes to the first instant at which somebody can. */
  #letTimePass(running: readonly Running[]): void {
    let next = this.#deadline + 1n;
    for (const { pause } of running) {
      if (typeof pause === 'string' || pause.wakeAt === undefined) continue;
      if (pause.wakeAt < next) next = pause.wakeAt;
    }
    this.#kernel.clock.advanceTo(next);
    this.#checkDeadline();
  }

  #checkDeadline(): void {
    if (this.#deadlineHit || this.#kernel.clock.now <= this.#deadline) return;
    this.#deadlineHit = true;
    for (const { client, finished } of this.#threads) {
      if (client !== undefined && !finished)
        this.#kernel.kill(client, { signal: SIGKILL }, 'deadline');
    }
  }

  #stopOthers(call: Call): void {
    const caller = threadOf(call);
    for (const thread of this.#threads) {
      if (thread !== caller && thread.client === call.client) thread.stopped = true;
    }
  }
}
