import type { Death } from '../contract/history.ts';
import type { Process, Timer } from '../interpreter/process.ts';
import type { Mappings } from './mappings.ts';

/** How a process ended: with an exit status, or by a signal. */
export type ProcessEnding = { readonly status: number } | { readonly signal: number };

/** The processes of a target made of functions, for the calls that change them. */
export interface ProcessTable {
  process(name: string): FunctionProcess<unknown> | undefined;
  fork(parent: FunctionProcess<unknown>, name: string): FunctionProcess<unknown>;
  /** Ends a process, at once or when its last thread leaves its call. */
  kill(process: FunctionProcess<unknown>, ending: ProcessEnding, reason: Death['reason']): void;
}

/** A process of a target made of functions; `own` is the target's. */
export class FunctionProcess<P> implements Process {
  readonly name: string;
  readonly pid: number;
  readonly own: P;
  readonly mappings: Mappings;
  timer: Timer | undefined;
  /** `dying` while a thread of it is still in a call. */
  state: 'alive' | 'dying' | 'dead' = 'alive';
  ending: ProcessEnding = { status: 0 };
  callsInside = 0;

  constructor(name: string, pid: number, own: P, mappings: Mappings) {
    this.name = name;
    this.pid = pid;
    this.own = own;
    this.mappings = mappings;
  }

  get alive(): boolean {
    return this.state === 'alive';
  }

  /** The status that wait(2) gives. */
  get waitStatus(): number {
    return 'status' in this.ending ? this.ending.status << 8 : this.ending.signal;
  }
}
