import type { Answer } from '../../interpreter/answer.ts';
import type { ReachedPage } from '../kernel/address-space.ts';
import type { PageContents } from '../kernel/pages.ts';
import type { Handler, KernelCall } from './kernel-call.ts';
import { repeatInto } from './pattern.ts';

const LOAD_BYTES_MAX = 65_536n;
/** How many bytes `scan` shows from the first that differs on. */
const SHOWN_BYTES = 16;

/** The part of an access that lies in one page. */
interface Piece {
  readonly reached: Exclude<ReachedPage, string>;
  /** Bytes from the start of the page. */
  readonly within: number;
  readonly length: number;
  /** Bytes from the start of the access. */
  readonly done: number;
}

/**
 * Walks an access page by page in ascending order.
 *
 * @param visit returns false to stop
 * @returns the fault that ended it, if one did
 */
function walk(
  call: KernelCall,
  length: bigint,
  writing: boolean,
  visit: (piece: Piece) => boolean,
): Answer | undefined {
  const { space } = call.client;
  const { pageBytes, topPage } = space;
  const offset = call.word('offset');
  const start = BigInt.asUintN(64, call.word('address') + offset);
  // Exact: of more bytes than a double counts, some are beyond the top of the address space.
  const bytes = Number(length);
  let page = Number(start / BigInt(pageBytes));
  let within = Number(start % BigInt(pageBytes));
  for (let done = 0; done < bytes; ) {
    const reached = page < topPage ? space.reach(page, writing) : ('SIGSEGV' as const);
    if (typeof reached === 'string') return { signal: reached, faultOffset: offset + BigInt(done) };
    const chunk = Math.min(bytes - done, pageBytes - within);
    if (!visit({ reached, within, length: chunk, done })) return undefined;
    done += chunk;
    page += 1;
    within = 0;
  }
  return undefined;
}

function copyPiece({ reached, within, length }: Piece): Uint8Array {
  const contents = reached.store.contents(reached.page);
  if (typeof contents === 'number') return new Uint8Array(length).fill(contents);
  return contents.subarray(within, within + length);
}

const load: Handler = (call) => {
  const asked = call.word('length');
  const length = asked < LOAD_BYTES_MAX ? asked : LOAD_BYTES_MAX;
  const out = new Uint8Array(Number(length));
  const fault = walk(call, length, false, (piece) => {
    out.set(copyPiece(piece), piece.done);
    return true;
  });
  return fault ?? { value: length, out };
};

const store: Handler = (call) => {
  const { bytes } = call;
  const length = call.word('length');
  if (bytes.length === 0) return { unsupported: true };
  const fault = walk(call, length, true, (piece) => {
    writePiece(piece, bytes);
    return true;
  });
  return fault ?? length;
};

function writePiece({ reached, within, length, done }: Piece, pattern: Uint8Array): void {
  const [only] = pattern;
  if (pattern.length === 1 && only !== undefined && length === reached.store.pageBytes) {
    reached.store.fill(reached.page, only);
    return;
  }
  const { page, store } = reached;
  if (length === store.pageBytes && typeof store.contents(page) === 'number') {
    store.set(page, repeatInto(new Uint8Array(length), pattern, done));
    return;
  }
  const target = store.bytes(page);
  repeatInto(target.subarray(within, within + length), pattern, done);
}

const scan: Handler = (call) => {
  const pattern = call.bytes;
  const length = call.word('length');
  if (pattern.length === 0) return { unsupported: true };
  let matched = 0n;
  let out = new Uint8Array(0);
  const fault = walk(call, length, false, (piece) => {
    const equal = equalBytes(piece, pattern);
    matched = BigInt(piece.done + equal);
    if (equal === piece.length) return true;
    // What differs is shown up to the end of its page: the next may not be readable.
    out = copyPiece(piece).slice(equal, equal + SHOWN_BYTES);
    return false;
  });
  return fault ?? { value: matched, out };
};

/** Leading bytes of a piece that repeat the pattern. */
function equalBytes(piece: Piece, pattern: Uint8Array): number {
  const contents: PageContents = piece.reached.store.contents(piece.reached.page);
  const { done, length, within } = piece;
  const period = pattern.length;
  if (typeof contents === 'number') {
    const most = Math.min(length, period);
    for (let at = 0; at < most; at += 1) if (pattern[(done + at) % period] !== contents) return at;
    return length;
  }
  const end = within + length;
  // Bytes that are those a period before them repeat what the first period is.
  const head = Math.min(length, period);
  const repeats =
    Buffer.compare(contents.subarray(within, end - head), contents.subarray(within + head, end)) ===
    0;
  const most = repeats ? head : length;
  for (let at = 0; at < most; at += 1) {
    if (contents[within + at] !== pattern[(done + at) % period]) return at;
  }
  return length;
}

/** Accesses to mapped memory. */
export const accessCalls = { load, store, scan } as const satisfies Record<string, Handler>;
