import {
  type Operand,
  type Operation,
  type Placement,
  type UntypedOperation,
  wordOf,
} from '../../adapters/contract/index.ts';
import {
  type Event,
  type HeldBuffer,
  injectedIn,
  lifetimesOf,
  type Reference,
  ReferenceIndex,
  type Timeline,
  tenanciesOf,
} from '../../oracles/index.ts';
import type { GeneratorContext } from '../generate/scenario.ts';
import { OccupancyTracker, type Stay } from './occupancy.ts';
import { HELD, MET_MAX, SignatureTable } from './signature-table.ts';

/**
 * The coverage of a round, told from its Programs and Histories, and on some kernels by the code
 * that it ran.
 */
export interface Coverage {
  /**
   * Coverage signatures, sorted. Each is six words about one operation: its name (with the
   * placement of its argument, and the allocation that was made to fail in it), its outcome, how
   * full the memory was, how fragmented, how many calls of other threads it met, and how the
   * buffer that it is about was held. Or it is an edge of the kernel's code.
   */
  readonly signatures: readonly string[];
  /** The most bytes that buffers surely had together. */
  readonly peakBytes: bigint;
}

/**
 * The coverage of a round. Signatures stand in for the code coverage of a kernel, which stock
 * kernels do not give: what is met in a new state counts as new. They speak of what is certain, so
 * that the same History has the same ones.
 *
 * @param edges of the kernel's code, where it tells them
 */
export function coverageOf(
  { region, memoryLimit }: GeneratorContext,
  timeline: Timeline,
  buffers: readonly HeldBuffer[],
  edges: readonly string[] = [],
): Coverage {
  const capacity = region.bounded ? (region.sizeBytes ?? memoryLimit) : memoryLimit;
  const stays: Stay[] = [];
  for (const buffer of buffers) {
    for (const { from, until } of lifetimesOf(buffer)) {
      stays.push({ from, until, bytes: buffer.leastBytes });
    }
  }
  const occupancy = new OccupancyTracker(stays, tenanciesOf(timeline, buffers), capacity);
  TABLE.trim();
  const found = new Set<number>();
  const crowds = crowdsOf(timeline.events);
  const index = indexOf(buffers);
  const failing = failuresIn(timeline);
  for (const event of timeline.inOrder) {
    const standing = occupancy.at(event.result.call);
    const failure = failing(event);
    const name = failure === '' ? nameOf(event.operation) : nameOf(event.operation) + failure;
    const met = meetings(crowds.get(event.program) ?? NONE, event);
    const held = HELD.indexOf(heldHow(timeline, index, event));
    found.add(TABLE.numberOf(name, wordOf(event.result), standing, met, held));
  }
  const texts = new Set(edges);
  for (const number of found) texts.add(TABLE.textOf(number));
  return { signatures: [...texts].toSorted(), peakBytes: occupancy.peakBytes };
}

const NONE: readonly Event[] = [];

/** Of all rounds in this thread. */
const TABLE = new SignatureTable();

function nameOf(operation: Operation): string {
  if (operation.op !== 'ioctl') return operation.op;
  const { placement } = operation.argument;
  if (placement === undefined) return 'ioctl';
  const known = REQUESTS.get(placement.kind) ?? `ioctl:${placement.kind}`;
  REQUESTS.set(placement.kind, known);
  return known;
}

/** By the placement of the argument: the same string again is found faster than an equal one. */
const REQUESTS = new Map<Placement['kind'], string>();

/** Which allocation was made to fail in a call, behind its name; nothing where none was. */
function failuresIn(timeline: Timeline): (event: Event) => string {
  const injected = injectedIn(timeline);
  const arms = new Map<string, bigint>();
  for (const { index, operation, program, thread } of timeline.named('failnth')) {
    if (operation.op !== 'failnth') continue;
    arms.set(`${program} ${thread} ${index + 1}`, timeline.valueOf(operation.nth));
  }
  return (event) => {
    if (injected(event) !== 'yes') return '';
    return `!${arms.get(`${event.program} ${event.thread} ${event.index}`)}`;
  };
}

/** The events of each Program that has several threads. */
function crowdsOf(events: readonly Event[]): ReadonlyMap<number, readonly Event[]> {
  const crowds = new Map<number, Event[]>();
  for (const event of events) {
    const crowd = crowds.get(event.program);
    if (crowd === undefined) crowds.set(event.program, [event]);
    else crowd.push(event);
  }
  for (const [program, crowd] of crowds) {
    if (crowd.every(({ thread }) => thread === crowd[0]?.thread)) crowds.delete(program);
  }
  return crowds;
}

/** How many calls of other threads were under way during this one; the most stands for more. */
function meetings(events: readonly Event[], { program, result, thread }: Event): number {
  let count = 0;
  for (const other of events) {
    if (other.program !== program || other.thread === thread) continue;
    const { call, return: back } = other.result;
    if (result.return !== undefined && call > result.return) continue;
    if (back !== undefined && back < result.call) continue;
    count += 1;
    if (count === MET_MAX) break;
  }
  return count;
}

/** Buffers by what a client may name them by. */
type Index = ReferenceIndex<{ readonly reference: Reference; readonly buffer: HeldBuffer }>;

function indexOf(buffers: readonly HeldBuffer[]): Index {
  const index: Index = new ReferenceIndex();
  for (const buffer of buffers) {
    for (const reference of buffer.references) index.add(reference, { reference, buffer });
  }
  return index;
}

/** How the buffer that an operation is about was held when it was called; `none` for no buffer. */
function heldHow(
  timeline: Timeline,
  index: Index,
  { client, operation, result: { call } }: Event,
): (typeof HELD)[number] {
  const about = subjectOf(timeline, operation);
  if (about === undefined) return 'none';
  const { kind, value } = about;
  const named = index.at({ client, kind, value }).find(({ reference }) => isHeld(reference, call));
  if (named === undefined) return 'none';
  const { elsewhere, references } = named.buffer;
  let held = 0;
  let descriptors = 0;
  for (const one of references) {
    if (!isHeld(one, call)) continue;
    if (one.client !== client) return 'forked';
    held += 1;
    if (one.kind === 'descriptor') descriptors += 1;
  }
  if (elsewhere) return 'sent';
  if (descriptors > 1) return 'duplicated';
  if (descriptors === held) return 'descriptor';
  return descriptors === 0 ? 'mapping' : 'mapped';
}

/** Whether a reference was held when a call was made. */
const isHeld = ({ from, until }: Reference, call: bigint): boolean =>
  from <= call && (until === undefined || until >= call);

/** The descriptor or the mapping that an operation names. */
function subjectOf(
  timeline: Timeline,
  operation: Operation,
): Pick<Reference, 'kind' | 'value'> | undefined {
  const { address, fd, passed } = operation as UntypedOperation;
  const number = (passed ?? fd) as Operand | undefined;
  if (number !== undefined) {
    return { kind: 'descriptor', value: BigInt.asIntN(32, timeline.valueOf(number)) };
  }
  if (address === undefined) return undefined;
  return { kind: 'mapping', value: timeline.valueOf(address as Operand) };
}
