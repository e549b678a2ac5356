import {
  fieldOfBytes,
  type History,
  type Operand,
  type Operation,
  type OperationName,
  type Program,
  type Result,
  type SlotRef,
} from '../../adapters/contract/index.ts';

/** One operation with its result and its place. */
export interface Event {
  /** Index of the Program in its sequence, of the thread in it, and of the operation in that. */
  readonly program: number;
  readonly thread: number;
  readonly index: number;
  readonly client: string;
  readonly operation: Operation;
  readonly result: Result;
}

/** The end of a client that no operation of its own asked for. */
export interface ClientEnd {
  readonly client: string;
  readonly program: number;
  /** Nanoseconds; the client was surely alive before. */
  readonly from: bigint;
}

/**
 * Several Programs, one after the other: every operation that ran, and the values of their slots.
 * Operations inside `repeat` are not among the events: their results are summed up.
 */
export interface Timeline {
  /** By thread and order; those that did not run are left out. */
  readonly events: readonly Event[];
  readonly ends: readonly ClientEnd[];
  /** The same events by the instants of their calls; those of one instant by thread and order. */
  readonly inOrder: readonly Event[];
  /** Clients with events, each once, as they come. */
  readonly clients: readonly string[];
  /** The events of a client, by thread and order. */
  ofClient(client: string): readonly Event[];
  /** The events of an operation, by thread and order. */
  named(op: OperationName): readonly Event[];
  /** The operation that filled a slot. */
  producer(slot: string): Event | undefined;
  /** The value of an operand; all ones when its slot was never filled. */
  valueOf(operand: Operand): bigint;
  /**
   * What a function says of this timeline, which it is asked once. Kept here and not in a WeakMap:
   * the collector of young objects takes the values of those for live, and with them the timeline.
   */
  once<Value>(tell: (timeline: Timeline) => Value): Value;
}

/** Puts Programs and their Histories together. Both lists have the same length. */
export function timelineOf(programs: readonly Program[], histories: readonly History[]): Timeline {
  const events: Event[] = [];
  for (const [number, program] of programs.entries()) {
    addEvents(events, program, number, histories[number]);
  }
  const bySlot = new Map<string, Event>();
  for (const event of events) {
    if (event.operation.slot !== undefined) bySlot.set(event.operation.slot, event);
  }
  const byClient = groupedBy(events, ({ client }) => client);
  const byName = groupedBy(events, ({ operation }) => operation.op);
  const told = new Map<unknown, unknown>();
  const timeline: Timeline = {
    events,
    ends: histories.flatMap((history, number) => endsOf(history, number, events)),
    inOrder: events.toSorted(byCall),
    clients: [...byClient.keys()],
    ofClient: (client) => byClient.get(client) ?? NONE,
    named: (op) => byName.get(op) ?? NONE,
    producer: (slot) => bySlot.get(slot),
    valueOf: valuesIn(bySlot),
    once: <Value>(tell: (timeline: Timeline) => Value): Value => {
      const known = told.get(tell) as Value | undefined;
      if (known !== undefined) return known;
      const value = tell(timeline);
      told.set(tell, value);
      return value;
    },
  };
  return timeline;
}

const NONE: readonly Event[] = [];

/** Values by a key of each; both in the order in which they come. */
export function groupedBy<Key, Value>(
  values: readonly Value[],
  keyOf: (value: Value) => Key,
): Map<Key, Value[]> {
  const groups = new Map<Key, Value[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [value]);
    else group.push(value);
  }
  return groups;
}

/** Compares two events by the instants of their calls. */
export const byCall = ({ result: one }: Event, { result: other }: Event): number =>
  one.call === other.call ? 0 : one.call < other.call ? -1 : 1;

/** An argument that the system call takes as an int: the rest of its 64 bits is not looked at. */
export const intOf = (value: bigint): bigint => BigInt.asIntN(32, value);

/** Remembers values of operands: oracles ask for the same ones again and again. */
function valuesIn(bySlot: ReadonlyMap<string, Event>): Timeline['valueOf'] {
  const known = new Map<SlotRef, bigint>();
  return (operand) => {
    if (typeof operand === 'bigint') return operand;
    const before = known.get(operand);
    if (before !== undefined) return before;
    const value = valueIn(bySlot, operand);
    known.set(operand, value);
    return value;
  };
}

function addEvents(
  events: Event[],
  program: Program,
  number: number,
  history: History | undefined,
): void {
  for (const [thread, { client, operations }] of program.threads.entries()) {
    const results = history?.threads[thread] ?? [];
    for (let index = 0; index < operations.length; index += 1) {
      const operation = operations[index] as Operation;
      const result = results[index];
      if (result === undefined || result.outcome === 'not-run') continue;
      events.push({ program: number, thread, index, client, operation, result });
    }
  }
}

/** A client that died was alive when its threads last returned from a call. */
function endsOf(history: History, number: number, events: readonly Event[]): ClientEnd[] {
  if (history.deaths.length === 0) return [];
  const all = events.filter((event) => event.program === number);
  const start = all.map(({ result }) => result.call).reduce(earlier, all[0]?.result.call ?? 0n);
  return history.deaths.map(({ client }) => {
    let from = start;
    for (const event of all) {
      if (event.client === client) from = later(from, event.result.return ?? event.result.call);
    }
    return { client, program: number, from };
  });
}

const earlier = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const later = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/** As executors do it: what a failed request left in its argument is read all the same. */
function valueIn(bySlot: ReadonlyMap<string, Event>, ref: SlotRef): bigint {
  const result = bySlot.get(ref.slot)?.result;
  if (result === undefined) return NOTHING;
  const { offset, width = 8, signed } = ref;
  if (offset === undefined) return result.value;
  return fieldOfBytes(result.out, offset, width, signed) ?? NOTHING;
}

/** The value of an operand that refers to nothing: all ones. */
const NOTHING = (1n << 64n) - 1n;
