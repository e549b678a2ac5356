import { textOfBytes } from '../../adapters/contract/index.ts';

/** The size in bytes that fdinfo shows of a buffer; undefined where it shows none. */
export function sizeInFdinfo(out: Uint8Array): bigint | undefined {
  const line = /^size:\s+(\d+)$/m.exec(textOfBytes(out))?.[1];
  return line === undefined ? undefined : BigInt(line);
}
