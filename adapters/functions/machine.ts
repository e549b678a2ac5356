import type { Death } from '../contract/history.ts';
import { SIGNALS, signalName } from '../contract/signals.ts';
import type { CallContext } from '../interpreter/call.ts';
import { Clock } from '../interpreter/clock.ts';
import type { ProgramMachine } from '../interpreter/machine.ts';
import { RoundRobin } from '../interpreter/scheduler.ts';
import { FunctionCall, type UntypedCall } from './call.ts';
import type { Machine } from './calls.ts';
import { crashedIn } from './crashed-in.ts';
import { Mappings } from './mappings.ts';
import { FunctionProcess, type ProcessEnding } from './process.ts';

const FIRST_PID = 100;

/** A target's functions as a machine that the interpreter runs Programs on. */
export class FunctionMachine implements ProgramMachine<FunctionProcess<unknown>> {
  readonly clock = new Clock();
  readonly seed = 0n;
  readonly pageBytes: number;
  /** Whether mmap gives memory, and not addresses that only the target understands. */
  mapsMemory: boolean;
  readonly #machine: Machine<unknown>;
  readonly #processes = new Map<string, FunctionProcess<unknown>>();
  #deaths: Death[] = [];
  #nextPid = FIRST_PID;

  constructor(machine: Machine<unknown>, pageBytes: number) {
    this.#machine = machine;
    this.pageBytes = pageBytes;
    this.mapsMemory = machine.calls.mmap !== undefined;
    this.startMain();
  }

  /** The target's function for an operation. */
  functionOf(name: string): UntypedCall | undefined {
    const calls = this.#machine.calls as Readonly<Record<string, UntypedCall | undefined>>;
    return calls[name];
  }

  /** Ends every process and starts `main` anew. */
  startMain(): void {
    this.#endAll();
    const own = told('process', () => this.#machine.process(undefined));
    const mappings = new Mappings(this.pageBytes);
    this.#processes.set('main', new FunctionProcess('main', this.#nextPid++, own, mappings));
    this.#deaths = [];
  }

  #endAll(): void {
    for (const process of this.#processes.values()) {
      process.callsInside = 0;
      this.kill(process, { signal: SIGNALS.SIGKILL }, 'own');
      this.left(process);
    }
    this.#processes.clear();
  }

  process(name: string): FunctionProcess<unknown> | undefined {
    return this.#processes.get(name);
  }

  fork(parent: FunctionProcess<unknown>, name: string): FunctionProcess<unknown> {
    const own = told('process', () => this.#machine.process(parent.own));
    const child = new FunctionProcess(name, this.#nextPid++, own, parent.mappings.copy());
    this.#processes.set(name, child);
    return child;
  }

  /** Ends a process, at once or when its last thread leaves its call. */
  kill(process: FunctionProcess<unknown>, ending: ProcessEnding, reason: Death['reason']): void {
    if (!process.alive) return;
    process.state = 'dying';
    process.ending = ending;
    this.#deaths.push({
      client: process.name,
      ...('status' in ending ? { status: ending.status } : { signal: signalName(ending.signal) }),
      reason,
    });
    this.left(process);
  }

  left(process: FunctionProcess<unknown>): void {
    if (process.state !== 'dying' || process.callsInside > 0) return;
    process.state = 'dead';
    process.mappings.clear();
    told('end', () => this.#machine.end?.(process.own));
  }

  expire(process: FunctionProcess<unknown>): void {
    this.kill(process, { signal: SIGNALS.SIGKILL }, 'deadline');
  }

  scheduler(): RoundRobin {
    return new RoundRobin();
  }

  call(context: CallContext<FunctionProcess<unknown>>): FunctionCall {
    return new FunctionCall(context, this);
  }

  take(): ReturnType<ProgramMachine<FunctionProcess<unknown>>['take']> {
    const deaths = this.#deaths;
    this.#deaths = [];
    return { deaths, log: [] };
  }
}

function told<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    throw crashedIn(name, thrown);
  }
}
