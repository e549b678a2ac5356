/** Buffers that are held together, as many as a small region has room for. */
import type { Allocation, CaseContext } from './context.ts';
import { Inconclusive, Skip } from './observation.ts';

/**
 * The lengths that a region can have at all.
 *
 * @param besides bytes that are held beside each
 * @throws {@link Skip} when it can have none of them
 */
export function lengthsThatFit(
  { region }: CaseContext,
  lengths: readonly bigint[],
  besides = 0n,
): readonly bigint[] {
  const { sizeBytes } = region;
  if (sizeBytes === undefined) return lengths;
  const fitting = lengths.filter((length) => length + besides <= sizeBytes);
  if (fitting.length > 0) return fitting;
  throw new Skip(`the region has ${sizeBytes} bytes, too few for this case`);
}

/**
 * Buffers of some lengths that live at once: all of them, or those for which there is room when the
 * region is hardly larger than all of them together.
 *
 * @param fewest how many the case needs
 * @throws {@link Skip} when a small region has room for fewer
 * @throws {@link Inconclusive} when a valid request fails though there is room
 */
export async function buffersThatFit(
  context: CaseContext,
  lengths: readonly bigint[],
  fewest: number,
): Promise<readonly Allocation[]> {
  const { sizeBytes } = context.region;
  const all = lengths.reduce((sum, length) => sum + length, 0n);
  const mayBeSmall = sizeBytes === undefined || 2n * all > sizeBytes;
  const buffers: Allocation[] = [];
  for (const length of lengths) {
    const buffer = await context.allocate({ length });
    if (buffer.reply.ok) {
      buffers.push(buffer);
      continue;
    }
    if (buffer.word !== 'ENOMEM' || !mayBeSmall) {
      throw new Inconclusive(`blocked: a valid request failed with ${buffer.word}`);
    }
    break;
  }
  if (buffers.length >= fewest) return buffers;
  if (sizeBytes === undefined) throw new Inconclusive('blocked: the region has too little room');
  throw new Skip(
    `the region has ${sizeBytes} bytes: ${buffers.length} buffers fit, ${fewest} are needed`,
  );
}

/** Buffers that are kept while there is room, so that each new one finds others around it. */
export class Neighbours {
  readonly #context: CaseContext;
  #held: Allocation[] = [];

  constructor(context: CaseContext) {
    this.#context = context;
  }

  /**
   * Takes one more buffer; those before it go when there is no room beside them.
   *
   * @throws {@link Inconclusive} when it cannot be had then either
   */
  async take(length: bigint): Promise<Allocation> {
    let buffer = await this.#context.allocate({ length });
    if (buffer.word === 'ENOMEM' && this.#held.length > 0) {
      await this.drop();
      buffer = await this.#context.buffer({ length });
    }
    if (!buffer.reply.ok) {
      throw new Inconclusive(`blocked: a valid request failed with ${buffer.word}`);
    }
    this.#held.push(buffer);
    return buffer;
  }

  /** Closes them all. */
  async drop(): Promise<void> {
    for (const buffer of this.#held) await this.#context.release(buffer);
    this.#held = [];
  }
}
