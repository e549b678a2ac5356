import { TAINT_BAD_PAGE, TAINT_WARN } from '../../contract/linux.ts';

/** The simulated kernel's log, and the mask of what it no longer vouches for. */
export class KernelLog {
  #lines: string[] = [];
  #taint = 0n;

  get taint(): bigint {
    return this.#taint;
  }

  /** Reports that freed memory was used, the way KASAN does. */
  useAfterFree(where: string): void {
    this.#lines.push(`BUG: KASAN: use-after-free in ${where}`);
    this.#taint |= TAINT_BAD_PAGE;
  }

  /** Reports a WARN_ON that fired. */
  warning(where: string): void {
    this.#lines.push(`WARNING: CPU: 0 PID: 1 at ${where}`);
    this.#taint |= TAINT_WARN;
  }

  /** The lines since the last call. */
  take(): readonly string[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }
}
