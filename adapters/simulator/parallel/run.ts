import {
  FIRST_DESCRIPTOR,
  HEAD,
  NOT_RUN,
  OPERATION_WORDS,
  PACKED,
  PACKED_SLOTS,
  RESULT_WORDS,
} from '../../contract/packed.ts';

/** The calls of a packed Program. They return an errno by number, and leave the rest here. */
export interface PackedCalls {
  /** The descriptor that the last call made, or the word that a check found. */
  value: number;
  /** The first page of the buffer that the last call made, or the page that a check found. */
  page: number;
  allocate(pages: number): number;
  duplicate(descriptor: number): number;
  close(descriptor: number): number;
  stamp(descriptor: number, word: number): number;
  check(descriptor: number, word: number): number;
}

/**
 * Runs a packed Program straight through and writes what came of it. Tickets come from one word of
 * shared memory: nothing that a call reads or writes can move before the atomic addition that gave
 * its first ticket, nor behind the one that gave its last, on any processor. So the ticket of a
 * return is smaller than that of whatever another thread called because of it. Nothing lies between
 * a return and the thread's next call, so that one ticket serves both.
 *
 * Nothing is allocated on the way: a call is a few words here, and costs what the target does.
 */
export function runPacked(
  calls: PackedCalls,
  memory: Int32Array,
  program: Int32Array,
  history: Int32Array,
): void {
  const slots = new Int32Array(PACKED_SLOTS);
  let ticket = Atomics.add(memory, HEAD.clock, 1);
  for (let at = 0, out = 0; at < program.length; at += OPERATION_WORDS, out += RESULT_WORDS) {
    const kind = program[at] as number;
    const slot = program[at + 1] as number;
    const descriptor = slots[slot] as number;
    if (kind !== PACKED.allocate && descriptor < FIRST_DESCRIPTOR) {
      history[out] = NOT_RUN;
      continue;
    }
    calls.value = 0;
    calls.page = -1;
    history[out + 3] = ticket;
    const errno = called(calls, kind, descriptor, program[at + 2] as number);
    ticket = Atomics.add(memory, HEAD.clock, 1);
    history[out + 4] = ticket;
    history[out] = errno;
    history[out + 1] = calls.value;
    history[out + 2] = calls.page;
    if (kind === PACKED.allocate) slots[slot] = errno === 0 ? calls.value : 0;
    else if (kind === PACKED.duplicate) slots[program[at + 2] as number] = calls.value;
    else if (kind === PACKED.close) slots[slot] = 0;
  }
}

function called(calls: PackedCalls, kind: number, descriptor: number, value: number): number {
  switch (kind) {
    case PACKED.allocate:
      return calls.allocate(value);
    case PACKED.duplicate:
      return calls.duplicate(descriptor);
    case PACKED.close:
      return calls.close(descriptor);
    case PACKED.stamp:
      return calls.stamp(descriptor, value);
    case PACKED.check:
      return calls.check(descriptor, value);
    default:
      throw new RangeError(`no packed operation has the number ${kind}`);
  }
}
