import type { History } from '../contract/history.ts';
import type { NameTable } from '../contract/names.ts';
import type { Program } from '../contract/program.ts';
import { compile } from './compile.ts';
import type { ProgramMachine } from './machine.ts';
import type { Pause } from './pause.ts';
import type { Process } from './process.ts';
import { Random } from './random.ts';
import type { RunnableThread, Scheduler } from './scheduler.ts';
import type { SlotResults } from './slots.ts';
import { ProgramThread, type ThreadSurroundings } from './thread.ts';

const NANOSECONDS = 1_000_000n;

/** What outlives a Program. */
export interface Memory {
  readonly names: NameTable;
  readonly slots: SlotResults;
}

/** A thread under way, as the scheduler sees it too. */
interface Running<P extends Process> extends RunnableThread {
  readonly thread: ProgramThread<P>;
  readonly steps: Generator<Pause, void, void>;
  /** Where it stands, and that in a word. */
  pause: Pause;
  point: string;
}

/**
 * Runs a Program to its end.
 *
 * @throws AllocertError when it refers to slots that nothing has filled
 */
export function execute<P extends Process>(
  program: Program,
  machine: ProgramMachine<P>,
  memory: Memory,
): History {
  return new Execution(program, machine, memory).history();
}

class Execution<P extends Process> {
  readonly #machine: ProgramMachine<P>;
  readonly #scheduler: Scheduler;
  readonly #threads: readonly ProgramThread<P>[];
  readonly #deadline: bigint;
  #deadlineHit = false;

  constructor(program: Program, machine: ProgramMachine<P>, { names, slots }: Memory) {
    const random = new Random(program.seed ?? machine.seed);
    this.#machine = machine;
    this.#scheduler = machine.scheduler(random);
    this.#deadline = machine.clock.now + BigInt(program.deadlineMs) * NANOSECONDS;
    const around: ThreadSurroundings<P> = {
      machine,
      random,
      slots,
      barriers: new Map(),
      preemptible: program.threads.length > 1,
      stopOthers: (caller) => this.#stopOthers(caller),
      checkDeadline: () => this.#checkDeadline(),
    };
    const compiled = program.threads.map(({ operations }) => compile(operations, names));
    this.#threads = program.threads.map(
      ({ client }, index) =>
        new ProgramThread(index, machine.process(client), compiled[index] ?? [], around),
    );
  }

  history(): History {
    // What was printed before belongs to no Program.
    this.#machine.take();
    this.#run();
    return {
      threads: this.#threads.map(({ results }) => results),
      ...this.#machine.take(),
      deadlineHit: this.#deadlineHit,
    };
  }

  #run(): void {
    let running: Running<P>[] = this.#threads.map((thread) => ({
      thread,
      steps: thread.run(),
      index: thread.index,
      point: 'start',
      pause: 'start',
    }));
    const ready: Running<P>[] = [];
    while (running.length > 0) {
      ready.length = 0;
      for (const one of running) if (this.#isReady(one.pause)) ready.push(one);
      const chosen = ready.length < 2 ? ready[0] : ready[this.#scheduler.choose(ready)];
      if (chosen === undefined) {
        this.#letTimePass(running);
        continue;
      }
      const { done, value } = chosen.steps.next();
      if (done === true) running = running.filter((one) => one !== chosen);
      else {
        chosen.pause = value;
        chosen.point = typeof value === 'string' ? value : 'woken';
      }
    }
  }

  #isReady(pause: Pause): boolean {
    if (typeof pause === 'string') return true;
    return pause.ready() || (pause.wakeAt !== undefined && pause.wakeAt <= this.#machine.clock.now);
  }

  /** Nobody can run: the clock goes to the first instant at which somebody can. */
  #letTimePass(running: readonly Running<P>[]): void {
    let next = this.#deadline + 1n;
    for (const { pause } of running) {
      if (typeof pause === 'string' || pause.wakeAt === undefined) continue;
      if (pause.wakeAt < next) next = pause.wakeAt;
    }
    this.#machine.clock.advanceTo(next);
    this.#checkDeadline();
  }

  #checkDeadline(): void {
    if (this.#deadlineHit || this.#machine.clock.now <= this.#deadline) return;
    this.#deadlineHit = true;
    for (const { process, finished } of this.#threads) {
      if (process !== undefined && !finished) this.#machine.expire(process);
    }
  }

  #stopOthers(caller: ProgramThread<P>): void {
    for (const thread of this.#threads) {
      if (thread !== caller && thread.process === caller.process) thread.stopped = true;
    }
  }
}
