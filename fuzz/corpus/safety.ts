import {
  canBeFailed,
  linux,
  type Operation,
  operationsWhere,
  type Program,
  specOf,
  type UntypedOperation,
} from '../../adapters/contract/index.ts';
import { fieldOf, readField } from '../../catalogue/abi-request.ts';
import {
  DEADLINE_MS,
  type GeneratorContext,
  isNothing,
  operationsIn,
  pagesAllowed,
  type Scenario,
} from '../generate/scenario.ts';
import { slotsAreSettled } from './slots.ts';

/** The limits of one scenario. */
export const OPERATIONS_MAX = 768;
export const PROGRAMS_MAX = 16;
export const THREADS_MAX = 6;

/** Whether an operation may be dropped, repeated and moved: it is one on buffers. */
export const isMovable = ({ op }: Operation): boolean => specOf(op).scenario === 'movable';

/** Descriptors that generators guess: behind the standard ones and the device. */
const GUESSES = { min: 4n, max: 6n };

/**
 * Whether a scenario that no generator vouches for may run here: one that was changed, or comes
 * from a folder. It ends all its clients, so that memory can be counted; waits for no client that
 * lives; names no descriptor or address but those that generators do; says what its slots are; lets
 * nothing fail but calls, and asks whether it did; and takes no more memory than it may.
 */
export function isSafe(context: GeneratorContext, scenario: Scenario): boolean {
  const { programs } = scenario;
  return (
    operationsIn(scenario) <= OPERATIONS_MAX &&
    programs.length <= PROGRAMS_MAX &&
    programs.every(
      ({ deadlineMs, threads }) => deadlineMs <= DEADLINE_MS && threads.length <= THREADS_MAX,
    ) &&
    operationsOf(programs).every((operation) => isPlain(context, operation)) &&
    mainKeepsOut(programs) &&
    clientsEnd(programs) &&
    endedClientsRest(programs) &&
    watchersAreAlone(programs) &&
    armsAreTaken(programs) &&
    slotsAreSettled(programs) &&
    isModest(context, programs)
  );
}

function operationsOf(programs: readonly Program[]): Operation[] {
  const all: Operation[] = [];
  for (const { threads } of programs) for (const one of threads) all.push(...one.operations);
  return all;
}

/** Documents that a client may read, about itself and about the machine. */
const DOCUMENTS: readonly string[] = [
  '/proc/meminfo',
  '/proc/self/fdinfo',
  '/sys/kernel/debug/cma',
];

/** The longest that a generator has a thread wait, while calls of another one go on. */
const PAUSE_MAX_US = 3000n;

function isPlain({ others, region }: GeneratorContext, operation: Operation): boolean {
  const { op } = operation;
  if (op === 'open') return [region, ...others].some(({ name }) => name === operation.file);
  if (op === 'readfile') return DOCUMENTS.includes(operation.document);
  if (op === 'sleep') {
    const { microseconds } = operation;
    return typeof microseconds === 'bigint' && microseconds <= PAUSE_MAX_US;
  }
  if (op === 'kill') return operation.signal === linux.SIGKILL;
  // A device, a buffer, or what once was one of them; never a number that was made up.
  if (op === 'ioctl') return typeof operation.fd === 'object';
  // Nobody waits for a buffer to become ready.
  if (op === 'poll' && (operation.timeoutMs ?? 0n) !== 0n) return false;
  if (op === 'setrlimit' && operation.resource !== linux.RLIMIT_NOFILE) return false;
  if (op === 'madvise' && !linux.IDLE_ADVICE.some((one) => one === operation.advice)) return false;
  if (specOf(op).scenario === undefined) return false;
  if ('address' in operation && typeof operation.address === 'bigint') return false;
  const { fd, passed, to } = operation as UntypedOperation;
  return isHarmless(op, fd) && isHarmless(op, passed) && isHarmless(op, to);
}

/** Whether an operand is none of a descriptor, one that a slot has, or one that may be guessed. */
const isHarmless = (op: Operation['op'], number: unknown): boolean =>
  typeof number !== 'bigint' ||
  (number >= GUESSES.min && number <= GUESSES.max) ||
  // Looked at, a standard stream comes to no harm, and a negative number is no descriptor.
  (op === 'fstat' && number < GUESSES.min) ||
  (number >= 1n << 31n && number < 1n << 32n);

/** `main` outlives the scenario: what it held would be missing at the end. */
const mainKeepsOut = (programs: readonly Program[]): boolean =>
  programs.every(({ threads }) =>
    threads.every(({ client, operations }) => client !== 'main' || !operations.some(isMovable)),
  );

/** Each client is made before it runs and killed before it is waited for, in a later Program. */
function clientsEnd(programs: readonly Program[]): boolean {
  const made = new Map<string, number>();
  const ended = new Set<string>();
  for (const [number, { threads }] of programs.entries()) {
    if (threads.some(({ client }) => client !== 'main' && (made.get(client) ?? number) >= number)) {
      return false;
    }
    for (const { operations } of threads) {
      for (const [at, operation] of operations.entries()) {
        if (operation.op === 'fork') {
          if (made.has(operation.client)) return false;
          made.set(operation.client, number);
        } else if (operation.op === 'wait') {
          const before = operations[at - 1];
          if (before?.op !== 'kill' || before.client !== operation.client) return false;
          if ((made.get(operation.client) ?? number) < number) ended.add(operation.client);
        }
      }
    }
  }
  return ended.size === made.size;
}

/** Operations that end their client, or make another program of it. */
const LAST = operationsWhere(
  ({ drops }) => drops?.kind === 'image' || (drops?.kind === 'client' && drops.of === undefined),
);

/**
 * Nothing is done with buffers in a client behind its end, and nothing at all beside an end of its
 * own: the fate of threads that a process loses differs from target to target.
 */
function endedClientsRest(programs: readonly Program[]): boolean {
  const ended = new Set<string>();
  return programs.every(({ threads }) => {
    const acts = threads.filter(({ operations }) => operations.some(isMovable));
    if (acts.some(({ client }) => ended.has(client))) return false;
    const own = threads.filter(({ operations }) => operations.some(({ op }) => LAST.has(op)));
    for (const { operations } of threads) {
      for (const operation of operations) if (operation.op === 'kill') ended.add(operation.client);
    }
    for (const { client } of own) ended.add(client);
    return own.every(
      ({ client, operations }) =>
        operations.findIndex(({ op }) => LAST.has(op)) === operations.length - 1 &&
        threads.filter((thread) => thread.client === client).length === 1,
    );
  });
}

/** Lists of descriptors are read alone, and memory is read first and last, or by a lone thread. */
function watchersAreAlone(programs: readonly Program[]): boolean {
  return programs.every(({ threads }, number) => {
    const isEnd = number === 0 || number === programs.length - 1;
    let operations = 0;
    let lists = 0;
    let reads = 0;
    for (const one of threads) {
      operations += one.operations.length;
      for (const { op } of one.operations) {
        if (op === 'descriptors') lists += 1;
        else if (op === 'readfile') reads += 1;
      }
    }
    return (lists === 0 || lists === operations) && (isEnd || threads.length === 1 || reads === 0);
  });
}

/**
 * What is to fail is a call, and behind it comes another `failnth`: it says whether the call failed
 * on purpose, and disarms a thread whose call was never made.
 */
const armsAreTaken = (programs: readonly Program[]): boolean =>
  programs.every(({ threads }) =>
    threads.every(({ operations }) =>
      operations.every((operation, at) => {
        if (operation.op !== 'failnth' || operation.nth === 0n) return true;
        const [call, after] = operations.slice(at + 1, at + 3);
        if (typeof operation.nth !== 'bigint' || operation.nth > NTH_MAX) return false;
        if (call?.op === 'failnth') return true;
        return call !== undefined && canBeFailed(call) && after?.op === 'failnth';
      }),
    ),
  );

/** More allocations than any call has. */
const NTH_MAX = 1024n;

/**
 * A bounded region bounds whatever is asked of it. Of an unbounded one all that is ever asked for
 * must fit into the limit, as if nothing was given back.
 */
function isModest(context: GeneratorContext, programs: readonly Program[]): boolean {
  if (context.region.bounded) return true;
  const field = fieldOf(context.abi, 'length');
  let pages = 0n;
  for (const operation of operationsOf(programs)) {
    if (operation.op !== 'ioctl' || operation.argument.bytes.length < field.offset + field.width) {
      continue;
    }
    const { bytes, placement } = operation.argument;
    const lengths = [readField(bytes, field)];
    if (placement?.kind === 'flipped') lengths.push(placement.value);
    const given = lengths.filter((length) => !isNothing(length, context.page));
    const most = given.reduce((longest, one) => (one > longest ? one : longest), 0n);
    pages += (most + context.page - 1n) / context.page;
  }
  return pages <= pagesAllowed(context);
}
