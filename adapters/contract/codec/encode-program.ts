import { usageError } from '../../../base/errors.ts';
import type { NameTable } from '../names.ts';
import {
  type ArgumentKind,
  DOCUMENTS,
  FILES,
  OPERANDS_MAX,
  OPERATIONS,
  type OperationSpec,
  STOPS,
} from '../operations.ts';
import type { Argument, Operand, Operation, Program, UntypedOperation } from '../program.ts';
import { LAYOUT, PLACEMENTS, PROGRAM_MAGIC, PROTECTIONS, WIRE_VERSION } from './layout.ts';

/** Bytes of an operation record with its operands. */
export const OPERATION_BYTES: number = LAYOUT.operation.size + OPERANDS_MAX * LAYOUT.operand.size;

/** Files of the fixed list are numbered from here on; below are the regions. */
export const FIRST_FIXED_FILE = 256;

/** Nodes of the Simple Allocator's major are numbered from here on, by minor. */
export const FIRST_MINOR = 512;

const U64 = (1n << 64n) - 1n;
const FLAG_SLOT = 1;
const FLAG_INDEXED = 2;

/**
 * A Program as bytes.
 *
 * @param names numbers for its slots and clients; slots that it defines are added
 * @throws {@link AllocertError} when it names a slot or file that does not exist
 */
export function encodeProgram(program: Program, names: NameTable): Uint8Array<ArrayBuffer> {
  const encoder = new Encoder(names);
  const threads = program.threads.map((thread) => {
    const first = encoder.operations.length;
    for (const operation of thread.operations) encoder.add(operation, 1);
    return {
      client: names.client(thread.client),
      first,
      count: encoder.operations.length - first,
    };
  });
  return encoder.finish(program, threads);
}

interface ThreadSpan {
  readonly client: number;
  readonly first: number;
  readonly count: number;
}

class Encoder {
  readonly operations: DataView[] = [];
  readonly #data: Uint8Array[] = [];
  #dataBytes = 0;
  readonly #names: NameTable;

  constructor(names: NameTable) {
    this.#names = names;
  }

  add(operation: Operation, iterations: number): void {
    const untyped = operation as unknown as UntypedOperation;
    const spec: OperationSpec = OPERATIONS[operation.op];
    const view = new DataView(new ArrayBuffer(OPERATION_BYTES));
    const { at } = LAYOUT.operation;
    view.setUint16(at.code, spec.code, true);
    this.operations.push(view);
    let operand = 0;
    for (const [name, kind] of Object.entries(spec.arguments)) {
      const value = untyped[name];
      if (kind === 'bytes') this.#addData(view, value as Uint8Array);
      else if (kind === 'argument') this.#addArgument(view, value as Argument);
      else if (kind === 'body') this.#addBody(view, untyped, iterations);
      else this.#addOperand(view, operand++, kind, value);
    }
    if (operation.slot !== undefined) {
      const slot = this.#names.define(operation.slot, iterations);
      view.setUint16(at.flags, FLAG_SLOT | (slot.indexed ? FLAG_INDEXED : 0), true);
      view.setUint32(at.slot, slot.number, true);
    }
  }

  #addBody(view: DataView, repeat: UntypedOperation, outer: number): void {
    const times = repeat.times;
    if (typeof times !== 'bigint') throw usageError('repeat needs a literal count');
    const before = this.operations.length;
    for (const inner of repeat.body as readonly Operation[]) {
      this.add(inner, Math.max(outer, Number(times)));
    }
    view.setUint32(LAYOUT.operation.at.body, this.operations.length - before, true);
  }

  #addData(view: DataView, bytes: Uint8Array): void {
    view.setUint32(LAYOUT.operation.at.data_offset, this.#dataBytes, true);
    view.setUint32(LAYOUT.operation.at.data_length, bytes.length, true);
    const padded = new Uint8Array(Math.ceil(bytes.length / 8) * 8);
    padded.set(bytes);
    this.#data.push(padded);
    this.#dataBytes += padded.length;
  }

  #addArgument(view: DataView, argument: Argument): void {
    this.#addData(view, argument.bytes);
    const { at } = LAYOUT.operation;
    const placement = argument.placement ?? { kind: 'plain' };
    view.setUint16(at.placement, PLACEMENTS.indexOf(placement.kind), true);
    if (placement.kind === 'page') {
      view.setUint16(at.neighbour, PROTECTIONS.indexOf(placement.protection), true);
    } else if (placement.kind === 'page-end') {
      view.setUint16(at.neighbour, PROTECTIONS.indexOf(placement.neighbour), true);
      view.setInt32(at.distance, placement.distance, true);
    } else if (placement.kind === 'unaligned') {
      view.setInt32(at.distance, placement.by, true);
    } else if (placement.kind === 'flipped') {
      view.setUint16(at.neighbour, placement.width, true);
      view.setInt32(at.distance, placement.offset, true);
      writeOperand(view, OPERANDS_MAX - 1, { kind: 0, value: placement.value });
    }
  }

  #addOperand(view: DataView, index: number, kind: ArgumentKind, value: unknown): void {
    if (kind === 'client') {
      writeOperand(view, index, { kind: 0, value: BigInt(this.#names.client(value as string)) });
    } else if (kind === 'file') {
      writeOperand(view, index, { kind: 0, value: fileNumber(value as string) });
    } else if (kind === 'document') {
      writeOperand(view, index, { kind: 0, value: listed(DOCUMENTS, value as string, 'document') });
    } else if (kind === 'stop') {
      writeOperand(view, index, { kind: 0, value: listed(STOPS, value as string, 'stop rule') });
    } else {
      this.#addValue(view, index, (value as Operand | undefined) ?? 0n);
    }
  }

  #addValue(view: DataView, index: number, value: Operand): void {
    if (typeof value === 'bigint') {
      writeOperand(view, index, { kind: 0, value: BigInt.asUintN(64, value) });
      return;
    }
    const slot = this.#names.resolve(value.slot);
    const indexed = slot.indexed ? FLAG_INDEXED : 0;
    writeOperand(view, index, {
      kind: value.offset === undefined ? 1 : 2,
      width: value.width ?? 8,
      flags: (value.signed === true ? 1 : 0) | indexed,
      slot: slot.number,
      value: BigInt(value.offset ?? 0),
    });
  }

  finish(program: Program, threads: readonly ThreadSpan[]): Uint8Array<ArrayBuffer> {
    const head = LAYOUT.program.size + threads.length * LAYOUT.thread.size;
    const bytes = new Uint8Array(head + this.operations.length * OPERATION_BYTES + this.#dataBytes);
    const view = new DataView(bytes.buffer);
    const { at } = LAYOUT.program;
    view.setUint32(at.magic, PROGRAM_MAGIC, true);
    view.setUint16(at.version, WIRE_VERSION, true);
    view.setUint16(at.threads, threads.length, true);
    view.setUint32(at.operations, this.operations.length, true);
    view.setUint32(at.data_bytes, this.#dataBytes, true);
    view.setUint32(at.deadline_ms, program.deadlineMs, true);
    view.setBigUint64(at.seed, (program.seed ?? 0n) & U64, true);
    threads.forEach((thread, index) => {
      const base = LAYOUT.program.size + index * LAYOUT.thread.size;
      view.setUint32(base + LAYOUT.thread.at.client, thread.client, true);
      view.setUint32(base + LAYOUT.thread.at.first, thread.first, true);
      view.setUint32(base + LAYOUT.thread.at.count, thread.count, true);
    });
    let offset = head;
    for (const part of this.operations) {
      bytes.set(new Uint8Array(part.buffer), offset);
      offset += OPERATION_BYTES;
    }
    for (const part of this.#data) {
      bytes.set(part, offset);
      offset += part.length;
    }
    return bytes;
  }
}

interface OperandRecord {
  readonly kind: 0 | 1 | 2;
  readonly width?: number;
  readonly flags?: number;
  readonly slot?: number;
  readonly value: bigint;
}

function writeOperand(view: DataView, index: number, operand: OperandRecord): void {
  const base = LAYOUT.operation.size + index * LAYOUT.operand.size;
  const { at } = LAYOUT.operand;
  view.setUint8(base + at.kind, operand.kind);
  view.setUint8(base + at.width, operand.width ?? 0);
  view.setUint8(base + at.flags, operand.flags ?? 0);
  view.setUint32(base + at.slot, operand.slot ?? 0, true);
  view.setBigUint64(base + at.value, operand.value, true);
}

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
