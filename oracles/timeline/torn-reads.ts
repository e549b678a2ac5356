/**
 * The values that one read of a field may see while others are written over it in one piece: each
 * byte from any of the values. The kernel's copies go byte by byte where the machine likes it
 * (`rep movsb`), and promise no more.
 *
 * @param width bytes of the field, the lowest first
 * @returns each once, the values themselves included
 */
export function mixturesOf(values: readonly bigint[], width: number): readonly bigint[] {
  let mixtures: readonly bigint[] = [0n];
  for (let at = 0n; at < BigInt(width); at += 1n) {
    const bytes = new Set(values.map((value) => byteOf(value, at)));
    mixtures = [...bytes].flatMap((byte) => mixtures.map((low) => low | (byte << (8n * at))));
  }
  return mixtures;
}

/** The smallest and the largest that one read of a field may see. See {@link mixturesOf}. */
export function mixtureBounds(
  one: bigint,
  other: bigint,
  width: number,
): { readonly least: bigint; readonly most: bigint } {
  let least = 0n;
  let most = 0n;
  for (let at = 0n; at < BigInt(width); at += 1n) {
    const bytes = [byteOf(one, at), byteOf(other, at)].toSorted((a, b) => Number(a - b));
    const [low = 0n, high = 0n] = bytes;
    least |= low << (8n * at);
    most |= high << (8n * at);
  }
  return { least, most };
}

/** Whether one read of a field may see a value. See {@link mixturesOf}. */
export function isMixture(seen: bigint, values: readonly bigint[], width: number): boolean {
  return Array.from({ length: width }, (_, at) => BigInt(at)).every((at) =>
    values.some((value) => byteOf(value, at) === byteOf(seen, at)),
  );
}

/** How many bytes of two values differ. */
export function bytesApart(one: bigint, other: bigint, width: number): number {
  return Array.from({ length: width }, (_, at) => BigInt(at)).filter(
    (at) => byteOf(one, at) !== byteOf(other, at),
  ).length;
}

const byteOf = (value: bigint, at: bigint): bigint => (value >> (8n * at)) & 0xffn;
