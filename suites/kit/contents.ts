import {
  type Client,
  linux,
  outcomePhrase,
  type Reply,
  type SlotRef,
} from '../../adapters/contract/index.ts';
import type { Allocation, CaseContext } from './context.ts';
import { Inconclusive } from './observation.ts';
import { buffersThatFit } from './room.ts';

/** A pattern of one byte, repeated by `store` and `scan`. */
export const pattern = (byte: number): Uint8Array => Uint8Array.of(byte);

/** All zero. */
export const ZERO: Uint8Array = pattern(0);

/** Fills a mapping with a byte. */
export async function fillBytes(
  client: Client,
  mapping: SlotRef,
  length: bigint,
  byte: number,
): Promise<Reply> {
  return client.store({ address: mapping, length, bytes: pattern(byte) });
}

/**
 * Fills a mapping with a byte that is to be looked for afterwards.
 *
 * @throws {@link Inconclusive} when not all of it can be written to: another rule's question
 */
export async function fillWhole(
  client: Client,
  mapping: SlotRef,
  length: bigint,
  byte: number,
): Promise<void> {
  const { ok, word } = await fillBytes(client, mapping, length, byte);
  if (!ok)
    throw new Inconclusive(`blocked: writing to ${length} mapped bytes ${outcomePhrase(word)}`);
}

/**
 * Whether a mapping holds nothing but a byte, in one word: `own-bytes`, `other-bytes`, or how the
 * access failed.
 */
export async function contentsWord(
  client: Client,
  mapping: SlotRef,
  length: bigint,
  byte: number,
): Promise<'own-bytes' | 'other-bytes' | string> {
  const scan = await client.scan({ address: mapping, length, bytes: pattern(byte) });
  if (!scan.ok) return scan.word;
  return scan.value === length ? 'own-bytes' : 'other-bytes';
}

/** Fills a buffer with a byte through a mapping that is gone afterwards. */
export async function stamp(
  context: CaseContext,
  buffer: Allocation,
  length: bigint,
  byte: number,
): Promise<void> {
  const mapping = await context.map(buffer, length);
  await fillWhole(buffer.client, mapping, length, byte);
  await buffer.client.munmap({ address: mapping, length });
}

/** Buffers allocated and overwritten to show that memory was given away too early. */
const CHALLENGERS = 8;

/** As many of the size of what may be in use, where that is larger. */
const LARGE_CHALLENGERS = 2;

/**
 * Gives the allocator every chance to hand out memory that is still in use.
 *
 * @param length bytes of the buffer that has it; a page when left out
 */
export async function overwriteNewBuffers(
  context: CaseContext,
  length: bigint = context.page,
): Promise<void> {
  const like = length > context.page ? LARGE_CHALLENGERS : 0;
  const sizes = Array.from({ length: CHALLENGERS + like }, (_, index) =>
    index < CHALLENGERS ? context.page : length,
  );
  const challengers = await buffersThatFit(context, sizes, 1);
  for (const [index, buffer] of challengers.entries()) {
    await stamp(context, buffer, sizes[index] ?? context.page, 0xff);
  }
  for (const buffer of challengers) await context.release(buffer);
}

/** The contents of a buffer, as {@link contentsWord} says it, through a mapping of its own. */
export async function bufferWord(
  context: CaseContext,
  buffer: Allocation,
  length: bigint,
  byte: number,
): Promise<string> {
  const mapping = await context.map(buffer, length, linux.PROT_READ);
  const word = await contentsWord(buffer.client, mapping, length, byte);
  await buffer.client.munmap({ address: mapping, length });
  return word;
}

/** Whether a new buffer is `zero` or shows `residue`; else how the access failed. */
export async function zeroWord(
  context: CaseContext,
  buffer: Allocation,
  length: bigint,
): Promise<string> {
  const word = await bufferWord(context, buffer, length, 0);
  if (word === 'own-bytes') return 'zero';
  return word === 'other-bytes' ? 'residue' : word;
}
