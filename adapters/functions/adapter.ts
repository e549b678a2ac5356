import { usageError } from '../../base/errors.ts';
import type { History } from '../contract/history.ts';
import { NameTable } from '../contract/names.ts';
import { type Capability, OPERATION_ROWS, type OperationName } from '../contract/operations.ts';
import type { Program } from '../contract/program.ts';
import type { Adapter, Session, TargetFacts } from '../contract/session.ts';
import { execute } from '../interpreter/execution.ts';
import { SlotResults } from '../interpreter/slots.ts';
import type { Machine, SyscallTarget } from './calls.ts';
import { FunctionMachine } from './machine.ts';
import { MEMORY_CALLS } from './memory-calls.ts';
import { PROCESS_CALLS } from './process-calls.ts';

const PAGE_BYTES = 4096;

/**
 * An adapter for a target in this process: the author gives functions for some system calls, and
 * gets Sessions. Processes, threads (they take turns), slots, `repeat`, placements of arguments,
 * the clock and, where mmap answers with memory, every access to it are seen to. An operation that
 * has no function is `unsupported`, so cases that need it are skipped with a reason.
 *
 * @typeParam P what the author keeps of a process
 */
export function adapterFromSyscalls<P>(target: SyscallTarget<P>): Adapter {
  return {
    url: target.url,
    open: async () => {
      const machine = target.start() as Machine<unknown>;
      refuseStrangers(machine);
      return new FunctionSession(target, machine);
    },
    close: async () => {},
  };
}

class FunctionSession implements Session {
  readonly facts: TargetFacts;
  readonly #machine: FunctionMachine;
  #names = new NameTable();
  #slots = new SlotResults();

  constructor(target: Omit<SyscallTarget<never>, 'start'>, machine: Machine<unknown>) {
    const pageSize = target.pageSize ?? PAGE_BYTES;
    this.#machine = new FunctionMachine(machine, pageSize);
    this.facts = {
      kind: 'module',
      implementation: target.implementation,
      architecture: target.architecture ?? 'x86_64',
      pageSize,
      pointerBytes: 8,
      regions: target.regions,
      capabilities: capabilitiesOf(machine),
      kernelLog: false,
      details: target.details ?? {},
    };
  }

  async begin(_caseId: string): Promise<void> {
    this.#machine.startMain();
    this.#names = new NameTable();
    this.#slots = new SlotResults();
  }

  async run(program: Program): Promise<History> {
    return execute(program, this.#machine, { names: this.#names, slots: this.#slots });
  }

  async close(): Promise<void> {
    this.#machine.startMain();
  }
}

/** A group counts as offered when any of its operations is there. */
function capabilitiesOf(machine: Machine<unknown>): Capability[] {
  const offers = (name: OperationName): boolean =>
    name in machine.calls ||
    name in PROCESS_CALLS ||
    (machine.calls.mmap !== undefined && name in MEMORY_CALLS);
  const offered = OPERATION_ROWS.filter(([name]) => offers(name));
  return [...new Set(offered.map(([, spec]) => spec.capability))];
}

/** A misspelt name would otherwise be a function that nothing ever calls. */
function refuseStrangers({ calls }: Machine<unknown>): void {
  const known = OPERATION_ROWS.map(([name]) => name).filter(
    (name) => name !== 'repeat' && !(name in PROCESS_CALLS),
  );
  const stranger = Object.keys(calls).find((name) => !known.some((one) => one === name));
  if (stranger === undefined) return;
  throw usageError(`calls has no place for "${stranger}"; there can be ${known.join(', ')}`);
}
