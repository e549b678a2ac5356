import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { machineError, messageOf, unreadable, usageError } from '../../base/errors.ts';

/** Bytes that are read at once. */
const PIECE = 1 << 18;

/** A member of a record that names a line of evidence. In a text its quotes would be escaped. */
const NAMED = /"evidence"\s*:\s*"([0-9a-f]{64})"/g;

/** No match is longer, with the white space that an editor may put into it. */
const MATCH_MAX = 256;

/** A record of a run; a merged one has sources, of which some may have come without evidence. */
const OF_A_RUN = /"sources"\s*:\s*\[\s*\]/;

/** The lines of evidence that a record names. */
interface Named {
  readonly digests: ReadonlySet<string>;
  /** Whether every line must be there. */
  readonly all: boolean;
}

/** Undefined where no record lies beside the evidence, as where that was sent alone. */
function namedIn(directory: string): Named | undefined {
  const file = join(directory, 'record.json');
  if (!existsSync(file)) return undefined;
  try {
    return scan(file);
  } catch (thrown) {
    const reason = unreadable(thrown) ?? messageOf(thrown);
    throw usageError(`${file} cannot be read, ${reason}; restore it, or take it away`);
  }
}

function scan(file: string): Named {
  const digests = new Set<string>();
  let all = false;
  const descriptor = openSync(file, 'r');
  try {
    const piece = Buffer.alloc(PIECE);
    let text = '';
    for (;;) {
      const length = readSync(descriptor, piece, 0, PIECE, null);
      if (length === 0) return { digests, all };
      text = text.slice(-MATCH_MAX) + piece.toString('latin1', 0, length);
      for (const [, digest = ''] of text.matchAll(NAMED)) digests.add(digest);
      all ||= OF_A_RUN.test(text);
    }
  } finally {
    closeSync(descriptor);
  }
}

/** Holds lines of evidence against the digests that a record has of them. */
export class NamedLines {
  readonly #file: string;
  readonly #named: Named | undefined;
  readonly #missing: Set<string>;

  /** @param file the evidence, for sentences */
  constructor(directory: string, file: string) {
    this.#file = file;
    this.#named = namedIn(directory);
    this.#missing = new Set(this.#named?.all === true ? this.#named.digests : []);
  }

  /** @throws {@link AllocertError} (machine) for a line that the record does not name */
  check(text: string, caseId: string, place: string): void {
    if (this.#named === undefined) return;
    const digest = createHash('sha256').update(text).digest('hex');
    this.#missing.delete(digest);
    if (this.#named.digests.has(digest)) return;
    throw this.#refusal(
      `${place}, ${caseId}, has the SHA-256 ${short(digest)}, which the record does not name`,
    );
  }

  /** @throws {@link AllocertError} (machine) when the record names a line that is not there */
  end(): void {
    const [digest] = this.#missing;
    if (digest === undefined) return;
    throw this.#refusal(`${this.#file} lacks the line of the SHA-256 ${short(digest)}`);
  }

  #refusal(what: string): Error {
    return machineError(
      `${this.#file} is contradicted by the record.json beside it: ${what}; ` +
        'one of them was changed, so restore it',
    );
  }
}

const short = (digest: string): string => `${digest.slice(0, 12)}…`;
