/** SA_IOC_ALLOC, `_IOWR('S', 0, struct simple_allocate_data)`. Source: RFC v2 1/2, the header. */
export const SA_IOC_ALLOC = 0xc0205300;
/** Bytes of struct simple_allocate_data. */
export const REQUEST_BYTES = 32;
/** Offset of the length in it, for code that reads it alone. */
export const LENGTH_OFFSET = 8;

/** struct simple_allocate_data of RFC v2 1/2 over the bytes that a program passed. */
export class AllocateRequest {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  /** @param bytes at least {@link REQUEST_BYTES}; written through */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get version(): bigint {
    return this.#view.getBigUint64(0, true);
  }
  get length(): bigint {
    return this.#view.getBigUint64(LENGTH_OFFSET, true);
  }
  set length(bytes: bigint) {
    this.#view.setBigUint64(LENGTH_OFFSET, bytes, true);
  }
  get flags(): number {
    return this.#view.getUint32(16, true);
  }
  get reserved1(): number {
    return this.#view.getUint32(20, true);
  }
  get descriptor(): number {
    return this.#view.getInt32(24, true);
  }
  set descriptor(number: number) {
    this.#view.setInt32(24, number, true);
  }
  get reserved2(): number {
    return this.#view.getUint32(28, true);
  }
}
