import { type Client, linux, type Reply, type SlotRef } from '../../adapters/contract/index.ts';
import type { Allocation, CaseContext } from './context.ts';
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
  await fillBytes(buffer.client, mapping, length, byte);
  await buffer.client.munmap({ address: mapping, length });
}

/** Buffers allocated and overwritten to show that memory was given away too early. */
const CHALLENGERS = 8;

/**
 * Gives the allocator every chance to hand out memory that is still in use: buffers that live at
 * once are overwritten, and then given back.
 */
export async function overwriteNewBuffers(context: CaseContext): Promise<void> {
  const lengths = Array.from({ length: CHALLENGERS }, () => context.page);
  const buffers = await buffersThatFit(context, lengths, 1);
  for (const buffer of buffers) await stamp(context, buffer, context.page, 0xff);
  for (const buffer of buffers) await context.release(buffer);
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
