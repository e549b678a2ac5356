import { linux, type Operand, type SlotRef } from '../../adapters/contract/index.ts';
import type { Dice } from './dice.ts';
import type { OwnedBuffer } from './on-mappings.ts';
import type { ThreadWriter } from './thread-writer.ts';

const { DMA_BUF_IOCTL_SYNC, DMA_BUF_SET_NAME, F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD } = linux;
const { F_GETFL, F_SETFD, F_SETFL, O_APPEND, O_CLOEXEC, O_NONBLOCK, O_PATH } = linux;
const { O_RDONLY, O_RDWR, O_WRONLY } = linux;
const { POLLIN, POLLOUT, SEEK_END } = linux;

/** Steps on a buffer's descriptor. */
export const FILE_STEPS = [
  'duplicate',
  'replace',
  'close',
  'flags',
  'refused',
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
const OPENED = [O_RDWR, O_RDONLY, O_WRONLY, O_RDWR | O_CLOEXEC, O_PATH];
/** Offsets around the ends of 31, 32 and 63 bits; a negative one is refused for another reason. */
const FAR = [0n, 1n << 12n, (1n << 31n) - 1n, 1n << 31n, 1n << 32n, (1n << 63n) - 1n];
/** Numbers that no table has, as a signed int of 32 bits has them: -1, -2, -3 and the least. */
const NEGATIVE = [0xffff_ffffn, 0xffff_fffen, 0xffff_fffdn, 0x8000_0000n];
/** Steps whose descriptor may be a number that no table has. */
const ON_NUMBERS: readonly FileStep[] = ['duplicate', 'close', 'flags', 'measure'];

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
  const fd = operandFor(writer, one, kind, dice);
  switch (kind) {
    case 'duplicate':
      copies.push(duplicated(writer, fd, dice));
      break;
    case 'replace':
      replace(writer, fd, dice);
      break;
    case 'close':
      writer.add({ op: 'close', fd });
      // What was open is remembered by nothing.
      if (dice.below(2) === 0) writer.add({ op: 'fstat', fd });
      break;
    case 'flags':
      writer.add({ op: 'fcntl', fd, command: dice.pick([F_GETFD, F_GETFL]) });
      break;
    case 'refused':
      refuse(writer, fd, dice);
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
    case 'transfer':
      transfer(writer, fd, dice);
      break;
    default:
      writeCommand(writer, descriptorOf(writer, one, dice), kind, dice);
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
  }
}

/** Bytes of a buffer are for mappings: each of these is refused, wherever it begins. */
function transfer(writer: ThreadWriter, fd: Operand, dice: Dice): void {
  const bytes = new Uint8Array(dice.pick([0, 1, 1]));
  writer.add({ op: 'pread', fd, length: writer.page, offset: dice.pick(FAR) });
  writer.add({ op: 'pwrite', fd, bytes, offset: dice.pick(FAR) });
  writer.add({ op: 'ftruncate', fd, length: dice.pick([writer.page, ...FAR]) });
}

/** A request that is refused changes no flag of what was there before it. */
function refuse(writer: ThreadWriter, fd: Operand, dice: Dice): void {
  const { tooLong } = writer;
  const lengths = [0n, (1n << 64n) - 1n, ...(tooLong === undefined ? [] : [tooLong, tooLong])];
  for (const command of [F_GETFD, F_GETFL]) writer.add({ op: 'fcntl', fd, command });
  writer.allocate({ length: dice.pick(lengths) });
  for (const command of [F_GETFD, F_GETFL]) writer.add({ op: 'fcntl', fd, command });
}

function setFlags(writer: ThreadWriter, fd: Operand, dice: Dice): void {
  if (dice.below(3) === 0) {
    writer.add({ op: 'fcntl', fd, command: F_SETFD, value: dice.pick([0n, 1n]) });
    return;
  }
  const value = dice.pick([O_RDWR, O_WRONLY, O_RDONLY]) | dice.pick([0n, O_APPEND, O_NONBLOCK]);
  writer.add({ op: 'fcntl', fd, command: F_SETFL, value });
  writer.add({ op: 'fcntl', fd, command: F_GETFL });
}

/** A descriptor that was a buffer's own becomes one of another buffer. */
function replace(writer: ThreadWriter, fd: Operand, dice: Dice): void {
  const to = writer.descriptor(writer.allocate());
  if (dice.below(2) === 0) writer.add({ op: 'dup2', fd, to });
  else writer.add({ op: 'dup3', fd, to, flags: dice.pick([0n, O_CLOEXEC]) });
}

function duplicated(writer: ThreadWriter, fd: Operand, dice: Dice): string {
  const slot = writer.slot();
  if (dice.below(3) === 0) {
    const command = dice.pick([F_DUPFD, F_DUPFD_CLOEXEC]);
    writer.add({ op: 'fcntl', slot, fd, command, value: 8n });
  } else writer.add({ op: 'dup', slot, fd });
  return slot;
}

/** What a step is on: seldom a number that is no descriptor. */
function operandFor(writer: ThreadWriter, one: OwnedBuffer, kind: FileStep, dice: Dice): Operand {
  const made = ON_NUMBERS.includes(kind) && dice.below(12) === 0;
  return made ? dice.pick(NEGATIVE) : descriptorOf(writer, one, dice);
}

/** The buffer's own descriptor as a rule, else a duplicate of it. */
function descriptorOf(writer: ThreadWriter, { buffer, copies }: OwnedBuffer, dice: Dice): SlotRef {
  const copy = dice.below(4) === 3 ? copies.at(-1) : undefined;
  return copy === undefined ? writer.descriptor(buffer) : { slot: copy };
}
