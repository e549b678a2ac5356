import type { Operation, Placement, Program, Thread } from '../../adapters/contract/index.ts';
import { slotReferences } from '../generate/slot-references.ts';

/** Where an operation stands. */
export interface OperationPlace {
  readonly program: number;
  readonly thread: number;
  readonly index: number;
  readonly operation: Operation;
}

const keyOf = ({ program, thread, index }: OperationPlace): string =>
  `${program} ${thread} ${index}`;

/** Every operation of some Programs, in their order. */
export function operationPlaces(programs: readonly Program[]): OperationPlace[] {
  return programs.flatMap(({ threads }, program) =>
    threads.flatMap(({ operations }, thread) =>
      operations.map((operation, index) => ({ program, thread, index, operation })),
    ),
  );
}

/** The Programs without some operations, nor those that refer to what these gave. */
export function without(
  programs: readonly Program[],
  goes: (place: OperationPlace) => boolean,
): Program[] {
  const places = operationPlaces(programs);
  const gone = new Set(places.filter(goes).map(keyOf));
  const slots = new Set(slotsOf(places.filter((place) => gone.has(keyOf(place)))));
  for (let grown = true; grown; ) {
    grown = false;
    for (const place of places) {
      if (gone.has(keyOf(place)) || !refersTo(place.operation, slots)) continue;
      gone.add(keyOf(place));
      for (const slot of slotsOf([place])) slots.add(slot);
      grown = true;
    }
  }
  return programs.map((program, number) => ({
    ...program,
    threads: program.threads.map((thread, index) => kept(thread, number, index, gone)),
  }));
}

const kept = (
  thread: Thread,
  program: number,
  index: number,
  gone: ReadonlySet<string>,
): Thread => ({
  ...thread,
  operations: thread.operations.filter((_, at) => !gone.has(`${program} ${index} ${at}`)),
});

const slotsOf = (places: readonly OperationPlace[]): string[] =>
  places.flatMap(({ operation }) => (operation.slot === undefined ? [] : [operation.slot]));

const refersTo = (operation: Operation, slots: ReadonlySet<string>): boolean =>
  slotReferences(operation).some((slot) => slots.has(slot));

/** Two threads of a Program as one, if they are of one client: the one, then the other. */
export function joined(
  programs: readonly Program[],
  { program, first, second }: { program: number; first: number; second: number },
): Program[] | undefined {
  const threads = programs[program]?.threads ?? [];
  const [one, other] = [threads[first], threads[second]];
  if (one === undefined || other === undefined || one.client !== other.client) return undefined;
  const both = { ...one, operations: [...one.operations, ...other.operations] };
  const rest = threads.filter((thread) => thread !== one && thread !== other);
  return changedAt(programs, program, (before) => ({ ...before, threads: [both, ...rest] }));
}

const changedAt = (
  programs: readonly Program[],
  at: number,
  change: (program: Program) => Program,
): Program[] => programs.map((program, index) => (index === at ? change(program) : program));

/** The Programs with another schedule, where more than one thread makes one. */
export const reseeded = (programs: readonly Program[], seed: bigint): Program[] =>
  programs.map((program) => (program.threads.length > 1 ? { ...program, seed } : program));

/** Every operation changed. */
export const mapped = (
  programs: readonly Program[],
  change: (operation: Operation, place: string) => Operation,
): Program[] =>
  programs.map((program, number) => ({
    ...program,
    threads: program.threads.map((thread, index) => ({
      ...thread,
      operations: thread.operations.map((operation, at) =>
        change(operation, `${number} ${index} ${at}`),
      ),
    })),
  }));

/** One request whose argument lies where it usually does. */
export const plain = (programs: readonly Program[], place: OperationPlace): Program[] =>
  mapped(programs, (operation, key) => {
    if (key !== keyOf(place) || operation.op !== 'ioctl') return operation;
    const { placement: _, ...argument } = operation.argument;
    return { ...operation, argument };
  });

/** The Programs with buffers of one region only, which is the first. */
export const homed = (programs: readonly Program[]): Program[] =>
  mapped(programs, (operation) =>
    operation.op === 'open' && operation.file.startsWith('region:')
      ? { ...operation, file: 'region:0' }
      : operation,
  );

/** The kind of the placement of an operation's argument, if it has one. */
export const placementOf = (operation: Operation): Placement | undefined =>
  operation.op === 'ioctl' ? operation.argument.placement : undefined;

/** Lengths of mappings: those of the buffers. */
export const lengthsIn = (programs: readonly Program[]): bigint[] =>
  operationPlaces(programs).flatMap(({ operation }) =>
    operation.op === 'mmap' && typeof operation.length === 'bigint' ? [operation.length] : [],
  );

/** Every operand, and every request, that has a length gets another. */
export function withLength(programs: readonly Program[], from: bigint, to: bigint): Program[] {
  return mapped(programs, (operation) => {
    const members = Object.entries(operation).map(([name, value]) => {
      if (value === from) return [name, to];
      if (name !== 'argument') return [name, value];
      return [name, { ...value, bytes: replaced(value.bytes as Uint8Array, from, to) }];
    });
    return Object.fromEntries(members) as Operation;
  });
}

/** A 64-bit word of an argument, wherever it stands. */
function replaced(bytes: Uint8Array, from: bigint, to: bigint): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const view = new DataView(copy.buffer);
  for (let offset = 0; offset + 8 <= copy.length; offset += 8) {
    if (view.getBigUint64(offset, true) === from) view.setBigUint64(offset, to, true);
  }
  return copy;
}
