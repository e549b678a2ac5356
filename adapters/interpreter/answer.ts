import type { ErrnoWord } from '../contract/errno.ts';
import type { Result } from '../contract/history.ts';

/** What came of a call when a number or an errno does not say it all. */
export interface Answer {
  readonly value?: bigint | ErrnoWord;
  readonly out?: Uint8Array;
  /** A fault, and the byte from the given address that raised it. */
  readonly signal?: 'SIGSEGV' | 'SIGBUS';
  readonly faultOffset?: bigint;
  readonly redZone?: readonly ('before' | 'after')[];
  readonly unsupported?: true;
}

/** What a call returns: its value, the errno that it failed with, or more than that. */
export type CallReply = bigint | ErrnoWord | Answer;

const NO_BYTES = new Uint8Array(0);

/** A reply as it is recorded. */
export function resultOf(reply: CallReply, call: bigint, returned: bigint): Result {
  if (typeof reply !== 'object') return returnedWith(reply, NO_BYTES, call, returned);
  const { value = -1n, out = NO_BYTES, signal, faultOffset, redZone } = reply;
  const rest = { out, call, return: returned };
  if (reply.unsupported === true) return { outcome: 'unsupported', value: -1n, ...rest };
  if (signal !== undefined) {
    const offset = faultOffset === undefined ? {} : { faultOffset };
    return { outcome: 'faulted', signal, value: -1n, ...rest, ...offset };
  }
  const result = returnedWith(value, out, call, returned);
  return redZone === undefined ? result : { ...result, redZone };
}

/** Member by member: nearly every call ends here, and a spread is slow. */
function returnedWith(
  value: bigint | ErrnoWord,
  out: Uint8Array,
  call: bigint,
  returned: bigint,
): Result {
  return typeof value === 'string'
    ? { outcome: 'returned', errno: value, value: -1n, out, call, return: returned }
    : { outcome: 'returned', value: BigInt.asIntN(64, value), out, call, return: returned };
}

/** An operation whose client died during it. */
export const lostSince = (call: bigint): Result => ({
  outcome: 'lost',
  value: -1n,
  out: NO_BYTES,
  call,
});
