/** A stretch of work, and how far a gauge of free memory fell over it. */
export interface Fall {
  /** How often something was done. */
  readonly times: bigint;
  /** Bytes. */
  readonly lost: bigint;
}

/** Stretches over which a gauge must fall before anything is called a leak. */
const STRETCHES = 3;

/** KASAN keeps freed objects of up to 1/32 of memory. Source: mm/kasan/quarantine.c. */
export const QUARANTINE_PART = 32n;

/** Bytes that a leak must amount to in a stretch of work before it stands out of the noise. */
export const LEAK_BYTES_MIN = 4n << 20n;

/**
 * Whether the last stretches fell at one rate, up to a factor of two: a leak does, whereas
 * quarantines, per-CPU lists and lazy unmapping fill up and come to rest.
 */
export function fallsSteadily(falls: readonly Fall[]): boolean {
  const last = falls.slice(-STRETCHES);
  if (last.length < STRETCHES) return false;
  return last.every((one) =>
    last.every((other) => one.lost * other.times <= 2n * other.lost * one.times),
  );
}
