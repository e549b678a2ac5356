import {
  type ArgumentKind,
  DOCUMENTS,
  FILES,
  OPERANDS_MAX,
  OPERATION_ROWS,
  SLOTS_MAX,
  STOPS,
} from '../operations.ts';
import type { Argument, Neighbour, Operand, Operation, Placement, Program } from '../program.ts';
import { FIRST_FIXED_FILE, FIRST_MINOR, OPERATION_BYTES } from './encode-program.ts';
import { LAYOUT, PLACEMENTS, PROGRAM_MAGIC, PROTECTIONS, WIRE_VERSION } from './layout.ts';
import type { WireNames } from './wire-names.ts';

const THREADS_MAX = 64;
const DEPTH_MAX = 3;
const FLAG_SLOT = 1;
const FLAG_INDEXED = 2;
const WIDTHS = [1, 2, 4, 8] as const;
const BY_CODE = new Map(OPERATION_ROWS.map((row) => [row[1].code, row]));

/**
 * A Program from its bytes, for a peer that runs Programs. Nothing of them is believed before it
 * passed here: they came over a wire.
 *
 * @param names what the other end said of its numbers
 * @throws RangeError when the bytes are not a Program, or use numbers without a name
 */
export function decodeProgram(bytes: Uint8Array, names: WireNames): Program {
  return new Decoder(bytes, names).program();
}

class Decoder {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #names: WireNames;
  readonly #threads: number;
  readonly #operations: number;
  readonly #dataBytes: number;
  /** Bytes of data that operations have had. */
  #told = 0;

  constructor(bytes: Uint8Array, names: WireNames) {
    const { at, size } = LAYOUT.program;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < size || view.getUint32(at.magic, true) !== PROGRAM_MAGIC) {
      throw new RangeError('the bytes are not a Program');
    }
    if (view.getUint16(at.version, true) !== WIRE_VERSION) {
      throw new RangeError('the Program has another version');
    }
    this.#bytes = bytes;
    this.#view = view;
    this.#names = names;
    this.#threads = view.getUint16(at.threads, true);
    this.#operations = view.getUint32(at.operations, true);
    this.#dataBytes = view.getUint32(at.data_bytes, true);
    if (this.#threads > THREADS_MAX) throw new RangeError('the Program has more than 64 threads');
    if (this.#dataAt + this.#dataBytes !== bytes.length) {
      throw new RangeError('the Program is not as long as it says');
    }
  }

  get #operationsAt(): number {
    return LAYOUT.program.size + this.#threads * LAYOUT.thread.size;
  }

  get #dataAt(): number {
    return this.#operationsAt + this.#operations * OPERATION_BYTES;
  }

  program(): Program {
    const { at } = LAYOUT.program;
    const deadlineMs = this.#view.getUint32(at.deadline_ms, true);
    if (deadlineMs === 0) throw new RangeError('the Program has no deadline');
    const threads = [];
    let next = 0;
    for (let index = 0; index < this.#threads; index += 1) {
      const base = LAYOUT.program.size + index * LAYOUT.thread.size;
      const count = this.#view.getUint32(base + LAYOUT.thread.at.count, true);
      if (this.#view.getUint32(base + LAYOUT.thread.at.first, true) !== next) {
        throw new RangeError('the Program has threads that do not follow one another');
      }
      threads.push({
        client: this.#names.client(this.#view.getUint32(base + LAYOUT.thread.at.client, true)),
        operations: this.#span(next, next + count, 0),
      });
      next += count;
    }
    if (next !== this.#operations) {
      throw new RangeError('the Program has operations that belong to no thread');
    }
    const seed = this.#view.getBigUint64(at.seed, true);
    return { threads, deadlineMs, ...(seed === 0n ? {} : { seed }) };
  }

  /** The operations of records `from` to `end`; a body's records belong to the repeat before them. */
  #span(from: number, end: number, depth: number): Operation[] {
    if (end > this.#operations) {
      throw new RangeError('the Program has threads that do not follow one another');
    }
    const operations: Operation[] = [];
    for (let record = from; record < end; ) {
      const base = this.#operationsAt + record * OPERATION_BYTES;
      const body = this.#view.getUint32(base + LAYOUT.operation.at.body, true);
      if (body > end - record - 1) {
        throw new RangeError('the Program has a repeat whose body does not end where it must');
      }
      operations.push(this.#operation(record, record + 1 + body, depth));
      record += 1 + body;
    }
    return operations;
  }

  #operation(record: number, end: number, depth: number): Operation {
    const base = this.#operationsAt + record * OPERATION_BYTES;
    const { at } = LAYOUT.operation;
    const row = BY_CODE.get(this.#view.getUint16(base + at.code, true));
    if (row === undefined) throw new RangeError('the Program has an unknown operation');
    const [op, spec] = row;
    if ((op === 'repeat') !== end > record + 1) {
      throw new RangeError('the Program has a body where none belongs, or a repeat without one');
    }
    if (op === 'repeat' && depth === DEPTH_MAX) {
      throw new RangeError('the Program nests repeats more than 3 deep');
    }
    const operation: Record<string, unknown> = { op };
    const flags = this.#view.getUint16(base + at.flags, true);
    if ((flags & FLAG_SLOT) !== 0) {
      const number = this.#view.getUint32(base + at.slot, true);
      operation.slot = this.#names.slot(number, (flags & FLAG_INDEXED) !== 0);
    }
    let operand = 0;
    for (const [name, kind] of Object.entries(spec.arguments)) {
      if (kind === 'bytes') operation[name] = this.#data(base);
      else if (kind === 'argument') operation[name] = this.#argument(base);
      else if (kind === 'body') operation[name] = this.#span(record + 1, end, depth + 1);
      else {
        const value = this.#operand(base, operand++, kind);
        if (kind !== 'word?' || value !== 0n) operation[name] = value;
      }
    }
    if (op === 'repeat' && typeof operation.times !== 'bigint') {
      throw new RangeError('the Program has a repeat without a literal count');
    }
    return operation as unknown as Operation;
  }

  #data(base: number): Uint8Array {
    const offset = this.#view.getUint32(base + LAYOUT.operation.at.data_offset, true);
    const length = this.#view.getUint32(base + LAYOUT.operation.at.data_length, true);
    if (offset + length > this.#dataBytes) {
      throw new RangeError('the Program has an operation whose data lie outside of it');
    }
    // Each gets a copy: what few bytes say must not become more than they are.
    this.#told += length;
    if (this.#told > this.#dataBytes) {
      throw new RangeError('the Program has operations that share their data');
    }
    return this.#bytes.slice(this.#dataAt + offset, this.#dataAt + offset + length);
  }

  #argument(base: number): Argument {
    const placement = this.#placement(base);
    const bytes = this.#data(base);
    return placement.kind === 'plain' ? { bytes } : { bytes, placement };
  }

  #placement(base: number): Placement {
    const { at } = LAYOUT.operation;
    const kind = PLACEMENTS[this.#view.getUint16(base + at.placement, true)];
    const neighbour = this.#view.getUint16(base + at.neighbour, true);
    const distance = this.#view.getInt32(base + at.distance, true);
    const protection = PROTECTIONS[neighbour];
    if (kind === undefined) throw new RangeError('the Program has an unknown placement');
    if (kind === 'unaligned') return { kind, by: distance };
    if (kind === 'page-end' || kind === 'page') {
      if (protection === undefined || (kind === 'page' && protection === 'unmapped')) {
        throw new RangeError('the Program has an unknown protection');
      }
      if (kind === 'page-end') return { kind, distance, neighbour: protection };
      return { kind, protection: protection as Exclude<Neighbour, 'unmapped'> };
    }
    if (kind !== 'flipped') return { kind };
    const value = this.#operand(base, OPERANDS_MAX - 1, 'word');
    if (typeof value !== 'bigint') throw new RangeError('the Program flips to no literal');
    return { kind, offset: distance, width: this.#width(neighbour), value };
  }

  #operand(base: number, index: number, kind: ArgumentKind): Operand | string {
    const at = base + LAYOUT.operation.size + index * LAYOUT.operand.size;
    const value = this.#value(at);
    if (kind === 'word' || kind === 'word?' || kind === 'descriptor' || kind === 'address') {
      return value;
    }
    if (typeof value !== 'bigint') throw new RangeError(`the Program has no literal ${kind}`);
    const number = Number(value);
    if (kind === 'client') return this.#names.client(number);
    const name = kind === 'file' ? fileName(number) : LISTS[kind]?.[number];
    if (name === undefined) throw new RangeError(`the Program names an unknown ${kind}`);
    return name;
  }

  #value(base: number): Operand {
    const { at } = LAYOUT.operand;
    const kind = this.#view.getUint8(base + at.kind);
    const value = this.#view.getBigUint64(base + at.value, true);
    if (kind === 0) return value;
    if (kind > 2) throw new RangeError('the Program has an operand of unknown kind');
    const number = this.#view.getUint32(base + at.slot, true);
    if (number >= SLOTS_MAX) throw new RangeError('the Program refers to a slot out of range');
    const flags = this.#view.getUint8(base + at.flags);
    const slot = this.#names.slot(number, (flags & FLAG_INDEXED) !== 0);
    if (kind === 1) return { slot };
    const width = this.#width(this.#view.getUint8(base + at.width));
    if (value > Number.MAX_SAFE_INTEGER) throw new RangeError('a field lies out of range');
    return { slot, offset: Number(value), width, ...((flags & 1) !== 0 ? { signed: true } : {}) };
  }

  #width(number: number): 1 | 2 | 4 | 8 {
    const width = WIDTHS.find((one) => one === number);
    if (width === undefined) throw new RangeError('the Program has a field of impossible width');
    return width;
  }
}

const LISTS: Readonly<Record<string, readonly string[]>> = { document: DOCUMENTS, stop: STOPS };

/** A file as `open` names it: a region, a node by its minor, or one of the list. Nothing else. */
function fileName(number: number): string | undefined {
  if (number < FIRST_FIXED_FILE) return `region:${number}`;
  if (number < FIRST_MINOR) return FILES[number - FIRST_FIXED_FILE];
  return number < FIRST_MINOR + FIRST_FIXED_FILE ? `minor:${number - FIRST_MINOR}` : undefined;
}
