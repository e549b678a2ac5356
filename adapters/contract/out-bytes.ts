import type { OutShape } from './operation-spec.ts';

/**
 * Reads out bytes by their shape (the column `out` of the table). All numbers are little-endian.
 * What is missing at the end is left out of lists.
 */

/** Each shape in words, for the protocol page. */
export const OUT_SHAPES = {
  none: 'no bytes',
  bytes: 'what lies in memory or in a file',
  'first-difference': 'up to 16 bytes from the first that differs',
  argument: 'the argument of the request as it is afterwards',
  text: 'UTF-8 without an end mark',
  stat: 'five u64, in order st_mode, st_size, st_ino, st_dev, st_rdev',
  descriptors: 'an s32 for each descriptor',
  'page-frames': 'a u64 for each page, 0 where the frame is hidden or not found',
  'repeat-summary':
    'for each operation below it a `step`, its first and last `result`, its `failure` records, and ' +
    'its `anomaly` records with a `result` each',
} as const satisfies Readonly<Record<OutShape, string>>;

/** What `fstat` tells. */
export interface FileStat {
  readonly mode: bigint;
  /** Bytes. */
  readonly size: bigint;
  readonly inode: bigint;
  readonly device: bigint;
  /** The device that a device node is for. */
  readonly nodeDevice: bigint;
}

/** The first bytes of a `stat` that say something of the file itself: st_mode and st_size. */
export const STAT_PORTABLE_BYTES = 16;

const viewOf = (out: Uint8Array): DataView =>
  new DataView(out.buffer, out.byteOffset, out.byteLength);

/**
 * Out bytes of the shape `stat`.
 *
 * @throws RangeError when they are fewer
 */
export function statOf(out: Uint8Array): FileStat {
  const view = viewOf(out);
  const field = (index: number): bigint => view.getBigUint64(8 * index, true);
  return {
    mode: field(0),
    size: field(1),
    inode: field(2),
    device: field(3),
    nodeDevice: field(4),
  };
}

/** Out bytes of the shape `descriptors`. */
export function descriptorsIn(out: Uint8Array): number[] {
  const view = viewOf(out);
  const numbers: number[] = [];
  for (let at = 0; at + 4 <= out.length; at += 4) numbers.push(view.getInt32(at, true));
  return numbers;
}

/** Out bytes of the shape `page-frames`. */
export function pageFramesIn(out: Uint8Array): bigint[] {
  const view = viewOf(out);
  const frames: bigint[] = [];
  for (let at = 0; at + 8 <= out.length; at += 8) frames.push(view.getBigUint64(at, true));
  return frames;
}

/** Out bytes of the shape `text`. */
export const textOfBytes = (out: Uint8Array): string => DECODER.decode(out);

const DECODER = new TextDecoder();

/** The kilobytes behind a name in out bytes that are the text of /proc/meminfo. */
export function kilobytesIn(out: Uint8Array, name: string): bigint | undefined {
  let pattern = LINES.get(name);
  if (pattern === undefined) {
    pattern = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm');
    LINES.set(name, pattern);
  }
  const value = pattern.exec(textOfBytes(out))?.[1];
  return value === undefined ? undefined : BigInt(value);
}

/** Patterns by the name of the line: there are few. */
const LINES = new Map<string, RegExp>();

/** A little-endian field of out bytes of any shape, 1, 2, 4 or 8 wide; undefined past their end. */
export function fieldOfBytes(
  out: Uint8Array,
  offset: number,
  width: number,
  signed = false,
): bigint | undefined {
  if (offset + width > out.length) return undefined;
  // Put together in one place: a view of the bytes would cost more than to copy them.
  FIELD.setBigUint64(0, 0n, true);
  for (let at = 0; at < width; at += 1) FIELD_BYTES[at] = out[offset + at] ?? 0;
  const value = FIELD.getBigUint64(0, true);
  return signed ? BigInt.asIntN(8 * width, value) : value;
}

const FIELD = new DataView(new ArrayBuffer(8));
const FIELD_BYTES = new Uint8Array(FIELD.buffer);
