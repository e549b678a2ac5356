import { closeSync, openSync, readSync } from 'node:fs';

/** Bytes that are read at once. */
const PIECE = 1 << 18;

/**
 * Reads a file line by line, however long it is; only one line is in memory.
 *
 * @param onLine gets the bytes without the newline, and where in the file they begin
 * @returns whether the file ends in the middle of a line, which is then left out
 * @throws what `open` and `read` throw
 */
export function forEachLine(file: string, onLine: (bytes: Buffer, at: number) => void): boolean {
  const descriptor = openSync(file, 'r');
  try {
    const piece = Buffer.alloc(PIECE);
    let begun: Buffer[] = [];
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
        onLine(bytes, lineAt);
        lineAt += bytes.length + 1;
        begun = [];
        from = to + 1;
      }
      // The piece is filled again, so what is kept of it is a copy.
      if (from < length) begun.push(Buffer.from(piece.subarray(from, length)));
    }
  } finally {
    closeSync(descriptor);
  }
}

/** The bytes of a file from a place on. */
export function bytesAt(file: string, at: number, length: number): Buffer {
  const descriptor = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(descriptor, bytes, 0, length, at));
  } finally {
    closeSync(descriptor);
  }
}
