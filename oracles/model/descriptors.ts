import { linux } from '../../adapters/contract/index.ts';
import { type Event, intOf } from '../timeline/timeline.ts';
import type { ModelDescriptor } from './client.ts';
import {
  closedFault,
  descriptorValue,
  type Expectation,
  type ModelStep,
  type OperationRules,
} from './expectation.ts';

const { F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_GETFL, F_SETFD, F_SETFL, FD_CLOEXEC } = linux;
const { O_ACCMODE, O_APPEND, O_CLOEXEC, O_NONBLOCK } = linux;

/** Flags of a description that change only when F_SETFL changes them. */
const STATUS = O_APPEND | O_NONBLOCK;

/** A duplicate can be made of what is open, unless the table is full. */
function duplicates(step: ModelStep, number: bigint): Expectation | undefined {
  const [closed] = closedFault(step.model, number);
  if (closed !== undefined) return closed;
  if (!step.model.descriptors.has(number)) return undefined;
  return { requirement: 'FD-03', words: ['ok', 'EMFILE', 'EINVAL'] };
}

/** Numbers that may lie behind the end of a table, whose limit is not known. */
const LIMIT_LEAST = 1024n;

/** A duplicate at a number of choice; one that no table has is refused. */
function duplicatesTo(step: ModelStep, number: bigint, to: bigint): Expectation | undefined {
  const expected = duplicates(step, number);
  if (expected === undefined || (to >= 0n && to < LIMIT_LEAST)) return expected;
  const words = to < 0n ? ['EBADF'] : [...expected.words, 'EBADF'];
  // dup2 of a descriptor to itself looks at nothing else.
  return { ...expected, words: to === number ? [...expected.words, ...words] : words };
}

/** dup3 looks at its numbers and flags before it looks for the file. */
function duplicatesExactly(
  step: ModelStep,
  [number, to]: readonly [bigint, bigint],
  flags: bigint,
): Expectation | undefined {
  const expected = duplicatesTo(step, number, to);
  const early = number === to || (flags & ~O_CLOEXEC) !== 0n;
  if (expected === undefined || !early) return expected;
  return { ...expected, words: [...expected.words, 'EINVAL'] };
}

/** The returned descriptor refers to what another one does. */
function gives({ event, model }: ModelStep, from: bigint, closesOnExec: boolean): true {
  const source = model.descriptors.get(from);
  const copy = source === undefined ? undefined : { buffer: source.buffer, closesOnExec };
  model.give(event.result.value, copy);
  return true;
}

/** Operations that give descriptors, take them and ask for their flags. */
export const descriptorRules: OperationRules = {
  open: {
    follows: ({ event, model }) => {
      model.give(event.result.value);
      return true;
    },
  },
  close: {
    expects: (step, { fd }) => {
      const number = descriptorValue(step, fd);
      const [closed] = closedFault(step.model, number);
      if (closed !== undefined) return closed;
      if (!step.model.descriptors.has(number)) return undefined;
      return { requirement: 'LIF-01', words: ['ok'] };
    },
    follows: (step, { fd }) => {
      step.model.close(descriptorValue(step, fd));
      return true;
    },
  },
  dup: {
    expects: (step, { fd }) => duplicates(step, descriptorValue(step, fd)),
    follows: (step, { fd }) => gives(step, descriptorValue(step, fd), false),
  },
  dup2: {
    expects: (step, { fd, to }) =>
      duplicatesTo(step, descriptorValue(step, fd), descriptorValue(step, to)),
    follows: (step, { fd, to }) =>
      descriptorValue(step, to) === descriptorValue(step, fd) ||
      gives(step, descriptorValue(step, fd), false),
  },
  dup3: {
    expects: (step, { fd, flags, to }) =>
      duplicatesExactly(
        step,
        [descriptorValue(step, fd), descriptorValue(step, to)],
        step.timeline.valueOf(flags),
      ),
    follows: (step, { fd, flags }) =>
      gives(step, descriptorValue(step, fd), (step.timeline.valueOf(flags) & O_CLOEXEC) !== 0n),
  },
  fcntl: {
    expects: (step, { command, fd }) => {
      const number = descriptorValue(step, fd);
      const asked = intOf(step.timeline.valueOf(command));
      if (asked === F_DUPFD || asked === F_DUPFD_CLOEXEC) return duplicates(step, number);
      const [closed] = closedFault(step.model, number);
      if (closed !== undefined) return closed;
      const held = step.model.descriptors.get(number);
      return held === undefined ? undefined : flagsOf(held, asked, step.event);
    },
    follows: (step, { command, fd, value }) => {
      const number = descriptorValue(step, fd);
      const asked = intOf(step.timeline.valueOf(command));
      const held = step.model.descriptors.get(number);
      if (asked === F_DUPFD || asked === F_DUPFD_CLOEXEC) {
        return gives(step, number, asked === F_DUPFD_CLOEXEC);
      }
      if (asked === F_SETFD && held !== undefined) {
        held.closesOnExec = (step.timeline.valueOf(value ?? 0n) & FD_CLOEXEC) !== 0n;
      }
      if (asked === F_GETFL && held !== undefined) {
        held.buffer.status = step.event.result.value & STATUS;
      } else if (asked === F_SETFL && held !== undefined) held.buffer.status = undefined;
      return true;
    },
  },
  // What it opens is not followed: it must not give what the buffer's own description lacks.
  reopen: {
    follows: ({ event, model }) => {
      model.give(event.result.value);
      return true;
    },
  },
};

function flagsOf(
  held: ModelDescriptor,
  command: bigint,
  { result }: Event,
): Expectation | undefined {
  const { buffer, closesOnExec } = held;
  if (command === F_GETFD) {
    return {
      requirement: 'FLG-02',
      words: ['ok'],
      holds: () => ((result.value & FD_CLOEXEC) !== 0n) === closesOnExec,
      wrong: `exec ${closesOnExec ? 'keeps' : 'closes'} what it should not`,
    };
  }
  if (command !== F_GETFL) return undefined;
  if ((result.value & O_ACCMODE) === buffer.mode && buffer.status !== undefined) {
    return {
      requirement: 'ERR-14',
      words: ['ok'],
      holds: () => (result.value & STATUS) === buffer.status,
      wrong: 'its status flags changed, and nothing set them',
    };
  }
  return {
    requirement: 'FLG-03',
    words: ['ok'],
    holds: () => (result.value & O_ACCMODE) === buffer.mode,
    wrong: 'the access mode is not the one that was asked for',
  };
}
