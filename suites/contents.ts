import type { Client, Reply, SlotRef } from '../adapters/contract/index.ts';
import type { Allocation, Bench } from './bench.ts';

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
  bench: Bench,
  buffer: Allocation,
  length: bigint,
  byte: number,
): Promise<void> {
  const mapping = await bench.map(buffer, length);
  await fillBytes(buffer.client, mapping, length, byte);
  await buffer.client.munmap({ address: mapping, length });
}
