/**
 * Files that `open` reaches beside the regions `region:0` to `region:255` and the nodes `minor:0` to
 * `minor:255` of the Simple Allocator's major. The control node registers and unregisters allocators
 * for tests; docs/test-control.md says how.
 */
export const FILES = [
  '/dev/null',
  '/dev/zero',
  '/dev/udmabuf',
  '/dev/dri/card0',
  '/dev/allocert_control',
] as const;

/** A region or a node by its number, or one of {@link FILES}. */
export type FileName = `region:${number}` | `minor:${number}` | (typeof FILES)[number];

/**
 * Documents that `readfile` reaches; `fdinfo` is that of the descriptor given, and the class is one
 * line `NAME MAJOR:MINOR` for each device in it. Of the list of dma-bufs the end is read, where they
 * are counted; their events are a line `EVENT COUNT` each, and `lost COUNT` at the end; of CMA's
 * areas a line `NAME PAGES` for each, with the pages of it that are taken. Of `kcov` a u16 for each
 * edge of the kernel's code that calls of any client took since it was read last; the first reading
 * in a case has them traced from the next Program on, and a hash tells edges apart.
 */
export const DOCUMENTS = [
  '/proc/meminfo',
  '/proc/self/fdinfo',
  '/proc/self/status',
  '/proc/devices',
  '/sys/class/simple_allocator',
  '/sys/kernel/debug/dma_buf/bufinfo',
  '/sys/kernel/tracing/events/dma_buf',
  '/sys/kernel/debug/cma',
  '/sys/kernel/debug/kcov',
] as const;

/** One of {@link DOCUMENTS}. */
export type DocumentName = (typeof DOCUMENTS)[number];

/** When `repeat` ends before its count: never, at the first failure, or at the first success. */
export const STOPS = ['never', 'failure', 'success'] as const;

/** One of {@link STOPS}. */
export type StopRule = (typeof STOPS)[number];

/** The most operands that one operation has; a record on the wire reserves room for as many. */
export const OPERANDS_MAX = 6;

/** The most bytes that `load`, `pread` and `readfile` return. */
export const OUT_BYTES_MAX = 65_536;

/** Slots are numbered below this on the wire. */
export const SLOTS_MAX = 65_536;

/**
 * Deadlines after which a Program ends although its calls still come back: each one that does
 * starts the deadline anew.
 */
export const DEADLINES_MAX = 8;
