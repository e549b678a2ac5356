import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { usageError } from './errors.ts';

/** Bytes that are read at once. */
const PIECE = 1 << 18;

/** Bytes of the longest line; one of a case's evidence has been seen with a twentieth of it. */
const LINE_BYTES = 256 << 20;

/**
 * Opens a file to read it piece by piece. What is no file (a pipe, a device) might never end.
 *
 * @throws {@link AllocertError} (usage) for what is no file
 * @throws what `open` throws
 */
export function openRegular(file: string): number {
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  const stat = fstatSync(descriptor);
  if (stat.isFile() || stat.isDirectory()) return descriptor;
  closeSync(descriptor);
  throw usageError(`${file} is a pipe or a device, not a file; restore it`);
}

/** How many bytes from the beginning of a file on are whole lines. @throws what `read` throws */
export function wholeLines(descriptor: number): number {
  const piece = Buffer.alloc(PIECE);
  for (let end = fstatSync(descriptor).size; end > 0; ) {
    const from = Math.max(0, end - PIECE);
    const length = readSync(descriptor, piece, 0, end - from, from);
    const at = piece.subarray(0, length).lastIndexOf(0x0a);
    if (at >= 0) return from + at + 1;
    end = from;
  }
  return 0;
}

/**
 * Reads a file line by line, however long it is; only one line is in memory.
 *
 * @param onLine gets the bytes without the newline, and where in the file they begin
 * @returns whether the file ends in the middle of a line, which is then left out
 * @throws what `open` and `read` throw
 */
export function forEachLine(file: string, onLine: (bytes: Buffer, at: number) => void): boolean {
  const descriptor = openRegular(file);
  try {
    const piece = Buffer.alloc(PIECE);
    let begun: Buffer[] = [];
    let waiting = 0;
    let lineAt = 0;
    for (;;) {
      const length = readSync(descriptor, piece, 0, PIECE, null);
      if (length === 0) return begun.length > 0;
      let from = 0;
      for (;;) {
        const to = piece.subarray(0, length).indexOf(0x0a, from);
        if (to < 0) break;
        const rest = piece.subarray(from, to);
        const bytes = begun.length === 0 ? rest : Buffer.concat([...begun, rest]);
        // Not held while the line is worked on: a long one would be there twice.
        begun = [];
        waiting = 0;
        onLine(bytes, lineAt);
        lineAt += bytes.length + 1;
        from = to + 1;
      }
      // The piece is filled again, so what is kept of it is a copy.
      if (from < length) begun.push(Buffer.from(piece.subarray(from, length)));
      waiting += length - from;
      if (waiting > LINE_BYTES) throw lineTooLong(file, lineAt);
    }
  } finally {
    closeSync(descriptor);
  }
}

const lineTooLong = (file: string, at: number): Error =>
  usageError(
    `${file} has a line of more than ${LINE_BYTES >> 20} MiB at byte ${at}, which allocert ` +
      'never writes; restore the file',
  );

/** The bytes of a file from a place on. */
export function bytesAt(file: string, at: number, length: number): Buffer {
  const descriptor = openRegular(file);
  try {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(descriptor, bytes, 0, length, at));
  } finally {
    closeSync(descriptor);
  }
}
