import type { Operation, Program, Thread } from '../../adapters/contract/index.ts';
import { slotReferences } from '../generate/slot-references.ts';
import { isMovable } from './safety.ts';
import { slotsIn } from './slots.ts';

/** Where an operation stands that may be changed. */
export interface EditablePlace {
  readonly program: number;
  readonly thread: number;
  readonly index: number;
  readonly operation: Operation;
}

/** The Programs between what every scenario begins and ends with. */
export function actsIn(programs: readonly Program[]): number[] {
  return programs.flatMap(({ threads }, number) => {
    const isAct = threads.some(({ operations }) => operations.some(isMovable));
    return isAct && number > 0 && number < programs.length - 1 ? [number] : [];
  });
}

/**
 * The operations that may be changed: those on buffers, by clients that were there from the start.
 * What a child of theirs inherits is not always known, so it does only what a generator wrote.
 */
export function editablePlaces(programs: readonly Program[]): EditablePlace[] {
  const starters = new Set(
    (programs[0]?.threads ?? []).flatMap(({ operations }) =>
      operations.flatMap((one) => (one.op === 'fork' ? one.client : [])),
    ),
  );
  return actsIn(programs).flatMap((program) =>
    (programs[program]?.threads ?? []).flatMap(({ client, operations }, thread) =>
      starters.has(client)
        ? operations.flatMap((operation, index) =>
            isMovable(operation) ? [{ program, thread, index, operation }] : [],
          )
        : [],
    ),
  );
}

/**
 * The Programs without some operations.
 *
 * @param deep whether those that refer to what these gave go, too
 */
export function withoutPlaces(
  programs: readonly Program[],
  places: readonly EditablePlace[],
  deep = true,
): readonly Program[] {
  const gone = new Set(places.map(({ operation }) => operation));
  const slots = new Set([...gone].flatMap(({ slot }) => slot ?? []));
  const stays = (operation: Operation): boolean => {
    const needs = deep && slotReferences(operation).some((slot) => slots.has(slot));
    if (!needs && !gone.has(operation)) return true;
    if (operation.slot !== undefined) slots.add(operation.slot);
    return false;
  };
  return programs.map((program) => ({
    ...program,
    threads: program.threads.map(({ client, operations }) => ({
      client,
      operations: operations.filter(stays),
    })),
  }));
}

/** The Programs with one of them changed. */
export function withProgram(
  programs: readonly Program[],
  number: number,
  change: (program: Program) => Program,
): readonly Program[] {
  const program = programs[number];
  return program === undefined ? programs : programs.with(number, change(program));
}

/** The Programs with one thread changed. */
export function withThread(
  programs: readonly Program[],
  { program, thread }: Pick<EditablePlace, 'program' | 'thread'>,
  change: (thread: Thread) => Thread,
): readonly Program[] {
  return withProgram(programs, program, (one) => {
    const before = one.threads[thread];
    return before === undefined
      ? one
      : { ...one, threads: one.threads.with(thread, change(before)) };
  });
}

/** Names for the slots that some operations fill, which the Programs do not have yet. */
export function freshSlots(
  programs: readonly Program[],
  operations: readonly Operation[],
): ReadonlyMap<string, string> {
  const taken = slotsIn(programs);
  let number = taken.size;
  const names = new Map<string, string>();
  for (const { slot } of operations) {
    if (slot === undefined) continue;
    while (taken.has(`x-${number}`)) number += 1;
    names.set(slot, `x-${number}`);
    number += 1;
  }
  return names;
}
