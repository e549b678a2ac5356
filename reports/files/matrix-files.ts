import { resolve } from 'node:path';
import { makeDirectory } from '../../base/make-directory.ts';
import { prepareDirectory, withDirectoryErrors } from './directory.ts';
import { replaceFile, replaceStream } from './replace-file.ts';

/** A matrix as files of a directory: `NAME.json`, `NAME.md`, and `NAME.html` where asked for. */
export class MatrixFiles {
  readonly #directory: string;
  readonly #name: string;

  /**
   * Makes sure that they can be written, before anything runs.
   *
   * @throws {@link AllocertError} (usage) when the directory cannot be written or is not allocert's
   */
  constructor(directory: string, name: string) {
    this.#directory = directory;
    this.#name = name;
    prepareDirectory(directory, `${name}.json`);
  }

  /** Writes the files, also when the directory has been deleted since. */
  write(data: object, markdown: string, page?: Iterable<string>): void {
    withDirectoryErrors(this.#directory, () => makeDirectory(resolve(this.#directory)));
    const json = `${JSON.stringify({ version: 1, ...data }, undefined, 2)}\n`;
    replaceFile(this.#directory, `${this.#name}.json`, json);
    replaceFile(this.#directory, `${this.#name}.md`, markdown);
    if (page !== undefined) replaceStream(this.#directory, `${this.#name}.html`, page);
  }
}
