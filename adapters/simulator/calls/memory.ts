import type { ErrnoName } from '../../contract/errno.ts';
import { linuxNumbers } from '../../contract/linux-numbers.ts';
import type { CallReply } from '../../interpreter/answer.ts';
import type { SystemCall } from '../../interpreter/pause.ts';
import type { AddressSpace, Advice, Area } from '../kernel/address-space.ts';
import { failed } from '../kernel/errno.ts';
import type { Backing, OpenFile } from '../kernel/open-file.ts';
import { PageStore } from '../kernel/pages.ts';
import type { Handler, KernelCall } from './kernel-call.ts';

const {
  MADV_DOFORK,
  MADV_DONTFORK,
  MADV_DONTNEED,
  MADV_NORMAL,
  MADV_RANDOM,
  MADV_SEQUENTIAL,
  MADV_WILLNEED,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_PRIVATE,
  MAP_SHARED_VALIDATE,
  MREMAP_DONTUNMAP,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
} = linuxNumbers;
const PROTECTION_BITS = PROT_READ | PROT_WRITE | PROT_EXEC;
const MREMAP_FLAGS = MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP;

/** Pages that a length in bytes takes; undefined when rounding up leaves the 64 bits. */
function pagesOf(length: bigint, space: AddressSpace): number | undefined {
  const pages = (length + BigInt(space.pageBytes) - 1n) / BigInt(space.pageBytes);
  return pages <= BigInt(space.topPage) ? Number(pages) : undefined;
}

/** The number of the page at an address of user space; undefined when it is not one. */
function pageAt(address: bigint, space: AddressSpace): number | undefined {
  const page = address / BigInt(space.pageBytes);
  if (address % BigInt(space.pageBytes) !== 0n || page >= BigInt(space.topPage)) return undefined;
  return Number(page);
}

const addressOf = (page: number, space: AddressSpace): bigint =>
  BigInt(page) * BigInt(space.pageBytes);

function* mmap(call: KernelCall): SystemCall<CallReply> {
  const { space } = call.client;
  const flags = call.uint('flags');
  const offset = call.word('offset');
  if (offset % BigInt(space.pageBytes) !== 0n) return 'EINVAL';
  const file = (flags & MAP_ANONYMOUS) === 0 ? call.file() : undefined;
  if (failed(file)) return file;
  if (file !== undefined) call.fget(file);
  yield 'mmap.file-held';
  const first = Number(offset / BigInt(space.pageBytes));
  const start = call.faults.fails() ? 'ENOMEM' : map(call, file, flags, first);
  if (file !== undefined) call.fput(file);
  return failed(start) ? start : addressOf(start, space);
}

function map(
  call: KernelCall,
  file: OpenFile | undefined,
  flags: number,
  first: number,
): number | ErrnoName {
  const { space } = call.client;
  if (call.word('length') === 0n) return 'EINVAL';
  const count = pagesOf(call.word('length'), space);
  if (count === undefined) return 'ENOMEM';
  if (first + count >= 2 ** 64 / space.pageBytes) return 'EOVERFLOW';
  // The address is the kernel’s choice, and a fixed one would be 0.
  if ((flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) !== 0) return 'EPERM';
  const sharing = flags & MAP_SHARED_VALIDATE;
  if (sharing === 0) return 'EINVAL';
  const protection = Number(call.word('protection')) & PROTECTION_BITS;
  const shared = sharing !== MAP_PRIVATE;
  if (file !== undefined) {
    if (!file.readable) return 'EACCES';
    if (shared && (protection & PROT_WRITE) !== 0 && !file.writable) return 'EACCES';
  }
  const backing = file === undefined ? anonymous(space) : file.map(first, count);
  if (failed(backing)) return backing;
  return space.place(count, {
    protection,
    mayWrite: !shared || file === undefined || file.writable,
    backing,
    first,
    copies: shared ? undefined : new PageStore(space.pageBytes),
    file,
  });
}

function anonymous(space: AddressSpace): Backing {
  const store = new PageStore(space.pageBytes);
  return { expandable: true, resolve: (page) => ({ store, page }) };
}

const munmap: Handler = (call) => {
  const range = rangeOf(call);
  if (range === undefined || range.end === range.start) return 'EINVAL';
  call.client.space.remove(range.start, range.end);
  return 0n;
};

const mprotect: Handler = (call) => {
  const { space } = call.client;
  const start = pageAt(wrapped(call), space);
  if (start === undefined) return 'EINVAL';
  if (call.word('length') === 0n) return 0n;
  const protection = call.word('protection');
  if ((protection & ~BigInt(PROTECTION_BITS)) !== 0n) return 'EINVAL';
  // Beyond user space is a hole like any other: what lies before it changes first.
  const count = pagesOf(call.word('length'), space) ?? space.topPage;
  return space.protect(start, Math.min(start + count, space.topPage + 1), Number(protection));
};

const wrapped = (call: KernelCall): bigint =>
  BigInt.asUintN(64, call.word('address') + call.word('offset'));

function rangeOf(call: KernelCall): { start: number; end: number } | undefined {
  const { space } = call.client;
  const start = pageAt(wrapped(call), space);
  const count = pagesOf(call.word('length'), space);
  if (start === undefined || count === undefined || start + count > space.topPage) return undefined;
  return { start, end: start + count };
}

/** A mapping of a device cannot grow, and is VM_IO and VM_PFNMAP: its pages are no page cache. */
const isOfDevice = ({ backing }: Area): boolean => !backing.expandable;

/** Advice that changes nothing that a program can see, and advice that does. */
const ADVICE: ReadonlyMap<number, Advice> = new Map<number, Advice>([
  ...[MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED].map(
    (advice) => [advice, (piece: Area) => piece] as const,
  ),
  [MADV_DONTNEED, (piece) => (isOfDevice(piece) ? 'EINVAL' : withoutCopies(piece))],
  [MADV_DONTFORK, (piece) => ({ ...piece, staysHere: true })],
  [MADV_DOFORK, (piece) => (isOfDevice(piece) ? 'EINVAL' : { ...piece, staysHere: false })],
]);

/** Private pages that were written to are thrown away; pages of a file stay what they are. */
function withoutCopies(piece: Area): Area {
  const pages = piece.end - piece.start;
  for (let at = 0; at < pages; at += 1) piece.copies?.forget(piece.first + at);
  return piece;
}

const madvise: Handler = (call) => {
  const { space } = call.client;
  const advice = ADVICE.get(call.uint('advice'));
  const start = pageAt(wrapped(call), space);
  if (advice === undefined || start === undefined) return 'EINVAL';
  const count = pagesOf(call.word('length'), space);
  return count === undefined ? 'EINVAL' : space.advise(start, start + count, advice);
};

/** Without the flags that need a new address, which the operation does not have. */
const mremap: Handler = (call) => {
  const { space } = call.client;
  const flags = call.uint('flags');
  const start = pageAt(call.word('address'), space);
  const oldCount = pagesOf(call.word('oldLength'), space);
  const newCount = pagesOf(call.word('newLength'), space);
  if (start === undefined || (flags & ~MREMAP_FLAGS) !== 0 || newCount === 0) return 'EINVAL';
  if ((flags & ~MREMAP_MAYMOVE) !== 0) return 'EINVAL';
  // Lengths beyond user space: Linux said ENOMEM to some of them before 6.17.
  if (newCount === undefined) return 'EINVAL';
  const area = space.areaAt(start);
  if (area === undefined) return 'EFAULT';
  if (oldCount === undefined) return 'EINVAL';
  if (oldCount === 0 && area.copies !== undefined) return 'EINVAL';
  if (newCount <= oldCount) {
    if (newCount < oldCount) space.remove(start + newCount, start + oldCount);
    return addressOf(start, space);
  }
  if (start + oldCount > area.end) return 'EFAULT';
  if (!area.backing.expandable) return 'EFAULT';
  return grow(space, area, { start, oldCount, newCount, mayMove: flags !== 0 });
};

function grow(
  space: AddressSpace,
  area: Area,
  wish: { start: number; oldCount: number; newCount: number; mayMove: boolean },
): CallReply {
  const { start, oldCount, newCount, mayMove } = wish;
  const end = start + newCount;
  if (oldCount > 0 && start + oldCount === area.end && space.isFree(area.end, end)) {
    space.extend(area, end);
    return addressOf(start, space);
  }
  if (!mayMove) return 'ENOMEM';
  const moved = space.place(newCount, { ...area, first: area.first + (start - area.start) });
  if (failed(moved)) return moved;
  if (oldCount > 0) space.remove(start, start + oldCount);
  return addressOf(moved, space);
}

/** System calls on mappings. */
export const memoryCalls = { mmap, munmap, mprotect, mremap, madvise } as const satisfies Record<
  string,
  Handler
>;
