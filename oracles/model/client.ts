import { linux } from '../../adapters/contract/index.ts';

/** The contents of a page: bytes that repeat from its start on, or unknown. */
export type Contents = Uint8Array | 'unknown';

const ZERO = Uint8Array.of(0);

/** A buffer as the model has it. */
export interface ModelBuffer {
  /** Bytes: what was asked for, in whole pages. */
  readonly bytes: bigint;
  readonly pages: bigint;
  /** O_RDONLY, O_WRONLY or O_RDWR, of its one open-file description. */
  readonly mode: bigint;
  /** By number of the page; what is not there was never written and is zero. */
  readonly contents: Map<bigint, Contents>;
  /** O_APPEND and O_NONBLOCK of its description, since they were asked for; else undefined. */
  status?: bigint | undefined;
  /** The name that was given to it last. */
  name?: Uint8Array;
}

/** A descriptor of a buffer. */
export interface ModelDescriptor {
  readonly buffer: ModelBuffer;
  closesOnExec: boolean;
}

/** A mapping of a buffer, or a piece of one that was cut. */
export interface ModelMapping {
  /** Addresses: the first byte, and the one behind the last. */
  readonly start: bigint;
  readonly end: bigint;
  readonly buffer: ModelBuffer;
  /** Page of the buffer at `start`. */
  readonly first: bigint;
  readonly protection: bigint;
  /** Whether what is written is seen by others. */
  readonly shared: boolean;
  /** Pages that were written to through a private mapping. */
  readonly copies: Map<bigint, Contents>;
}

/** Everything that one client holds, if it does one thing after the other. */
export class ClientModel {
  /** Bytes in a page. */
  readonly page: bigint;
  readonly descriptors = new Map<bigint, ModelDescriptor>();
  /** Descriptors that were closed, and not given again since. */
  readonly closed = new Set<bigint>();
  /** Which file each standard stream is that the client began with, since it was asked for. */
  readonly streams = new Map<bigint, string>();
  mappings: readonly ModelMapping[] = [];

  constructor(page: bigint) {
    this.page = page;
  }

  /**
   * A descriptor refers to a buffer from now on, or to something that the model does not follow.
   */
  give(number: bigint, descriptor?: ModelDescriptor): void {
    this.closed.delete(number);
    this.streams.delete(number);
    if (descriptor === undefined) this.descriptors.delete(number);
    else this.descriptors.set(number, descriptor);
  }

  close(number: bigint): void {
    this.descriptors.delete(number);
    this.streams.delete(number);
    this.closed.add(number);
  }

  /** A new mapping; what stood at its addresses is gone. */
  place(mapping: ModelMapping): void {
    this.remove(mapping.start, mapping.end);
    this.mappings = [...this.mappings, mapping];
  }

  /** The piece of a mapping that holds an address. */
  at(address: bigint): ModelMapping | undefined {
    for (const mapping of this.mappings) {
      if (mapping.start <= address && address < mapping.end) return mapping;
    }
    return undefined;
  }

  /** Takes the addresses [start, end) away. */
  remove(start: bigint, end: bigint): void {
    this.#replace(start, end, () => undefined);
  }

  /** mprotect of the addresses [start, end). */
  protect(start: bigint, end: bigint, protection: bigint): void {
    this.#replace(start, end, (piece) => ({ ...piece, protection }));
  }

  #replace(
    start: bigint,
    end: bigint,
    change: (piece: ModelMapping) => ModelMapping | undefined,
  ): void {
    const pieces: ModelMapping[] = [];
    let isOther = false;
    for (const one of this.mappings) {
      if (start >= one.end || one.start >= end) {
        pieces.push(one);
        continue;
      }
      isOther = true;
      const changed = change(this.#cut(one, greater(start, one.start), lesser(end, one.end)));
      if (one.start < start) pieces.push(this.#cut(one, one.start, start));
      if (changed !== undefined) pieces.push(changed);
      if (end < one.end) pieces.push(this.#cut(one, end, one.end));
    }
    if (isOther) this.mappings = pieces;
  }

  #cut(mapping: ModelMapping, start: bigint, end: bigint): ModelMapping {
    return { ...mapping, start, end, first: mapping.first + (start - mapping.start) / this.page };
  }
}

/** The bytes that a page of a mapping shows; undefined where the model does not say. */
export function contentsAt(mapping: ModelMapping, page: bigint): Contents | undefined {
  const { buffer, copies, shared } = mapping;
  if (!shared) return copies.get(page);
  return buffer.contents.get(page) ?? ZERO;
}

/** Whether a descriptor of this mode can be mapped at all. */
export const isReadable = ({ mode }: ModelBuffer): boolean =>
  mode === linux.O_RDONLY || mode === linux.O_RDWR;

const greater = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const lesser = (a: bigint, b: bigint): bigint => (a < b ? a : b);
