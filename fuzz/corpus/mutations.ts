import {
  canBeFailed,
  type Operation,
  type Program,
  type Thread,
} from '../../adapters/contract/index.ts';
import { commandOf, fieldOf, readField, requestBytes } from '../../catalogue/abi-request.ts';
import { boundaryLengths } from '../generate/boundaries.ts';
import { armed, FAULTS } from '../generate/faults.ts';
import type { GeneratorContext, Scenario } from '../generate/scenario.ts';
import { slotReferences } from '../generate/slot-references.ts';
import type { Choices } from './choices.ts';
import {
  actsIn,
  type EditablePlace,
  editablePlaces,
  freshSlots,
  withoutPlaces,
  withProgram,
  withThread,
} from './edit.ts';
import { isMovable } from './safety.ts';
import { renamed } from './slots.ts';

/** Operations that are dropped, or taken from another scenario, at once. */
const RUN_MAX = 8;

/** The surroundings of a mutation: all that it may use. */
export interface MutationContext {
  readonly generator: GeneratorContext;
  readonly choices: Choices;
  /** A scenario of the same mode that was generated for this round. */
  readonly fresh: Scenario;
}

/** Changes Programs in one way; what comes out may be unsafe, or the same as before. */
export type Mutation = (programs: readonly Program[], means: MutationContext) => readonly Program[];

/** A run of operations goes, with all that refers to what they gave. */
const drop: Mutation = (programs, { choices }) => {
  const places = editablePlaces(programs);
  const first = choices.below(Math.max(places.length, 1));
  return withoutPlaces(programs, places.slice(first, first + 1 + choices.below(RUN_MAX)));
};

/** An operation is done twice; what the second one gives has a slot of its own. */
const repeat: Mutation = (programs, { choices }) =>
  atOne(programs, choices, (operations, at, operation) =>
    operations.toSpliced(at + 1, 0, renamed(operation, freshSlots(programs, [operation]))),
  );

/** Two neighbours change places. */
const swap: Mutation = (programs, { choices }) =>
  atOne(programs, choices, (operations, at, operation) => {
    const next = operations[at + 1];
    if (next === undefined || !isMovable(next)) return operations;
    return operations.toSpliced(at, 2, next, operation);
  });

/** A request asks for another length: one at which allocators go wrong, or a page more or less. */
const stretch: Mutation = (programs, { choices, generator }) => {
  const requests = editablePlaces(programs).filter(({ operation }) => operation.op === 'ioctl');
  const place = choices.from(requests);
  if (place === undefined || place.operation.op !== 'ioctl') return programs;
  const { argument } = place.operation;
  const { abi, page, region } = generator;
  const field = fieldOf(abi, 'length');
  if (argument.bytes.length !== abi.command.size || place.operation.request !== commandOf(abi)) {
    return programs;
  }
  const now = readField(argument.bytes, field);
  const near = [now + page, now > page ? now - page : page, 2n * now];
  const lengths = choices.below(2) === 0 ? near : boundaryLengths(page, region.sizeBytes);
  const bytes = Uint8Array.from(argument.bytes);
  const { offset, width } = field;
  const asked = requestBytes(abi, { length: choices.from(lengths) ?? page });
  bytes.set(asked.subarray(offset, offset + width), offset);
  const changed: Operation = { ...place.operation, argument: { ...argument, bytes } };
  return withThread(programs, place, ({ operations, ...thread }) => ({
    ...thread,
    operations: operations.with(place.index, changed),
  }));
};

/** An operation, with those behind it that need it, is done by another thread of its Program. */
const move: Mutation = (programs, { choices }) => {
  const place = choices.from(editablePlaces(programs));
  if (place === undefined) return programs;
  const others = (programs[place.program]?.threads ?? []).flatMap((thread, index) =>
    index === place.thread ? [] : [{ ...place, thread: index, length: thread.operations.length }],
  );
  const other = choices.from(others);
  if (other === undefined) return programs;
  const chain = chainOf(programs, place);
  const at = choices.below(other.length + 1);
  return withThread(withoutPlaces(programs, chain, false), other, (thread) => ({
    ...thread,
    operations: thread.operations.toSpliced(at, 0, ...chain.map(({ operation }) => operation)),
  }));
};

/** An operation and whatever of its thread refers to what it gives, directly or not. */
function chainOf(programs: readonly Program[], start: EditablePlace): EditablePlace[] {
  const slots = new Set<string>();
  return editablePlaces(programs).filter(({ index, operation, program, thread }) => {
    if (program !== start.program || thread !== start.thread || index < start.index) return false;
    const belongs =
      index === start.index || slotReferences(operation).some((slot) => slots.has(slot));
    if (belongs && operation.slot !== undefined) slots.add(operation.slot);
    return belongs;
  });
}

/** A Program becomes two: all threads of the second may use what any thread of the first made. */
const split: Mutation = (programs, { choices }) => {
  const number = choices.from(actsIn(programs));
  const program = number === undefined ? undefined : programs[number];
  if (number === undefined || program === undefined) return programs;
  const cuts = program.threads.map(({ operations }) => choices.below(operations.length + 1));
  const part = (
    from: (cut: number) => number,
    to: (cut: number) => number | undefined,
  ): Program => ({
    ...program,
    threads: program.threads.map(({ client, operations }, index) => {
      const cut = cuts[index] ?? 0;
      return { client, operations: operations.slice(from(cut), to(cut)) };
    }),
  });
  const [head, tail] = [
    part(
      () => 0,
      (cut) => cut,
    ),
    part(
      (cut) => cut,
      () => undefined,
    ),
  ];
  return programs.toSpliced(number, 1, head, tail);
};

/** Two Programs that follow each other become one, whose threads run at the same time. */
const join: Mutation = (programs, { choices }) => {
  const acts = actsIn(programs).filter((number) => isAllMovable(programs[number]));
  const number = choices.from(acts.filter((one) => acts.includes(one + 1)));
  const [one, other] = number === undefined ? [] : [programs[number], programs[number + 1]];
  if (number === undefined || one === undefined || other === undefined) return programs;
  return programs.toSpliced(number, 2, { ...one, threads: [...one.threads, ...other.threads] });
};

const isAllMovable = (program: Program | undefined): boolean =>
  program?.threads.every(({ operations }) => operations.every(isMovable)) === true;

/** A run of another scenario’s operations comes in between, or as a thread of its own. */
const splice: Mutation = (programs, { choices, fresh }) => {
  const run = runOf(programs, fresh.programs, choices);
  const place = choices.from(editablePlaces(programs));
  if (run.length === 0 || place === undefined) return programs;
  if (choices.below(4) > 0) {
    return withThread(programs, place, ({ operations, ...thread }) => ({
      ...thread,
      operations: operations.toSpliced(place.index, 0, ...run),
    }));
  }
  return withProgram(programs, place.program, ({ threads, ...program }) => {
    const client = threads[place.thread]?.client ?? 'main';
    return { ...program, threads: [...threads, { client, operations: run } satisfies Thread] };
  });
};

/** Some operations of a thread that need nothing but each other and what both scenarios have. */
function runOf(
  programs: readonly Program[],
  source: readonly Program[],
  choices: Choices,
): Operation[] {
  const places = editablePlaces(source);
  const first = choices.from(places);
  if (first === undefined) return [];
  const open = new Set(programs[0]?.threads.flatMap((one) => one.operations).map(slotOf));
  const mine = places
    .filter(({ program, thread }) => program === first.program && thread === first.thread)
    .filter(({ index }) => index >= first.index)
    .slice(0, 1 + choices.below(2 * RUN_MAX));
  const run: Operation[] = [];
  for (const { operation } of mine) {
    if (!slotReferences(operation).every((slot) => open.has(slot))) continue;
    run.push(operation);
    if (operation.slot !== undefined) open.add(operation.slot);
  }
  const names = freshSlots(programs, run);
  return run.map((operation) => renamed(operation, names));
}

const slotOf = ({ slot }: Operation): string | undefined => slot;

/** The same operations in other turns, where the target lets a seed choose them. */
const reseed: Mutation = (programs, { choices }) => {
  const seed = BigInt(choices.below(2 ** 32));
  return programs.map((program) => ({ ...program, seed }));
};

/** Another call of a thread is made to fail, or another allocation of one that was. */
const fail: Mutation = (programs, { choices }) => {
  const places = editablePlaces(programs).filter(({ operation }) => canBeFailed(operation));
  const place = choices.from(places);
  if (place === undefined) return programs;
  const nth = 1n + BigInt(choices.below(NTH_MAX));
  return withThread(programs, place, ({ operations, ...thread }) => {
    const before = operations[place.index - 1];
    const isArmed = before?.op === 'failnth' && before.nth !== 0n;
    return {
      ...thread,
      operations: isArmed
        ? operations.with(place.index - 1, { op: 'failnth', nth })
        : operations.toSpliced(place.index, 1, ...armed(place.operation, nth)),
    };
  });
};

/** Allocations of one call that `fail` chooses from. */
const NTH_MAX = 20;

/** Every way to change Programs; the ones that reach far more often than once. */
const MUTATIONS: readonly Mutation[] = [
  ...[drop, repeat, swap, stretch, move, move, split, join, splice, splice, reseed, reseed],
];
const MUTATIONS_OF_FAULTS: readonly Mutation[] = [...MUTATIONS, ...Array(6).fill(fail)];

/** The ways to change Programs of a mode. */
export const mutationsOf = (mode: string): readonly Mutation[] =>
  mode === FAULTS ? MUTATIONS_OF_FAULTS : MUTATIONS;

function atOne(
  programs: readonly Program[],
  choices: Choices,
  change: (
    operations: readonly Operation[],
    at: number,
    operation: Operation,
  ) => readonly Operation[],
): readonly Program[] {
  const place = choices.from(editablePlaces(programs));
  if (place === undefined) return programs;
  return withThread(programs, place, ({ operations, ...thread }) => ({
    ...thread,
    operations: change(operations, place.index, place.operation),
  }));
}
