import type { ErrnoName } from '../../contract/errno.ts';
import type { KernelLog } from './kernel-log.ts';
import { type FileStatus, OpenFile } from './open-file.ts';

/** A file that was opened with O_PATH: its name, its status, and a way to open it for good. */
export class PathFile extends OpenFile {
  readonly #link: string;
  readonly #status: FileStatus;
  readonly #reopen: (flags: number) => OpenFile | ErrnoName;

  /** @param target the file that is named; it may be gone while the name is still held */
  constructor(log: KernelLog, flags: number, target: OpenFile) {
    super(log, flags);
    this.#link = target.link();
    this.#status = target.status();
    this.#reopen = (wanted) => target.reopen(wanted);
  }

  link(): string {
    return this.#link;
  }

  status(): FileStatus {
    return this.#status;
  }

  override reopen(flags: number): OpenFile | ErrnoName {
    return this.#reopen(flags);
  }

  protected override release(): void {}
}
