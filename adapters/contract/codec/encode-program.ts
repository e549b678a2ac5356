import { usageError } from '../../../base/errors.ts';
import type { NameTable } from '../names.ts';
import {
  type ArgumentKind,
  DOCUMENTS,
  FILES,
  OPERANDS_MAX,
  OPERATION_ROWS,
  OPERATIONS,
  type OperationName,
  type OperationSpec,
  STOPS,
} from '../operations.ts';
import type { Argument, Operation, Program, SlotRef, UntypedOperation } from '../program.ts';
import { LAYOUT, PLACEMENTS, PROGRAM_MAGIC, PROTECTIONS, WIRE_VERSION } from './layout.ts';

/** Bytes of an operation record with its operands. */
export const OPERATION_BYTES: number = LAYOUT.operation.size + OPERANDS_MAX * LAYOUT.operand.size;

/** Files of the fixed list are numbered from here on; below are the regions. */
export const FIRST_FIXED_FILE = 256;

/** Nodes of the Simple Allocator's major are numbered from here on, by minor. */
export const FIRST_MINOR = 512;

const FLAG_SLOT = 1;
const FLAG_INDEXED = 2;
/** Where an operand's record has its value. */
const VALUE = LAYOUT.operand.at.value;

/** Arguments of each operation: its columns are walked for every Program. */
const ARGUMENTS: ReadonlyMap<OperationName, readonly (readonly [string, ArgumentKind])[]> = new Map(
  OPERATION_ROWS.map(([name, spec]) => [name, Object.entries(spec.arguments)]),
);

/**
 * A Program as bytes.
 *
 * @param names numbers for its slots and clients; slots that it defines are added
 * @throws {@link AllocertError} when it names a slot or file that does not exist
 */
export function encodeProgram(program: Program, names: NameTable): Uint8Array<ArrayBuffer> {
  return encodeProgramInPlace(program, names).slice();
}

/**
 * As {@link encodeProgram}, for whoever copies the bytes at once: the next Program of this thread
 * takes their place.
 */
export function encodeProgramInPlace(program: Program, names: NameTable): Uint8Array<ArrayBuffer> {
  const encoder = new Encoder(names, program.threads.length);
  const threads = program.threads.map((thread) => {
    const first = encoder.count;
    for (const operation of thread.operations) encoder.add(operation, 1);
    return { client: names.client(thread.client), first, count: encoder.count - first };
  });
  return encoder.finish(program, threads);
}

interface ThreadSpan {
  readonly client: number;
  readonly first: number;
  readonly count: number;
}

/** Bytes that a section starts with; most Programs need no more. */
const ROOM = 16_384;

/** Bytes that are written one after the other, and are zero until then. */
class Section {
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(ROOM);
  view: DataView = new DataView(this.bytes.buffer);
  length = 0;

  /** Starts anew; room that only a long Program needed is given back. */
  clear(): void {
    if (this.bytes.length > ROOM) {
      this.bytes = new Uint8Array(ROOM);
      this.view = new DataView(this.bytes.buffer);
    } else {
      this.bytes.fill(0, 0, this.length);
    }
    this.length = 0;
  }

  /** Makes room for more bytes; where they begin. */
  take(bytes: number): number {
    const at = this.length;
    this.length += bytes;
    if (this.length > this.bytes.length) this.#grow();
    return at;
  }

  #grow(): void {
    const larger = new Uint8Array(Math.max(this.length, 2 * this.bytes.length));
    larger.set(this.bytes);
    this.bytes = larger;
    this.view = new DataView(larger.buffer);
  }

  /** What was written, until the section is cleared. */
  get written(): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(0, this.length);
  }
}

/** Used by one Program after the other: making room for each costs more than writing it. */
const SECTIONS = { records: new Section(), data: new Section() } as const;

class Encoder {
  count = 0;
  /** The head with its threads, and then the operations. */
  readonly #records = SECTIONS.records;
  readonly #data = SECTIONS.data;
  readonly #names: NameTable;

  constructor(names: NameTable, threads: number) {
    this.#names = names;
    this.#records.clear();
    this.#data.clear();
    this.#records.take(LAYOUT.program.size + threads * LAYOUT.thread.size);
  }

  add(operation: Operation, iterations: number): void {
    const untyped = operation as unknown as UntypedOperation;
    const spec: OperationSpec = OPERATIONS[operation.op];
    const { at } = LAYOUT.operation;
    const base = this.#records.take(OPERATION_BYTES);
    this.count += 1;
    this.#records.view.setUint16(base + at.code, spec.code, true);
    let operand = 0;
    for (const [name, kind] of ARGUMENTS.get(operation.op) ?? []) {
      const value = untyped[name];
      if (kind === 'bytes') this.#addData(base, value as Uint8Array);
      else if (kind === 'argument') this.#addArgument(base, value as Argument);
      else if (kind === 'body') this.#addBody(base, untyped, iterations);
      else this.#addOperand(base, operand++, kind, value);
    }
    if (operation.slot !== undefined) {
      const slot = this.#names.define(operation.slot, iterations);
      const { view } = this.#records;
      view.setUint16(base + at.flags, FLAG_SLOT | (slot.indexed ? FLAG_INDEXED : 0), true);
      view.setUint32(base + at.slot, slot.number, true);
    }
  }

  #addBody(base: number, repeat: UntypedOperation, outer: number): void {
    const times = repeat.times;
    if (typeof times !== 'bigint') throw usageError('repeat needs a literal count');
    const before = this.count;
    for (const inner of repeat.body as readonly Operation[]) {
      this.add(inner, Math.max(outer, Number(times)));
    }
    this.#records.view.setUint32(base + LAYOUT.operation.at.body, this.count - before, true);
  }

  #addData(base: number, bytes: Uint8Array): void {
    const { view } = this.#records;
    const offset = this.#data.take(Math.ceil(bytes.length / 8) * 8);
    view.setUint32(base + LAYOUT.operation.at.data_offset, offset, true);
    view.setUint32(base + LAYOUT.operation.at.data_length, bytes.length, true);
    this.#data.bytes.set(bytes, offset);
  }

  #addArgument(base: number, argument: Argument): void {
    this.#addData(base, argument.bytes);
    const { placement } = argument;
    if (placement === undefined) return; // `plain` is 0.
    const { at } = LAYOUT.operation;
    const { view } = this.#records;
    view.setUint16(base + at.placement, PLACEMENTS.indexOf(placement.kind), true);
    if (placement.kind === 'page') {
      view.setUint16(base + at.neighbour, PROTECTIONS.indexOf(placement.protection), true);
    } else if (placement.kind === 'page-end') {
      view.setUint16(base + at.neighbour, PROTECTIONS.indexOf(placement.neighbour), true);
      view.setInt32(base + at.distance, placement.distance, true);
    } else if (placement.kind === 'unaligned') {
      view.setInt32(base + at.distance, placement.by, true);
    } else if (placement.kind === 'flipped') {
      view.setUint16(base + at.neighbour, placement.width, true);
      view.setInt32(base + at.distance, placement.offset, true);
      this.#addLiteral(base, OPERANDS_MAX - 1, placement.value);
    }
  }

  #addOperand(base: number, index: number, kind: ArgumentKind, value: unknown): void {
    if (kind === 'client') {
      this.#addLiteral(base, index, BigInt(this.#names.client(value as string)));
    } else if (kind === 'file') {
      this.#addLiteral(base, index, fileNumber(value as string));
    } else if (kind === 'document') {
      this.#addLiteral(base, index, listed(DOCUMENTS, value as string, 'document'));
    } else if (kind === 'stop') {
      this.#addLiteral(base, index, listed(STOPS, value as string, 'stop rule'));
    } else if (typeof value === 'bigint') {
      this.#addLiteral(base, index, value);
    } else if (value !== undefined) {
      this.#addReference(base, index, value as SlotRef);
    }
  }

  /** A value of 64 bits; negative ones are two's complement. Its kind is 0. */
  #addLiteral(base: number, index: number, value: bigint): void {
    this.#records.view.setBigUint64(operandAt(base, index) + VALUE, value, true);
  }

  #addReference(base: number, index: number, value: SlotRef): void {
    const slot = this.#names.resolve(value.slot);
    const operand = operandAt(base, index);
    const { view } = this.#records;
    const { at } = LAYOUT.operand;
    const indexed = slot.indexed ? FLAG_INDEXED : 0;
    view.setUint8(operand + at.kind, value.offset === undefined ? 1 : 2);
    view.setUint8(operand + at.width, value.width ?? 8);
    view.setUint8(operand + at.flags, (value.signed === true ? 1 : 0) | indexed);
    view.setUint32(operand + at.slot, slot.number, true);
    view.setBigUint64(operand + VALUE, BigInt(value.offset ?? 0), true);
  }

  finish(program: Program, threads: readonly ThreadSpan[]): Uint8Array<ArrayBuffer> {
    const { view } = this.#records;
    const { at } = LAYOUT.program;
    view.setUint32(at.magic, PROGRAM_MAGIC, true);
    view.setUint16(at.version, WIRE_VERSION, true);
    view.setUint16(at.threads, threads.length, true);
    view.setUint32(at.operations, this.count, true);
    view.setUint32(at.data_bytes, this.#data.length, true);
    view.setUint32(at.deadline_ms, program.deadlineMs, true);
    view.setBigUint64(at.seed, program.seed ?? 0n, true);
    threads.forEach((thread, index) => {
      const base = LAYOUT.program.size + index * LAYOUT.thread.size;
      view.setUint32(base + LAYOUT.thread.at.client, thread.client, true);
      view.setUint32(base + LAYOUT.thread.at.first, thread.first, true);
      view.setUint32(base + LAYOUT.thread.at.count, thread.count, true);
    });
    const data = this.#records.take(this.#data.length);
    this.#records.bytes.set(this.#data.written, data);
    return this.#records.written;
  }
}

/** Where an operand of the operation at `base` is. */
const operandAt = (base: number, index: number): number =>
  base + LAYOUT.operation.size + index * LAYOUT.operand.size;

function fileNumber(name: string): bigint {
  const [, kind, number] = /^(region|minor):(\d{1,3})$/.exec(name) ?? [];
  if (number !== undefined && Number(number) < FIRST_FIXED_FILE) {
    return BigInt(kind === 'minor' ? FIRST_MINOR : 0) + BigInt(number);
  }
  return BigInt(FIRST_FIXED_FILE) + listed(FILES, name, 'file');
}

function listed(list: readonly string[], word: string, what: string): bigint {
  const index = list.indexOf(word);
  if (index < 0) throw usageError(`"${word}" is not a ${what} that Programs may name`);
  return BigInt(index);
}
