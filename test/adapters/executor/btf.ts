/** Type information of a kernel, as much of it as a structure of numbers needs. */

/** Kinds of types. Source: Documentation/bpf/btf.rst. */
const KIND = { int: 1, struct: 4, typedef: 8 } as const;
const HEAD_BYTES = 24;

/** A member of a structure: its name, the number of its type, and where it begins, in bytes. */
export type BtfMember = readonly [name: string, type: number, offset: number];

/** Writes types, which are numbered from 1 on, or go on where those of a kernel end. */
export class BtfWriter {
  readonly #base: BtfWriter | undefined;
  readonly #types: Buffer[] = [];
  #names: Buffer;

  constructor(base?: BtfWriter) {
    this.#base = base;
    this.#names = base === undefined ? Buffer.from('\0') : Buffer.alloc(0);
  }

  get #count(): number {
    return (this.#base === undefined ? 0 : this.#base.#count) + this.#types.length;
  }

  get #nameBytes(): number {
    return (this.#base === undefined ? 0 : this.#base.#nameBytes) + this.#names.length;
  }

  int(name: string, bytes: number): number {
    return this.#add(name, KIND.int, 0, bytes, [bytes * 8]);
  }

  typedef(name: string, type: number): number {
    return this.#add(name, KIND.typedef, 0, type, []);
  }

  struct(name: string, bytes: number, members: readonly BtfMember[]): number {
    const words = members.flatMap(([member, type, offset]) => [
      this.#name(member),
      type,
      offset * 8,
    ]);
    return this.#add(name, KIND.struct, members.length, bytes, words);
  }

  /** The whole file. */
  bytes(): Buffer {
    const types = Buffer.concat(this.#types);
    const names = this.#names.length === 0 ? Buffer.from('\0') : this.#names;
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeUInt16LE(0xeb9f, 0);
    head[2] = 1;
    for (const [index, word] of [HEAD_BYTES, 0, types.length, types.length, names.length].entries())
      head.writeUInt32LE(word, 4 + index * 4);
    return Buffer.concat([head, types, names]);
  }

  #name(text: string): number {
    const at = this.#nameBytes;
    this.#names = Buffer.concat([this.#names, Buffer.from(`${text}\0`)]);
    return at;
  }

  #add(name: string, kind: number, elements: number, size: number, words: number[]): number {
    const all = [this.#name(name), kind * 2 ** 24 + elements, size, ...words];
    const type = Buffer.alloc(all.length * 4);
    for (const [index, word] of all.entries()) type.writeUInt32LE(word, index * 4);
    this.#types.push(type);
    return this.#count;
  }
}
