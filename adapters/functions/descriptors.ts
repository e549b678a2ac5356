/** What every process has open from the start: 0, 1 and 2. */
const STANDARD = 3;

/**
 * Descriptors of one process: numbers for files of any kind, the lowest free one first. What a file
 * is, and when it ends, is its owner's to say.
 */
export class Descriptors<File> {
  readonly #files: (File | undefined)[];

  /** @param standard the file at 0, 1 and 2 */
  constructor(standard: File) {
    this.#files = new Array<File | undefined>(STANDARD).fill(standard);
  }

  /** Gives a file the lowest free number. */
  add(file: File): number {
    const free = this.#files.indexOf(undefined);
    const number = free === -1 ? this.#files.length : free;
    this.#files[number] = file;
    return number;
  }

  /** The file at a number. */
  get(number: number): File | undefined {
    return this.#files[number];
  }

  /** Frees a number; the file that was there. */
  remove(number: number): File | undefined {
    const file = this.#files[number];
    if (file !== undefined) this.#files[number] = undefined;
    return file;
  }

  /** Numbers in use, ascending. */
  get numbers(): number[] {
    return [...this.#files.keys()].filter((number) => this.#files[number] !== undefined);
  }

  /** Every file, once for each of its numbers. */
  get files(): File[] {
    return this.#files.filter((file) => file !== undefined);
  }

  /**
   * The same files at the same numbers, as a child process has them.
   *
   * @param hold called for each, so that references can be counted
   */
  copy(hold: (file: File) => void): Descriptors<File> {
    const copy = new Descriptors<File>(undefined as never);
    copy.#files.splice(0, STANDARD, ...this.#files);
    for (const file of this.files) hold(file);
    return copy;
  }
}
