import { existsSync, lstatSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { AllocertError, messageOf, usageError } from '../../base/errors.ts';
import { makeDirectory } from '../../base/make-directory.ts';
import { readRegular } from '../../base/read-whole.ts';
import { withDirectoryErrors } from '../../reports/files/directory.ts';
import { isLockName } from '../../reports/files/lock-name.ts';
import { isTemporary, putFile, removeTemporary } from '../../reports/files/new-file.ts';
import { digestOf, ENTRY_SUFFIX, readEntry, type StoredEntry } from './entry.ts';

/** Bytes of the largest file that is read as an entry. */
const ENTRY_BYTES = 8 << 20;

const NAME = /^[0-9a-f]{16}\.json$/;

/** The content of a corpus folder. */
export interface FolderContent {
  /** By digest. */
  readonly entries: readonly StoredEntry[];
  /** A sentence about files that are no entries; empty when there are none. */
  readonly warning: string;
}

/**
 * A folder with one file for each entry, named after its content: to join two folders is to copy
 * files. What is no entry is never touched.
 */
export class CorpusFolder {
  readonly path: string;

  /**
   * @param lacking what to do where there is none: make it now, or when something is written
   * @throws {@link AllocertError} (usage) when there can be no such folder
   */
  constructor(path: string, lacking: 'make' | 'wait' = 'make') {
    this.path = path;
    if (existsSync(path) && !statSync(path).isDirectory()) {
      throw usageError(`the corpus ${path} is a file; name a folder`);
    }
    if (lacking === 'make') this.#make();
  }

  /**
   * The corpus in the folder of a campaign. Nobody typed where a link in its place leads to.
   *
   * @throws {@link AllocertError} (usage) when there can be no such folder, or it is a link
   */
  static inCampaign(path: string, lacking: 'make' | 'wait'): CorpusFolder {
    if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true) {
      throw usageError(
        `${path} is a link, and links are not followed; put the folder there itself`,
      );
    }
    return new CorpusFolder(path, lacking);
  }

  #make(): void {
    withDirectoryErrors(this.path, () => makeDirectory(resolve(this.path)));
  }

  /** Every entry. @throws {@link AllocertError} when the folder cannot be listed */
  read(): FolderContent {
    const names = withDirectoryErrors(this.path, () => readdirSync(this.path)).toSorted();
    const entries: StoredEntry[] = [];
    const others: string[] = [];
    // A file that a kill left before it had its name is no entry, nor is the lock of a writer.
    const isOther = (name: string): boolean =>
      isTemporary(name) || name.endsWith('.tmp') || isLockName(name);
    for (const name of names.filter((one) => !isOther(one))) {
      try {
        entries.push(readFile(join(this.path, name)));
      } catch (thrown) {
        if (!(thrown instanceof AllocertError)) throw thrown;
        others.push(thrown.message);
      }
    }
    const [first] = others;
    const warning =
      first === undefined
        ? ''
        : `${others.length} files in ${this.path} are left alone, because they are not corpus entries; ` +
          `the first: ${first}`;
    return { entries, warning };
  }

  /**
   * The entries with these names.
   *
   * @throws {@link AllocertError} (usage) when one is missing or damaged
   */
  readAll(digests: readonly string[]): readonly StoredEntry[] {
    return digests.map((digest) => {
      const file = this.#file(digest);
      if (existsSync(file)) return readFile(file);
      throw usageError(
        `the corpus of the campaign lacks ${file}; put it back, or start another campaign`,
      );
    });
  }

  /** Writes an entry; it is on the disk afterwards. */
  write({ digest, text }: StoredEntry): void {
    const file = this.#file(digest);
    if (existsSync(file)) return;
    this.#make();
    withDirectoryErrors(this.path, () => putFile(file, text));
  }

  remove(digests: readonly string[]): void {
    withDirectoryErrors(this.path, () => {
      for (const digest of digests) rmSync(this.#file(digest), { force: true });
    });
  }

  /** Removes what a kill left of entries; only for a folder that one campaign alone writes to. */
  removeLeftovers(): void {
    if (existsSync(this.path)) withDirectoryErrors(this.path, () => removeTemporary(this.path));
  }

  #file(digest: string): string {
    return join(this.path, `${digest}${ENTRY_SUFFIX}`);
  }
}

/** Opens a folder that must be there. @throws {@link AllocertError} (usage) */
export function existingFolder(path: string): CorpusFolder {
  if (existsSync(path)) return new CorpusFolder(path);
  throw usageError(`there is no corpus folder ${path}; allocert fuzz --corpus ${path} makes one`);
}

/**
 * One entry by the path of its file.
 *
 * @throws {@link AllocertError} (usage) when it is none, or another one than its name says
 */
export function readFile(file: string): StoredEntry {
  if (!NAME.test(basename(file))) throw usageError(`${file} is not named as a corpus entry is`);
  let text: string;
  try {
    text = readRegular(file, ENTRY_BYTES).toString('utf8');
  } catch (thrown) {
    if (thrown instanceof AllocertError) throw thrown;
    throw usageError(`cannot read ${file}: ${messageOf(thrown)}`);
  }
  if (`${digestOf(text)}${ENTRY_SUFFIX}` !== basename(file)) {
    throw usageError(`${file} is damaged: its content is not what its name says`);
  }
  return readEntry(text, file);
}
