import { closeSync, fsyncSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { withDirectoryErrors } from './directory.ts';
import { openNew, putFile, temporaryName } from './new-file.ts';

/**
 * Writes a file of a report: a reader sees the old one or the new one, never half of one.
 *
 * @throws {@link AllocertError} when it cannot be written
 */
export function replaceFile(directory: string, name: string, text: string): void {
  withDirectoryErrors(directory, () => putFile(join(directory, name), text));
}

/**
 * Writes a file as {@link replaceFile} does, from pieces that are never in memory together.
 *
 * @throws {@link AllocertError} when it cannot be written
 */
export function replaceStream(directory: string, name: string, pieces: Iterable<string>): void {
  withDirectoryErrors(directory, () => {
    const file = new Replacement(join(directory, name));
    try {
      file.writeAll(pieces);
      file.commit();
    } finally {
      file.abandon();
    }
  });
}

const PIECE_CHARACTERS = 1 << 16;

/** A file under a temporary name, which takes its own when it is whole. */
export class Replacement {
  readonly #file: string;
  readonly #name: string;
  #descriptor: number | undefined;
  #waiting: string[] = [];
  #characters = 0;

  /** @throws what `open` throws */
  constructor(file: string) {
    this.#file = file;
    this.#name = temporaryName(file);
    this.#descriptor = openNew(this.#name);
  }

  write(text: string): void {
    this.#waiting.push(text);
    this.#characters += text.length;
    if (this.#characters >= PIECE_CHARACTERS) this.#flush();
  }

  /** A text is one piece, not one for each of its characters. */
  writeAll(pieces: string | Iterable<string>): void {
    for (const piece of typeof pieces === 'string' ? [pieces] : pieces) this.write(piece);
  }

  /** Gives the file its name, once it is on the disk. */
  commit(): void {
    this.#flush();
    if (this.#descriptor === undefined) return;
    fsyncSync(this.#descriptor);
    this.#close();
    renameSync(this.#name, this.#file);
  }

  /** Leaves nothing behind of a file that was not committed; safe after `commit`. */
  abandon(): void {
    if (this.#descriptor === undefined) return;
    this.#close();
    rmSync(this.#name, { force: true });
  }

  #close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #flush(): void {
    const bytes = Buffer.from(this.#waiting.join(''));
    this.#waiting = [];
    this.#characters = 0;
    if (this.#descriptor === undefined) return;
    // A write may take less than it was given, on a disk that is almost full.
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at);
  }
}
