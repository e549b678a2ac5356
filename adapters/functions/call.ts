import { machineError } from '../../base/errors.ts';
import { isErrnoWord } from '../contract/errno.ts';
import { linuxNumbers } from '../contract/linux-numbers.ts';
import { isValueKind, specOf } from '../contract/operation-meaning.ts';
import type { Argument } from '../contract/program.ts';
import type { Answer, CallReply } from '../interpreter/answer.ts';
import { type CallContext, ProgramCall } from '../interpreter/call.ts';
import type { SystemCall } from '../interpreter/pause.ts';
import { UserArgument } from '../interpreter/user-argument.ts';
import type { Mapped } from './calls.ts';
import { crashedIn } from './crashed-in.ts';
import { MEMORY_CALLS } from './memory-calls.ts';
import type { FunctionProcess, ProcessTable } from './process.ts';
import { PROCESS_CALLS } from './process-calls.ts';

const { MAP_PRIVATE } = linuxNumbers;

/** A target's function, without the types of its arguments. */
export type UntypedCall = (
  process: unknown,
  arguments_: Readonly<Record<string, unknown>>,
) => unknown;

/** The machine of a target made of functions, as a call sees it. */
interface CallMachine extends ProcessTable {
  readonly pageBytes: number;
  /** Whether mmap gives memory, and not addresses that only the target understands. */
  mapsMemory: boolean;
  /** The target's function for an operation. */
  functionOf(name: string): UntypedCall | undefined;
}

/** One operation under way, done by a function of the target or by what follows from it. */
export class FunctionCall extends ProgramCall<FunctionProcess<unknown>> {
  readonly machine: CallMachine;

  constructor(context: CallContext<FunctionProcess<unknown>>, machine: CallMachine) {
    super(context);
    this.machine = machine;
  }

  get process(): FunctionProcess<unknown> {
    return this.context.process;
  }

  override enter(): CallReply | SystemCall<CallReply> {
    const { op } = this.operation;
    const provided = PROCESS_CALLS[op];
    if (provided !== undefined) return provided(this);
    const own = this.machine.functionOf(op);
    if (own !== undefined) return this.#own(op, own);
    const access = this.machine.mapsMemory ? MEMORY_CALLS[op] : undefined;
    return access?.(this, this.process.mappings) ?? { unsupported: true };
  }

  #own(op: string, own: UntypedCall): CallReply {
    const given = this.#arguments();
    if (given === undefined) return { unsupported: true };
    let answer: unknown;
    try {
      answer = own(this.process.own, given);
    } catch (thrown) {
      throw crashedIn(op, thrown);
    }
    if (op === 'mmap' && isMapped(answer)) return this.#map(answer);
    if (op === 'mmap' && this.#isAddress(answer)) this.machine.mapsMemory = false;
    return this.#withArgument(replyOf(op, answer));
  }

  #isAddress(answer: unknown): boolean {
    return typeof answer === 'number' || typeof answer === 'bigint';
  }

  /** What the target holds for a mapping that cannot be made is given back at once. */
  #map(mapped: Mapped): CallReply {
    const aligned = this.word('offset') % BigInt(this.machine.pageBytes) === 0n;
    const { mappings } = this.process;
    const address = aligned
      ? mappings.map(this.#ownCopy(mapped), this.word('length'), this.uint('protection'))
      : 'EINVAL';
    if (typeof address === 'string') mapped.release?.();
    return address;
  }

  /** What is written to a private mapping is seen by nobody else. */
  #ownCopy(mapped: Mapped): Mapped {
    if ((this.uint('flags') & MAP_PRIVATE) === 0) return mapped;
    return { ...mapped, memory: mapped.memory.slice(), mayWrite: true };
  }

  /** The arguments by name, of which a command has 32 bits; undefined when it cannot be placed. */
  #arguments(): Readonly<Record<string, unknown>> | undefined {
    const values: Record<string, unknown> = {};
    for (const [name, kind] of Object.entries(specOf(this.operation.op).arguments)) {
      if (kind === 'descriptor') values[name] = this.int(name);
      else if (isValueKind(kind)) {
        values[name] = name === 'request' ? BigInt(this.uint(name)) : this.word(name);
      } else if (kind === 'argument') {
        const given = this.operation[name] as Argument;
        this.argument = UserArgument.place(given, this.machine.pageBytes, this.context.random);
        if (this.argument === undefined) return undefined;
        values[name] = this.argument;
      } else values[name] = this.operation[name];
    }
    return values;
  }

  /** The argument comes back as it is after the call, with what was written around it. */
  #withArgument(reply: CallReply): CallReply {
    if (this.argument === undefined) return reply;
    const answer: Answer = typeof reply === 'object' ? reply : { value: reply };
    const redZone = this.argument.touchedZones;
    const touched = redZone.length === 0 ? {} : { redZone };
    return { ...answer, out: this.argument.bytes, ...touched };
  }
}

const isMapped = (answer: unknown): answer is Mapped =>
  typeof answer === 'object' &&
  answer !== null &&
  (answer as Partial<Mapped>).memory instanceof Uint8Array;

/** What a function returned, as a reply. */
function replyOf(op: string, answer: unknown): CallReply {
  if (typeof answer === 'object' && answer !== null) {
    const { value, out } = answer as { value?: unknown; out?: unknown };
    const bytes = out instanceof Uint8Array ? { out } : {};
    return { value: numberOf(op, value), ...bytes };
  }
  return numberOf(op, answer);
}

function numberOf(op: string, value: unknown): Exclude<Answer['value'], undefined> {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  if (typeof value === 'string' && isErrnoWord(value)) return value;
  if (typeof value === 'string') {
    throw machineError(`${op} returned "${value}", which is not an errno that allocert knows`);
  }
  throw machineError(
    `${op} returned ${shown(value)}; the adapter's function must return a whole number, the name ` +
      'of an errno, or { value, out }',
  );
}

/** What a function returned, for a sentence; it may be anything. */
const shown = (value: unknown): string =>
  typeof value === 'number' || value === undefined || value === null
    ? String(value)
    : `a value of type ${typeof value}`;
