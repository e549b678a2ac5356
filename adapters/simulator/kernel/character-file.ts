import type { ErrnoName } from '../../contract/errno.ts';
import { linuxNumbers } from '../../contract/linux-numbers.ts';
import type { KernelLog } from './kernel-log.ts';
import { type Backing, type FileStatus, OpenFile } from './open-file.ts';
import { PageStore } from './pages.ts';

const { S_IFCHR } = linuxNumbers;

/** /dev/null and /dev/zero, the two memory devices that every Linux has (major 1). */
export class CharacterFile extends OpenFile {
  readonly #log: KernelLog;
  readonly #zero: boolean;
  readonly #pageBytes: number;

  constructor(log: KernelLog, flags: number, zero: boolean, pageBytes: number) {
    super(log, flags);
    this.#log = log;
    this.#zero = zero;
    this.#pageBytes = pageBytes;
  }

  link(): string {
    return this.#zero ? '/dev/zero' : '/dev/null';
  }

  status(): FileStatus {
    const minor = this.#zero ? 5 : 3;
    return {
      mode: S_IFCHR | 0o666,
      size: 0n,
      inode: 1000 + minor,
      device: 5,
      special: 256 + minor,
    };
  }

  protected override release(): void {}

  override reopen(flags: number): OpenFile {
    return new CharacterFile(this.#log, flags, this.#zero, this.#pageBytes);
  }

  override seek(): bigint {
    return 0n;
  }

  override read(length: number): Uint8Array {
    return new Uint8Array(this.#zero ? length : 0);
  }

  override write(bytes: Uint8Array): bigint {
    return BigInt(bytes.length);
  }

  override map(): Backing | ErrnoName {
    if (!this.#zero) return 'ENODEV';
    const store = new PageStore(this.#pageBytes);
    return { expandable: true, resolve: (page) => ({ store, page }) };
  }
}
