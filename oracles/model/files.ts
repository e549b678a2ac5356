import { type Argument, linux, statOf, textOfBytes } from '../../adapters/contract/index.ts';
import { commandOf, fieldOf, readField } from '../../catalogue/abi-request.ts';
import { descriptorGiven } from '../timeline/allocations.ts';
import { intOf } from '../timeline/timeline.ts';
import type { ModelBuffer } from './client.ts';
import {
  closedFault,
  descriptorValue,
  type Expectation,
  type ModelStep,
  type OperationRules,
} from './expectation.ts';

const { DMA_BUF_IOCTL_SYNC, DMA_BUF_NAME_LEN, DMA_BUF_SET_NAME } = linux;
const { DMA_BUF_SYNC_RW, DMA_BUF_SYNC_VALID_FLAGS_MASK, O_ACCMODE, O_CLOEXEC } = linux;
const { POLLIN, POLLOUT, SEEK_END, SEEK_SET } = linux;

/** The expectation of an operation on a buffer's descriptor. */
const onBuffer = (
  step: ModelStep,
  fd: Parameters<typeof descriptorValue>[1],
  expects: (buffer: ModelBuffer) => Expectation | undefined,
): Expectation | undefined => {
  const number = descriptorValue(step, fd);
  const [closed] = closedFault(step.model, number);
  const held = step.model.descriptors.get(number);
  return closed ?? (held === undefined ? undefined : expects(held.buffer));
};

const refused: Expectation = { requirement: 'FD-07', words: ['error'] };

/** Operations on the files behind descriptors. */
export const fileRules: OperationRules = {
  ioctl: {
    expects: (step, operation) => {
      const { fd, request } = operation;
      if (step.deviceOf(step.event) !== undefined) return undefined;
      if (operation.argument.placement !== undefined) return undefined;
      const command = step.timeline.valueOf(request);
      return onBuffer(step, fd, () => bufferCommand(step, command, operation.argument.bytes));
    },
    follows: (step, { argument, fd, request }) => {
      const command = step.timeline.valueOf(request);
      if (step.deviceOf(step.event) !== undefined) return allocated(step, command, argument);
      const held = step.model.descriptors.get(descriptorValue(step, fd));
      if (command === DMA_BUF_SET_NAME && held !== undefined) {
        held.buffer.name = textIn(argument.bytes);
      }
      return command === DMA_BUF_SET_NAME || command === DMA_BUF_IOCTL_SYNC;
    },
  },
  lseek: {
    expects: (step, { fd, offset, whence }) =>
      onBuffer(step, fd, ({ bytes }) => {
        const [from, by] = [intOf(step.timeline.valueOf(whence)), step.timeline.valueOf(offset)];
        if (by !== 0n || (from !== SEEK_END && from !== SEEK_SET)) {
          return { requirement: 'FD-08', words: ['EINVAL'] };
        }
        return {
          requirement: 'FD-08',
          words: ['ok'],
          holds: ({ result }) => result.value === (from === SEEK_END ? bytes : 0n),
          wrong: 'the end is not where the pages end',
        };
      }),
  },
  pread: { expects: (step, { fd }) => onBuffer(step, fd, () => refused) },
  pwrite: { expects: (step, { fd }) => onBuffer(step, fd, () => refused) },
  ftruncate: {
    expects: (step, { fd }) =>
      // Its descriptor may also be one that is not open for writing: that is a refusal, too.
      onBuffer(step, fd, () => refused),
    follows: () => true,
  },
  poll: {
    expects: (step, { events, fd }) => {
      if (step.timeline.valueOf(events) !== (POLLIN | POLLOUT)) return undefined;
      if (!step.model.descriptors.has(descriptorValue(step, fd))) return undefined;
      return {
        requirement: 'FD-09',
        words: ['ok'],
        holds: ({ result }) => result.value === (POLLIN | POLLOUT),
        wrong: 'it is not ready',
      };
    },
  },
  fstat: {
    expects: (step, { fd }) =>
      sameStream(step, descriptorValue(step, fd)) ??
      onBuffer(step, fd, ({ bytes }) => ({
        requirement: 'LEN-04',
        words: ['ok'],
        holds: ({ result: { out } }) => [bytes, 0n].includes(statOf(out).size),
        wrong: 'st_size is another size',
      })),
    follows: (step, { fd }) => {
      const number = descriptorValue(step, fd);
      const isStream = number >= 0n && number <= LAST_STREAM;
      const { closed, descriptors, streams } = step.model;
      if (isStream && !closed.has(number) && !descriptors.has(number)) {
        streams.set(number, identityIn(step.event.result.out));
      }
      return true;
    },
  },
  readfile: {
    expects: (step, { document, fd }) => {
      if (document !== '/proc/self/fdinfo' || fd === undefined) return undefined;
      const held = step.model.descriptors.get(descriptorValue(step, fd));
      return held === undefined ? undefined : information(held.buffer);
    },
  },
  frames: {},
  descriptors: {},
};

/** Standard error. */
const LAST_STREAM = 2n;

/** A stream that nothing closed and nothing gave anew is the file that it was. */
function sameStream({ model }: ModelStep, number: bigint): Expectation | undefined {
  const before = model.streams.get(number);
  if (before === undefined) return undefined;
  return {
    requirement: 'ERR-14',
    words: ['ok'],
    holds: ({ result }) => identityIn(result.out) === before,
    wrong: 'a descriptor that nothing touched refers to another file',
  };
}

function identityIn(out: Uint8Array): string {
  const { device, inode, nodeDevice } = statOf(out);
  return `${device} ${inode} ${nodeDevice}`;
}

function bufferCommand(
  step: ModelStep,
  command: bigint,
  bytes: Uint8Array,
): Expectation | undefined {
  if (command === commandOf(step.abi)) return { requirement: 'IOC-09', words: ['ENOTTY'] };
  if (command === DMA_BUF_SET_NAME) {
    const long = textIn(bytes).length >= Number(DMA_BUF_NAME_LEN);
    return { requirement: 'FD-12', words: [long ? 'EINVAL' : 'ok', 'ENOTTY'] };
  }
  if (command !== DMA_BUF_IOCTL_SYNC || bytes.length !== 8) return undefined;
  const flags = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  const valid = (flags & ~DMA_BUF_SYNC_VALID_FLAGS_MASK) === 0n && (flags & DMA_BUF_SYNC_RW) !== 0n;
  if (valid) return { requirement: 'FD-02', words: ['ok', 'EINTR'] };
  return { requirement: 'FD-10', words: ['EINVAL'] };
}

/** A new buffer; of other commands that succeed it is unknown what they did. */
function allocated(step: ModelStep, command: bigint, { bytes, placement }: Argument): boolean {
  const { abi, event, model } = step;
  if (command !== commandOf(abi) || event.result.out.length < abi.command.size) return false;
  if (placement?.kind === 'flipped') {
    // Which of two requests it was, others may say.
    model.give(descriptorGiven(event, abi));
    return true;
  }
  const flags = readField(bytes, fieldOf(abi, 'flags'));
  const asked = readField(bytes, fieldOf(abi, 'length'));
  const pages = (asked + model.page - 1n) / model.page;
  const buffer = {
    bytes: pages * model.page,
    pages,
    mode: flags & O_ACCMODE,
    contents: new Map(),
  };
  model.give(descriptorGiven(event, abi), { buffer, closesOnExec: (flags & O_CLOEXEC) !== 0n });
  return true;
}

/** The size and the name in fdinfo, where it shows them. */
function information({ bytes, name }: ModelBuffer): Expectation {
  return {
    requirement: 'LEN-04',
    words: ['ok'],
    holds: ({ result }) => {
      const text = textOfBytes(result.out);
      const size = /^size:\t(\d+)$/m.exec(text)?.[1];
      const shown = /^name:\t(.*)$/m.exec(text)?.[1];
      const named = name === undefined || name.length === 0 || shown === decoded(name);
      return (size === undefined || BigInt(size) === bytes) && named;
    },
    wrong: 'fdinfo shows another size or name',
  };
}

/** A text up to its NUL. */
const textIn = (bytes: Uint8Array): Uint8Array => {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
};

const decoded = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
