import type { ErrnoName } from '../../contract/errno.ts';
import type { DescriptorSlots, OpenFile } from './open-file.ts';

interface Entry {
  /** Undefined while the number is reserved: get_unused_fd came, fd_install did not yet. */
  file: OpenFile | undefined;
  closeOnExec: boolean;
}

/** The descriptors of one process. Source: the kernel's fs/file.c. */
export class DescriptorTable implements DescriptorSlots {
  readonly #entries: (Entry | undefined)[] = [];
  /** No number below this is free. */
  #lowest = 0;

  /**
   * Reserves the lowest free number from `from` on.
   *
   * @param limit RLIMIT_NOFILE
   */
  reserve(limit: number, closeOnExec: boolean, from = 0): number | ErrnoName {
    let number = Math.max(from, this.#lowest);
    while (this.#entries[number] !== undefined) number += 1;
    if (number >= limit) return 'EMFILE';
    this.#entries[number] = { file: undefined, closeOnExec };
    if (from <= this.#lowest) this.#lowest = number + 1;
    return number;
  }

  /** Makes a reserved number refer to a file, whose reference it takes over. */
  install(number: number, file: OpenFile): void {
    const entry = this.#entries[number];
    if (entry !== undefined) entry.file = file;
  }

  /** Gives a reserved number back. */
  unreserve(number: number): void {
    this.#entries[number] = undefined;
    this.#lowest = Math.min(this.#lowest, number);
  }

  /** Puts a file at a number of the caller's choice; what was there comes back, to be closed. */
  replace(number: number, file: OpenFile, closeOnExec: boolean): OpenFile | undefined | 'EBUSY' {
    const before = this.#entries[number];
    if (before !== undefined && before.file === undefined) return 'EBUSY';
    this.#entries[number] = { file, closeOnExec };
    return before?.file;
  }

  /** The file at a number. */
  at(number: number): OpenFile | undefined {
    return this.#entries[number]?.file;
  }

  isCloseOnExec(number: number): boolean {
    return this.#entries[number]?.closeOnExec === true;
  }

  setCloseOnExec(number: number, value: boolean): void {
    const entry = this.#entries[number];
    if (entry !== undefined) entry.closeOnExec = value;
  }

  /** Takes a file out of the table. The caller drops the reference. */
  detach(number: number): OpenFile | undefined {
    const file = this.at(number);
    if (file !== undefined) this.unreserve(number);
    return file;
  }

  /** Numbers in use, ascending. */
  get numbers(): readonly number[] {
    const numbers: number[] = [];
    for (let number = 0; number < this.#entries.length; number += 1) {
      if (this.at(number) !== undefined) numbers.push(number);
    }
    return numbers;
  }

  /** Files of the descriptors in use, one for each. */
  get files(): readonly OpenFile[] {
    return this.#entries.flatMap((entry) => entry?.file ?? []);
  }

  /** The table of a forked child: the same files, each with one more reference. */
  copy(): DescriptorTable {
    const copy = new DescriptorTable();
    for (const number of this.numbers) {
      const file = this.at(number);
      if (file === undefined) continue;
      copy.#entries[number] = {
        file: file.hold('dup_fd'),
        closeOnExec: this.isCloseOnExec(number),
      };
    }
    return copy;
  }
}
