import { closeSync, readSync } from 'node:fs';
import { usageError } from '../../base/errors.ts';
import { openRegular } from '../../base/lines.ts';

/** Bytes that are read at once. */
const PIECE = 1 << 18;

/** Bytes of the longest case, and of all that is no case; a run has far fewer of either. */
const PART_BYTES = 128 << 20;

const [QUOTE, BACKSLASH, OPEN, CLOSE] = [0x22, 0x5c, 0x5b, 0x5d];
const [BEGIN, END] = [0x7b, 0x7d];

const BEFORE_CASES = /(?:^|[^\\])"cases"\s*:\s*\[$/;

/**
 * Takes the elements out of the array `cases` of a JSON object, however the file is formatted: a
 * record of a hundred thousand cases is longer than what may be in memory at once.
 *
 * @param onCase gets the text of each object in the array
 * @returns the text of the object, whose array `cases` is now empty; it may be no JSON at all
 * @throws what `open` and `read` throw
 */
export function splitCases(file: string, onCase: (text: string) => void): string {
  const descriptor = openRegular(file);
  try {
    const splitter = new Splitter(onCase);
    const piece = Buffer.alloc(PIECE);
    for (;;) {
      const length = readSync(descriptor, piece, 0, PIECE, null);
      if (length === 0) return splitter.head();
      splitter.add(piece.subarray(0, length));
      if (splitter.bytes <= PART_BYTES) continue;
      throw usageError(
        `${file} is not a record: it has a part of more than ${PART_BYTES >> 20} MiB, ` +
          'which allocert never writes',
      );
    }
  } finally {
    closeSync(descriptor);
  }
}

class Splitter {
  readonly #onCase: (text: string) => void;
  readonly #head: Buffer[] = [];
  #case: Buffer[] = [];
  #depth = 0;
  #inText = false;
  #escaped = false;
  #inCases = false;

  constructor(onCase: (text: string) => void) {
    this.#onCase = onCase;
  }

  /** How many bytes are kept at most, of the case under way or of what is no case. */
  get bytes(): number {
    return Math.max(lengthOf(this.#head), lengthOf(this.#case));
  }

  head(): string {
    return Buffer.concat([...this.#head, ...this.#case]).toString('utf8');
  }

  add(piece: Buffer): void {
    /** Where the bytes begin that are not taken yet. */
    let from = 0;
    const take = (to: number): Buffer => {
      const bytes = Buffer.from(piece.subarray(from, to));
      from = to;
      return bytes;
    };
    for (let at = 0; at < piece.length; at += 1) {
      const byte = piece[at];
      if (this.#inText) this.#text(byte);
      else if (byte === QUOTE) this.#inText = true;
      else if (byte === BEGIN || byte === OPEN) {
        this.#depth += 1;
        if (this.#depth === 2 && byte === OPEN) {
          this.#head.push(take(at + 1));
          this.#inCases = BEFORE_CASES.test(this.#lastWords());
        } else if (this.#inCases && this.#depth === 3) from = at;
      } else if (byte === END || byte === CLOSE) {
        this.#depth -= 1;
        if (!this.#inCases) continue;
        if (this.#depth === 1) {
          from = at;
          this.#inCases = false;
        } else if (this.#depth === 2) {
          this.#onCase(Buffer.concat([...this.#case, take(at + 1)]).toString('utf8'));
          this.#case = [];
        }
      }
    }
    const between = this.#inCases && this.#depth === 2;
    if (!between) (this.#inCases ? this.#case : this.#head).push(take(piece.length));
  }

  #text(byte: number | undefined): void {
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = true;
    else if (byte === QUOTE) this.#inText = false;
  }

  /** Long enough for a key and its colon, also where a piece ends between them. */
  #lastWords(): string {
    const words = Buffer.concat(this.#head.slice(-2));
    return words.subarray(-64).toString('latin1');
  }
}

const lengthOf = (pieces: readonly Buffer[]): number =>
  pieces.reduce((sum, { length }) => sum + length, 0);
