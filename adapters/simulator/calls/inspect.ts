import type { CallReply } from '../../interpreter/answer.ts';
import type { ReservedMemory } from '../kernel/devices.ts';
import type { Handler, KernelCall } from './kernel-call.ts';

const PEEK_BYTES_MAX = 65_536n;
const FRAMES_MAX = 8_192n;

/**
 * Page frames of a mapping of a region, as /proc/self/pagemap shows them to root. Memory of other
 * kinds has no frames here.
 */
const frames: Handler = (call) => {
  const { space } = call.client;
  const pageBytes = BigInt(space.pageBytes);
  const first = call.word('address') / pageBytes;
  const asked = call.word('length') / pageBytes;
  const count = asked < FRAMES_MAX ? asked : FRAMES_MAX;
  const out = new Uint8Array(Number(count) * 8);
  const view = new DataView(out.buffer);
  for (let index = 0; index < Number(count); index += 1) {
    const page = first + BigInt(index);
    const reached = page < BigInt(space.topPage) ? space.reach(Number(page), false) : 'SIGSEGV';
    if (typeof reached === 'string') {
      return { signal: reached, faultOffset: BigInt(index) * pageBytes };
    }
    const region = call.kernel.showsFrames ? call.kernel.regionOf(reached.store) : undefined;
    const frame = region === undefined ? 0 : region.firstFrame + reached.page;
    view.setBigUint64(index * 8, BigInt(frame), true);
  }
  return { value: count, out };
};

/** Bytes of a key: those that a page begins with, and those that its second half does. */
const KEY_BYTES = 16;
const HALF_KEY_BYTES = KEY_BYTES / 2;
/** A page that is there twice. */
const TWICE = (1n << 64n) - 1n;

/**
 * Pages of regions by what is in them, as /proc/kcore shows it to root; one full of a single byte
 * is like too many others.
 */
const locate: Handler = (call) => {
  const { bytes } = call;
  const count = Math.min(Math.floor(bytes.length / KEY_BYTES), Number(FRAMES_MAX));
  const wanted = new Map<string, bigint>();
  const keys = Array.from({ length: count }, (_, index) =>
    latin1(bytes.subarray(index * KEY_BYTES, (index + 1) * KEY_BYTES).map((byte) => ~byte)),
  );
  for (const key of keys) wanted.set(key, 0n);
  const first = call.word('first');
  const end = call.word('count') === 0n ? TWICE : first + call.word('count');
  for (const region of call.kernel.devices.regions) {
    for (const [frame, key] of keysIn(region, call.kernel.pageBytes)) {
      const found = first <= frame && frame < end ? wanted.get(key) : undefined;
      if (found !== undefined) wanted.set(key, found === 0n ? frame : TWICE);
    }
  }
  const frames = BigUint64Array.from(keys, (key) => wanted.get(key) ?? 0n);
  return { value: BigInt(count), out: new Uint8Array(frames.buffer) };
};

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

/** The key of each page of a region that somebody wrote different bytes to. */
function* keysIn(region: ReservedMemory, pageBytes: number): Generator<[bigint, string]> {
  for (let page = 0; page < region.pageCount; page += 1) {
    const contents = region.store.contents(page);
    if (typeof contents === 'number') continue;
    const middle = pageBytes / 2;
    const key =
      latin1(contents.subarray(0, HALF_KEY_BYTES)) +
      latin1(contents.subarray(middle, middle + HALF_KEY_BYTES));
    yield [BigInt(region.firstFrame + page), key];
  }
}

/**
 * process_vm_readv of another client. Device memory mapped by page frame number is out of reach of
 * it, as VM_PFNMAP makes it in the kernel.
 */
const peek: Handler = (call) => {
  const other = call.kernel.client(call.operation.client as string);
  if (other?.alive !== true) return 'ESRCH';
  const asked = call.word('length');
  const length = asked < PEEK_BYTES_MAX ? asked : PEEK_BYTES_MAX;
  return copyOut(call, other.space, length);
};

function copyOut(
  call: KernelCall,
  space: KernelCall['client']['space'],
  length: bigint,
): CallReply {
  const pageBytes = BigInt(space.pageBytes);
  const start = call.word('address');
  const out = new Uint8Array(Number(length));
  let done = 0n;
  while (done < length) {
    const at = start + done;
    const page = at / pageBytes;
    const reached = page < BigInt(space.topPage) ? space.reach(Number(page), false) : 'SIGSEGV';
    if (typeof reached === 'string' || call.kernel.regionOf(reached.store) !== undefined) break;
    const within = at % pageBytes;
    const left = length - done;
    const chunk = left < pageBytes - within ? left : pageBytes - within;
    const contents = reached.store.contents(reached.page);
    const from = Number(within);
    if (typeof contents === 'number') out.fill(contents, Number(done), Number(done + chunk));
    else out.set(contents.subarray(from, from + Number(chunk)), Number(done));
    done += chunk;
  }
  if (done === 0n && length > 0n) return 'EFAULT';
  return { value: done, out: out.subarray(0, Number(done)) };
}

/** The operations that look into the system around a client. */
export const inspectCalls = { frames, locate, peek } as const satisfies Record<string, Handler>;
