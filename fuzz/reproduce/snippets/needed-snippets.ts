import { DESCRIPTOR_SNIPPETS } from './descriptors.ts';
import { FAULT_SNIPPETS } from './faults.ts';
import { FLOW_SNIPPETS } from './flow.ts';
import { JUDGING_SNIPPETS } from './judging.ts';
import { MEMORY_SNIPPETS } from './memory.ts';
import type { Snippet } from './snippet.ts';

/** Everything that a program may need, in an order in which C can read it. */
const PIECES: readonly Snippet[] = [
  ...FLOW_SNIPPETS,
  ...MEMORY_SNIPPETS,
  ...DESCRIPTOR_SNIPPETS,
  ...JUDGING_SNIPPETS,
  ...FAULT_SNIPPETS,
];

/** Headers, and what is had from each. */
const HEADERS: readonly (readonly [header: string, names: RegExp])[] = [
  ['dirent.h', /\bopendir\(/],
  ['errno.h', /\berrno\b/],
  ['fcntl.h', /\bopen\(|\bO_[A-Z]+|\bfcntl\(/],
  ['pthread.h', /\bpthread_/],
  ['sched.h', /\bsched_yield\b/],
  ['setjmp.h', /\bsigsetjmp\b/],
  ['signal.h', /\bsignal\(|\bkill\(|\bSIG[A-Z]+\b/],
  ['stdarg.h', /\bva_list\b/],
  ['stdatomic.h', /\batomic_/],
  ['stdint.h', /\bu?int(32|64|ptr)_t\b/],
  ['stdio.h', /\bprintf\(|\bvsnprintf\(/],
  ['stdlib.h', /\batol\(/],
  ['string.h', /\bmem(cpy|set|cmp)\(|\bstr(error|cmp|str)\(/],
  ['sys/ioctl.h', /\bioctl\(|\b_IO/],
  ['sys/klog.h', /\bklogctl\(/],
  ['sys/mman.h', /\bmmap\(|\bMAP_/],
  ['sys/prctl.h', /\bprctl\(/],
  ['sys/socket.h', /\bsocketpair\(|\bcmsghdr\b/],
  ['sys/uio.h', /\biovec\b/],
  ['sys/wait.h', /\bwait(pid)?\(/],
  ['unistd.h', /\b(close|fork|_exit|dup2?|lseek|pause|getpid|alarm|write|usleep|access|pread)\(/],
];

/**
 * The pieces that a text names, and those that they name in turn, in their order.
 *
 * @param several whether the program has several processes
 */
export function snippetsFor(text: string, several: boolean): string[] {
  const wanted = new Set<Snippet>();
  for (const texts = [text]; texts.length > 0; ) {
    const reader = codeOf(texts.pop() ?? '');
    for (const piece of PIECES) {
      if (piece.several !== undefined && piece.several !== several) continue;
      if (wanted.has(piece) || !piece.names.some((name) => mentions(reader, name))) continue;
      wanted.add(piece);
      texts.push(piece.text);
    }
  }
  return PIECES.filter((piece) => wanted.has(piece)).map((piece) => piece.text);
}

/** The headers that a text needs. */
export const headersFor = (text: string): string[] =>
  HEADERS.filter(([, names]) => names.test(codeOf(text))).map(([header]) => header);

/** Without comments and strings, whose words name nothing. */
const codeOf = (text: string): string =>
  text.replaceAll(/\/\*[\s\S]*?\*\//g, ' ').replaceAll(/"(?:[^"\\]|\\.)*"/g, '""');

/** A member of a struct may have the same name. */
const mentions = (text: string, name: string): boolean =>
  new RegExp(`(?<![>.\\w])${name}\\b`).test(text);
