import { linux, type SlotRef } from '../../adapters/contract/index.ts';
import type { Dice } from './dice.ts';
import type { OwnedBuffer } from './on-mappings.ts';
import type { ThreadWriter } from './thread-writer.ts';

const { DMA_BUF_IOCTL_SYNC, DMA_BUF_SET_NAME, F_DUPFD, F_GETFD, F_GETFL, F_SETFD } = linux;
const { F_SETFL, O_APPEND, O_CLOEXEC, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = linux;
const { POLLIN, POLLOUT, SEEK_END } = linux;

/** Steps on a buffer's descriptor. */
export const FILE_STEPS = [
  'duplicate',
  'close',
  'flags',
  'set-flags',
  'reopen',
  'seek',
  'transfer',
  'poll',
  'measure',
  'information',
  'synchronise',
  'name',
  'command',
] as const;

/** One of {@link FILE_STEPS}. */
export type FileStep = (typeof FILE_STEPS)[number];

/** Flags of struct dma_buf_sync: all that are right, and bits beside them. */
const SYNC_FLAGS = [1n, 2n, 3n, 5n, 6n, 7n, 0n, 4n, 8n, 9n, 1n << 31n, 1n << 32n, 1n << 63n, 11n];
/** Lengths of names around DMA_BUF_NAME_LEN. */
const NAME_LENGTHS = [0, 1, 30, 31, 32, 33, 64];
const OPENED = [O_RDWR, O_RDONLY, O_WRONLY, O_RDWR | O_CLOEXEC];

/**
 * Writes one step on a descriptor of a buffer, or on what used to be one.
 *
 * @param dice choose the arguments
 */
export function writeFileStep(
  writer: ThreadWriter,
  one: OwnedBuffer,
  kind: FileStep,
  dice: Dice,
): void {
  const { buffer, copies } = one;
  const fd = descriptorOf(writer, one, dice);
  switch (kind) {
    case 'duplicate':
      copies.push(duplicated(writer, fd, dice));
      break;
    case 'close':
      writer.add({ op: 'close', fd });
      break;
    case 'flags':
      writer.add({ op: 'fcntl', fd, command: dice.pick([F_GETFD, F_GETFL]) });
      break;
    case 'set-flags':
      setFlags(writer, fd, dice);
      break;
    case 'reopen':
      writer.add({ op: 'reopen', fd, flags: dice.pick(OPENED) });
      writer.add({ op: 'fcntl', fd, command: F_GETFL });
      break;
    case 'seek': {
      const offset = dice.pick([0n, 0n, 1n, writer.page, buffer.length, 1n << 63n]);
      const whence = dice.pick([SEEK_END, SEEK_END, 0n, 1n, 3n, 4n, 5n]);
      writer.add({ op: 'lseek', fd, offset, whence });
      break;
    }
    case 'poll':
      writer.add({ op: 'poll', fd, events: POLLIN | POLLOUT });
      break;
    case 'measure':
      writer.add({ op: 'fstat', fd });
      break;
    case 'information':
      writer.add({ op: 'readfile', document: '/proc/self/fdinfo', fd });
      break;
    default:
      writeCommand(writer, fd, kind, dice);
  }
}

function writeCommand(writer: ThreadWriter, fd: SlotRef, kind: FileStep, dice: Dice): void {
  if (kind === 'synchronise') {
    const bytes = new Uint8Array(BigUint64Array.of(dice.pick(SYNC_FLAGS)).buffer);
    writer.add({ op: 'ioctl', fd, request: DMA_BUF_IOCTL_SYNC, argument: { bytes } });
  } else if (kind === 'name') {
    const bytes = new TextEncoder().encode(`${'n'.repeat(dice.pick(NAME_LENGTHS))}\0`);
    writer.add({ op: 'ioctl', fd, request: DMA_BUF_SET_NAME, argument: { bytes } });
  } else if (kind === 'command') {
    writer.request(fd);
  } else if (kind === 'transfer') {
    const bytes = Uint8Array.of(1);
    const turn = dice.below(3);
    if (turn === 0) writer.add({ op: 'pread', fd, length: writer.page });
    else if (turn === 1) writer.add({ op: 'pwrite', fd, bytes });
    else writer.add({ op: 'ftruncate', fd, length: writer.page });
  }
}

function setFlags(writer: ThreadWriter, fd: SlotRef, dice: Dice): void {
  if (dice.below(3) === 0) {
    writer.add({ op: 'fcntl', fd, command: F_SETFD, value: dice.pick([0n, 1n]) });
    return;
  }
  const value = dice.pick([O_RDWR, O_WRONLY, O_RDONLY]) | dice.pick([0n, O_APPEND, O_NONBLOCK]);
  writer.add({ op: 'fcntl', fd, command: F_SETFL, value });
  writer.add({ op: 'fcntl', fd, command: F_GETFL });
}

function duplicated(writer: ThreadWriter, fd: SlotRef, dice: Dice): string {
  const slot = writer.slot();
  if (dice.below(3) === 0) writer.add({ op: 'fcntl', slot, fd, command: F_DUPFD, value: 8n });
  else writer.add({ op: 'dup', slot, fd });
  return slot;
}

/** The buffer's own descriptor as a rule, else a duplicate of it. */
function descriptorOf(writer: ThreadWriter, { buffer, copies }: OwnedBuffer, dice: Dice): SlotRef {
  const copy = dice.below(4) === 3 ? copies.at(-1) : undefined;
  return copy === undefined ? writer.descriptor(buffer) : { slot: copy };
}
