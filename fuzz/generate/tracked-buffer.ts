import { linux, type SlotRef } from '../../adapters/contract/index.ts';
import { DEVICE, type ThreadWriter, type WrittenBuffer } from './thread-writer.ts';

const { MAP_SHARED, MREMAP_MAYMOVE, MSG_PEEK, PROT_READ, PROT_WRITE } = linux;

/** Steps on the references to a buffer. */
export const LIFETIME_STEPS = [
  'allocate',
  'duplicate',
  'close',
  'close-duplicate',
  'map-again',
  'unmap',
  'unmap-part',
  'grow',
  'shrink',
  'send',
  'receive',
  'peek',
  'check',
  'challenge',
  'close-twice',
  'open-device',
  'close-device',
] as const;

/** One of {@link LIFETIME_STEPS}. */
export type LifetimeStep = (typeof LIFETIME_STEPS)[number];

/** A buffer with the further descriptors, mappings and messages that a thread has made of it. */
export interface TrackedBuffer {
  readonly buffer: WrittenBuffer;
  readonly duplicates: string[];
  readonly mappings: string[];
  /** Slots of socket pairs, each with one message that was not received yet. */
  readonly messages: string[];
  open: boolean;
}

/** Writes one step; one that has nothing to work on writes nothing. */
export function writeStep(
  writer: ThreadWriter,
  followed: TrackedBuffer,
  kind: Exclude<LifetimeStep, 'allocate'>,
): void {
  const { buffer, duplicates, mappings } = followed;
  const fd = writer.descriptor(buffer);
  switch (kind) {
    case 'duplicate': {
      const slot = writer.slot();
      writer.add({ op: 'dup', slot, fd });
      duplicates.push(slot);
      break;
    }
    case 'close':
      if (followed.open) writer.close(buffer);
      followed.open = false;
      break;
    case 'close-twice':
      writer.close(buffer);
      writer.close(buffer);
      followed.open = false;
      break;
    case 'close-duplicate': {
      const slot = duplicates.pop();
      if (slot !== undefined) writer.add({ op: 'close', fd: { slot } });
      break;
    }
    case 'map-again': {
      const slot = writer.slot();
      const protection = PROT_READ | PROT_WRITE;
      writer.add({ op: 'mmap', slot, length: buffer.length, protection, flags: MAP_SHARED, fd });
      mappings.push(slot);
      break;
    }
    case 'send':
    case 'receive':
    case 'peek':
      pass(writer, followed, kind);
      break;
    default:
      writeOther(writer, followed, kind);
  }
}

function writeOther(writer: ThreadWriter, followed: TrackedBuffer, kind: LifetimeStep): void {
  const { buffer, mappings } = followed;
  const { length, mapping, stamp } = buffer;
  if (kind === 'unmap') {
    const slot = mappings.pop();
    if (slot === undefined) writer.unmap(buffer);
    else writer.add({ op: 'munmap', address: { slot }, length });
  } else if (kind === 'unmap-part' && mapping !== undefined) {
    writer.add({ op: 'munmap', address: { slot: mapping }, length: writer.page });
    delete buffer.mapping;
  } else if (kind === 'grow' && mapping !== undefined) {
    const newLength = length + writer.page;
    const address = { slot: mapping };
    writer.add({ op: 'mremap', address, oldLength: length, newLength, flags: MREMAP_MAYMOVE });
  } else if (kind === 'shrink' && mapping !== undefined && length > writer.page) {
    // Nothing but the mapping is to hold the buffer.
    if (followed.open) writer.close(buffer);
    followed.open = false;
    shrink(writer, buffer, mapping);
  } else if (kind === 'check') {
    writer.check(buffer);
    for (const slot of mappings)
      writer.add({ op: 'scan', address: { slot }, length, bytes: stamp ?? Uint8Array.of(0) });
  } else if (kind === 'challenge') {
    challenge(writer, length);
  } else if (kind === 'open-device' && writer.device === DEVICE) {
    writer.open();
  } else if (kind === 'close-device' && writer.device !== DEVICE) {
    writer.add({ op: 'close', fd: { slot: writer.device } });
    writer.device = DEVICE;
  }
}

/** Makes a mapping as short as it can be, and looks whether it holds the buffer all the same. */
function shrink(writer: ThreadWriter, buffer: WrittenBuffer, mapping: string): void {
  const { length, stamp = Uint8Array.of(0) } = buffer;
  const { page } = writer;
  const address = { slot: mapping };
  writer.add({ op: 'mremap', address, oldLength: length, newLength: page, flags: 0n });
  challenge(writer, length);
  writer.add({ op: 'scan', address, length: page, bytes: stamp });
  writer.add({ op: 'munmap', address, length: page });
  delete buffer.mapping;
}

/** Sends a buffer that no client receives, or takes one out of a message again. */
function pass(
  writer: ThreadWriter,
  { buffer, duplicates, messages }: TrackedBuffer,
  kind: 'send' | 'receive' | 'peek',
): void {
  const peeks = kind === 'peek';
  const end = (slot: string, offset: 0 | 4): SlotRef => ({ slot, offset, width: 4, signed: true });
  if (kind === 'send') {
    const slot = writer.slot();
    writer.add({ op: 'socketpair', slot });
    writer.add({ op: 'sendfd', fd: end(slot, 0), passed: writer.descriptor(buffer) });
    messages.push(slot);
    return;
  }
  const from = messages.pop();
  if (from === undefined) return;
  // A look at the message leaves it where it is, and gives a descriptor as well.
  if (peeks) writer.add({ op: 'recvfd', slot: writer.slot(), fd: end(from, 4), flags: MSG_PEEK });
  const slot = writer.slot();
  writer.add({ op: 'recvfd', slot, fd: end(from, 4) });
  duplicates.push(slot);
  const copy = { ...buffer };
  writer.map(copy, { slot });
  writer.check(copy);
  writer.unmap(copy);
}

/**
 * Asks for two buffers of the same size and writes to them: what was freed too early changes, and
 * so does what was freed beside it.
 */
function challenge(writer: ThreadWriter, length: bigint): void {
  const pair = [writer.allocate({ length }), writer.allocate({ length })];
  for (const fresh of pair) {
    writer.map(fresh);
    writer.look(fresh);
    writer.stamp(fresh);
  }
  for (const fresh of pair) {
    writer.close(fresh);
    writer.unmap(fresh);
  }
}
