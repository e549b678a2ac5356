/** Fewest bytes of a pattern, so that no two buffers have the same by chance. */
const BYTES_MIN = 9;

/**
 * Bytes that, repeated over a buffer, look different in each of its pages and in every other
 * buffer: their number is odd and not below that of the pages, so each page begins at another byte.
 *
 * @param pages of the buffer
 * @param seed another one for each buffer that lives at the same time
 */
export function pagePattern(pages: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(Math.max(BYTES_MIN, pages) | 1);
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  for (let index = 0; index < bytes.length; index += 1) {
    // The steps of Park and Miller's generator: what it is does not matter, only that it repeats.
    state = Number(((BigInt(state % 0x7ffffffe) + 1n) * 48_271n) % 0x7fffffffn);
    bytes[index] = (state >>> 8) & 0xff;
  }
  return bytes;
}

/** A repeated pattern, as it looks to who begins to read at a byte further on. */
export function patternFrom(bytes: Uint8Array, offset: bigint): Uint8Array {
  const phase = Number(offset % BigInt(bytes.length));
  const turned = new Uint8Array(bytes.length);
  turned.set(bytes.subarray(phase));
  turned.set(bytes.subarray(0, phase), bytes.length - phase);
  return turned;
}
