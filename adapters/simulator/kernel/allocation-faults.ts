/**
 * Allocations of the kernel that fail on purpose, as the fail-nth of a thread has it. Source: the
 * kernel's Documentation/fault-injection/fault-injection.rst.
 */
export class AllocationFaults {
  #wanted = 0n;
  #left = 0n;
  #injected = false;

  /** Lets the `nth` allocation of the next call fail; says whether one failed in the call before. */
  arm(nth: bigint): bigint {
    const before = this.#injected ? 1n : 0n;
    this.#injected = false;
    this.#wanted = nth;
    return before;
  }

  /** A call begins: what was asked for counts for it alone. */
  enter(): void {
    this.#left = this.#wanted;
    this.#wanted = 0n;
  }

  /** Counts one allocation, and says whether it is the one that fails. */
  fails(): boolean {
    if (this.#left === 0n) return false;
    this.#left -= 1n;
    this.#injected = this.#left === 0n;
    return this.#injected;
  }
}
