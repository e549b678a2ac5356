/**
 * The one form of tar that packages have: ustar as in POSIX (IEEE 1003.1, pax), regular files
 * alone, names of up to 100 ASCII characters, and every other field fixed. A general reader of tar
 * knows links, devices, sparse files, long names and extended headers; none of these can be in a
 * package, so none has code here. What is not the one form is refused.
 */

/** Bytes of a block: headers are one, contents are filled up to whole ones. */
export const BLOCK = 512;

const NAME_MAX = 100;
/** What eleven octal digits can say. */
const SIZE_MAX = 8 ** 11 - 1;

const [NAME, MODE, UID, GID, SIZE, MTIME, SUM, KIND, MAGIC] = [
  0, 100, 108, 116, 124, 136, 148, 156, 257,
];
const [DEVICE_MAJOR, DEVICE_MINOR] = [329, 337];

/** What a header says. */
export interface TarHeader {
  readonly name: string;
  /** Bytes of the content. */
  readonly size: number;
  /** Time of change, in seconds since 1970. */
  readonly epoch: number;
}

/** The header of a regular file. @throws RangeError for what its fields cannot hold */
export function encodeHeader({ name, size, epoch }: TarHeader): Buffer {
  if (name.length > NAME_MAX) throw new RangeError(`${name} is too long for ustar`);
  if (size > SIZE_MAX || epoch > SIZE_MAX) throw new RangeError(`${name} is too large for ustar`);
  const block = Buffer.alloc(BLOCK);
  block.write(name, NAME, 'latin1');
  block.write('0000644\0', MODE, 'latin1');
  block.write('0000000\0', UID, 'latin1');
  block.write('0000000\0', GID, 'latin1');
  block.write(`${octal(size, 11)}\0`, SIZE, 'latin1');
  block.write(`${octal(epoch, 11)}\0`, MTIME, 'latin1');
  block.write('0', KIND, 'latin1');
  block.write('ustar\x0000', MAGIC, 'latin1');
  block.write('0000000\0', DEVICE_MAJOR, 'latin1');
  block.write('0000000\0', DEVICE_MINOR, 'latin1');
  block.write(`${octal(sumOf(block), 6)}\0 `, SUM, 'latin1');
  return block;
}

const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0');

/** The checksum: all bytes, with spaces in the place of the sum itself. */
function sumOf(block: Buffer): number {
  let sum = 8 * 0x20;
  for (const [at, byte] of block.entries()) if (at < SUM || at >= KIND) sum += byte;
  return sum;
}

/** What a block says, before anything of it is believed. */
export interface RawHeader extends TarHeader {
  /** The character that says what kind of entry it is; `0` is a regular file. */
  readonly kind: string;
}

/** A header's fields; undefined for a block that is none. */
export function decodeHeader(block: Buffer): RawHeader | undefined {
  const text = (from: number, length: number): string =>
    block.toString('latin1', from, from + length).replace(/\0.*$/s, '');
  if (text(MAGIC, 5) !== 'ustar') return undefined;
  const [sum, size, epoch] = [text(SUM, 8), text(SIZE, 12), text(MTIME, 12)].map(octalValue);
  if (sum === undefined || size === undefined || epoch === undefined) return undefined;
  if (sum !== sumOf(block)) return undefined;
  const kind = String.fromCharCode(block[KIND] ?? 0);
  return { name: text(NAME, NAME_MAX), size, epoch, kind };
}

const octalValue = (text: string): number | undefined => {
  const digits = text.trim();
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : undefined;
};

/** Whether a header is, byte for byte, the one that {@link encodeHeader} makes of what it says. */
export const isPlainHeader = (block: Buffer, header: RawHeader): boolean =>
  header.size <= SIZE_MAX && header.epoch <= SIZE_MAX && encodeHeader(header).equals(block);

/** How many bytes fill the last block of a content. */
export const paddingOf = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK;
