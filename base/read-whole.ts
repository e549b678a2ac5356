import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { usageError } from './errors.ts';
import { openRegular } from './lines.ts';

/**
 * Bytes of the largest file that is read as a whole. What may be larger (journals, evidence,
 * records) is read piece by piece.
 */
export const WHOLE_FILE_BYTES = 64 << 20;

/** Bytes that are read at once. */
const PIECE = 1 << 18;

/**
 * Reads a file that somebody named, as a whole, unless it is larger than what any of allocert is.
 * It is not trusted to be as long as it says: a device and a pipe say nothing.
 *
 * @param limit in bytes
 * @throws {@link AllocertError} (usage) when it is larger
 * @throws what `open` and `read` throw
 */
export const readWhole = (file: string, limit: number = WHOLE_FILE_BYTES): Buffer =>
  readAll(openSync(file, 'r'), file, limit);

/**
 * Reads a file that nobody typed the name of, such as one in a folder that was received. A pipe
 * there would be waited for.
 *
 * @throws what {@link readWhole} throws, and {@link AllocertError} (usage) for what is no file
 */
export const readRegular = (file: string, limit: number = WHOLE_FILE_BYTES): Buffer =>
  readAll(openRegular(file), file, limit);

function readAll(descriptor: number, file: string, limit: number): Buffer {
  try {
    if (fstatSync(descriptor).size > limit) throw tooLarge(file, limit);
    const pieces: Buffer[] = [];
    let length = 0;
    for (;;) {
      const piece = Buffer.alloc(PIECE);
      const read = readSync(descriptor, piece, 0, PIECE, null);
      if (read === 0) return Buffer.concat(pieces, length);
      length += read;
      if (length > limit) throw tooLarge(file, limit);
      pieces.push(piece.subarray(0, read));
    }
  } finally {
    closeSync(descriptor);
  }
}

const tooLarge = (file: string, limit: number): Error =>
  usageError(`${file} is larger than ${limit >> 20} MiB, more than such a file ever is`);
