import { OUT_BYTES_MAX } from '../contract/operations.ts';
import type { Answer, CallReply } from '../interpreter/answer.ts';
import type { ProgramCall } from '../interpreter/call.ts';
import type { Mappings } from './mappings.ts';
import type { FunctionProcess } from './process.ts';

/** How many bytes `scan` shows from the first that differs on. */
const SHOWN_BYTES = 16;

type CallOnMemory = ProgramCall<FunctionProcess<unknown>>;

/** Does one operation on mapped memory. */
export type MemoryCall = (call: CallOnMemory, mappings: Mappings) => CallReply;

/**
 * Walks an access page by page.
 *
 * @param visit gets bytes in place and how many came before; false stops the walk
 * @returns the fault that ended it, if one did
 */
function walk(
  call: CallOnMemory,
  mappings: Mappings,
  writing: boolean,
  visit: (bytes: Uint8Array, done: number) => boolean,
): Answer | undefined {
  const offset = call.word('offset');
  const length = call.word('length');
  for (let done = 0n; done < length; ) {
    const reached = mappings.reach(call.word('address') + offset + done, writing);
    if (typeof reached === 'string') return { signal: reached, faultOffset: offset + done };
    const left = length - done;
    const piece = left < reached.length ? reached.subarray(0, Number(left)) : reached;
    if (!visit(piece, Number(done))) return undefined;
    done += BigInt(piece.length);
  }
  return undefined;
}

const load: MemoryCall = (call, mappings) => {
  const asked = call.word('length');
  const length = asked < BigInt(OUT_BYTES_MAX) ? Number(asked) : OUT_BYTES_MAX;
  const out = new Uint8Array(length);
  const fault = walk(call, mappings, false, (bytes, done) => {
    out.set(bytes.subarray(0, length - done), done);
    return done + bytes.length < length;
  });
  return fault ?? { value: BigInt(length), out };
};

const store: MemoryCall = (call, mappings) => {
  const { bytes: pattern } = call;
  if (pattern.length === 0) return { unsupported: true };
  const fault = walk(call, mappings, true, (bytes, done) => {
    for (let index = 0; index < bytes.length; index += 1) {
      bytes[index] = pattern[(done + index) % pattern.length] ?? 0;
    }
    return true;
  });
  return fault ?? call.word('length');
};

const scan: MemoryCall = (call, mappings) => {
  const { bytes: pattern } = call;
  if (pattern.length === 0) return { unsupported: true };
  let matched = 0;
  let out = new Uint8Array(0);
  const fault = walk(call, mappings, false, (bytes, done) => {
    const differs = bytes.findIndex((byte, at) => byte !== pattern[(done + at) % pattern.length]);
    matched = done + (differs === -1 ? bytes.length : differs);
    if (differs === -1) return true;
    out = bytes.slice(differs, differs + SHOWN_BYTES);
    return false;
  });
  return fault ?? { value: BigInt(matched), out };
};

const startOf = (call: CallOnMemory): bigint =>
  BigInt.asUintN(64, call.word('address') + call.word('offset'));

/** Operations that follow from mappings alone; a target's own function of that name comes first. */
export const MEMORY_CALLS: Readonly<Record<string, MemoryCall>> = {
  load,
  store,
  scan,
  munmap: (call, mappings) => mappings.unmap(startOf(call), call.word('length')),
  mprotect: (call, mappings) =>
    mappings.protect(startOf(call), call.word('length'), call.uint('protection')),
};
