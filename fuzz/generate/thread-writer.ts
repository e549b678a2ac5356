import {
  linux,
  type Operation,
  type Placement,
  type RegionFacts,
  type SlotRef,
} from '../../adapters/contract/index.ts';
import { commandOf, type Fields, fieldOf, requestBytes } from '../../catalogue/abi-request.ts';
import type { GeneratorContext } from './scenario.ts';

const { MAP_SHARED, PROT_READ, PROT_WRITE } = linux;
const ZERO = Uint8Array.of(0);
const ENCODER = new TextEncoder();

/** The slot of the device’s descriptor, which every client inherits. */
export const DEVICE = 'device';

/** A buffer that a thread has asked for, as it is known when the Program is written. */
export interface WrittenBuffer {
  readonly slot: string;
  readonly length: bigint;
  /** Slot of its mapping, once there is one. */
  mapping?: string;
  /** Bytes that all of it was filled with. */
  stamp?: Uint8Array;
}

/** Writes the operations of one thread. Slots are named after it, so that threads share none. */
export class ThreadWriter {
  readonly operations: Operation[] = [];
  /** Slot of the descriptor through which buffers are asked for. */
  device = DEVICE;
  readonly #context: GeneratorContext;
  readonly #name: string;
  #slots = 0;

  constructor(context: GeneratorContext, name: string) {
    this.#context = context;
    this.#name = name;
  }

  /** Bytes in a page. */
  get page(): bigint {
    return this.#context.page;
  }

  /** A length that a bounded region does not have; undefined where no length is too long. */
  get tooLong(): bigint | undefined {
    const { page, region } = this.#context;
    return region.bounded ? (region.sizeBytes ?? 1n << 40n) + page : undefined;
  }

  /** Whether documents of /proc can be read. */
  get hasProcfs(): boolean {
    return this.#context.capabilities.has('procfs');
  }

  slot(): string {
    this.#slots += 1;
    return `${this.#name}-${this.#slots}`;
  }

  add(operation: Operation): void {
    this.operations.push(operation);
  }

  /** Asks for a buffer. */
  allocate(fields: Fields = {}, placement?: Placement): WrittenBuffer {
    const { page } = this.#context;
    const length = fields.length ?? page;
    const slot = this.request({ slot: this.device }, { ...fields, length }, placement);
    return { slot, length: ((length + page - 1n) / page) * page };
  }

  /** Asks anything for a buffer, and says the slot of the answer. */
  request(fd: SlotRef, fields: Fields = {}, placement?: Placement): string {
    const slot = this.slot();
    this.add(this.requestOf(slot, fields, placement, fd));
    return slot;
  }

  /** A request for a buffer of a page, with the given fields changed. */
  requestOf(
    slot: string,
    fields: Fields,
    placement?: Placement,
    fd: SlotRef = { slot: this.device },
  ): Operation {
    const { abi, page } = this.#context;
    return {
      op: 'ioctl',
      slot,
      fd,
      request: commandOf(abi),
      argument: {
        bytes: requestBytes(abi, { length: page, ...fields }),
        ...(placement === undefined ? {} : { placement }),
      },
    };
  }

  /** Opens a region anew: buffers are asked for through this descriptor from now on. */
  open(region: RegionFacts = this.#context.region): void {
    const slot = this.slot();
    this.add({ op: 'open', slot, file: region.name, flags: linux.O_RDWR });
    this.device = slot;
  }

  /** The descriptor of a buffer as an operand. */
  descriptor({ slot }: Pick<WrittenBuffer, 'slot'>): SlotRef {
    const { offset, width, signed } = fieldOf(this.#context.abi, 'descriptor');
    return { slot, offset, width, signed: signed === true };
  }

  map(buffer: WrittenBuffer, fd: SlotRef = this.descriptor(buffer)): string {
    const slot = this.slot();
    const protection = PROT_READ | PROT_WRITE;
    this.add({ op: 'mmap', slot, length: buffer.length, protection, flags: MAP_SHARED, fd });
    buffer.mapping = slot;
    return slot;
  }

  /** Looks at a new buffer: its page frames where the target tells them, and whether it is zero. */
  look(buffer: WrittenBuffer): void {
    if (buffer.mapping === undefined) return;
    const address = { slot: buffer.mapping };
    const { length } = buffer;
    if (this.#context.capabilities.has('frames')) this.add({ op: 'frames', address, length });
    this.add({ op: 'scan', address, length, bytes: buffer.stamp ?? ZERO });
  }

  /** Fills a buffer with bytes that no other has, made from a name. */
  stamp(buffer: WrittenBuffer, name = buffer.slot): void {
    if (buffer.mapping === undefined) return;
    const bytes = ENCODER.encode(name.padEnd(8, '~').slice(-8));
    this.add({ op: 'store', address: { slot: buffer.mapping }, length: buffer.length, bytes });
    buffer.stamp = bytes;
  }

  /** Looks whether a buffer still has what was written to it. */
  check({ length, mapping, stamp = ZERO }: WrittenBuffer): void {
    if (mapping === undefined) return;
    this.add({ op: 'scan', address: { slot: mapping }, length, bytes: stamp });
  }

  unmap(buffer: WrittenBuffer): void {
    if (buffer.mapping === undefined) return;
    this.add({ op: 'munmap', address: { slot: buffer.mapping }, length: buffer.length });
    delete buffer.mapping;
  }

  close(buffer: Pick<WrittenBuffer, 'slot'>): void {
    this.add({ op: 'close', fd: this.descriptor(buffer) });
  }
}
