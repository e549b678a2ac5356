/** Bytes that an object of the kernel takes with its red zones, about a file with its inode. */
const OBJECT_BYTES = 4096;
/** Of a full quarantine, the part that is let go at once. */
const BATCH_PARTS = 8;

/**
 * Freed objects that the kernel keeps for a while, so that their use is found. They are missing
 * from free memory until the quarantine is full; then the oldest go. Source: the kernel's
 * mm/kasan/quarantine.c, kasan_quarantine_put and kasan_quarantine_reduce.
 */
export class Quarantine {
  readonly limitBytes: number;
  #put = 0;

  /** @param limitBytes 0 for a kernel that has none */
  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  /** An object of the kernel was made, which goes through the quarantine one day. */
  count(): void {
    this.#put += OBJECT_BYTES;
  }

  /** Bytes that it keeps now. */
  get heldBytes(): number {
    const over = this.#put - this.limitBytes;
    if (this.limitBytes === 0 || over <= 0) return this.limitBytes === 0 ? 0 : this.#put;
    const batch = Math.max(1, Math.floor(this.limitBytes / BATCH_PARTS));
    return this.limitBytes - (over % batch);
  }
}
