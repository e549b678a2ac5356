import { linux } from '../../adapters/contract/index.ts';
import { fillBytes } from './contents.ts';
import type { CaseContext } from './context.ts';
import { memoryBytes } from './gauge.ts';
import { Inconclusive } from './observation.ts';

/** The byte that such a file is filled with. */
const CONTENTS = 0x5c;

/** A file in memory that is mapped and full. */
export interface FilledMemoryFile {
  /** Bytes. */
  readonly length: bigint;
  /** Gives its memory back. */
  drop(): Promise<void>;
}

/** Fills a file in memory with up to so many bytes, at most half of what is free. */
export async function fillMemoryFile(
  context: CaseContext,
  most: bigint,
): Promise<FilledMemoryFile> {
  const half = (await memoryBytes(context, 'MemAvailable')) / 2n;
  const length = ((half < most ? half : most) / context.page) * context.page;
  const { subject } = context;
  const fd = await subject.memfd({ length });
  const protection = linux.PROT_READ | linux.PROT_WRITE;
  const address = await subject.mmap({ length, protection, flags: linux.MAP_SHARED, fd });
  if (!address.ok) throw new Inconclusive(`blocked: a file in memory: ${address.word}`);
  const { value } = await fillBytes(subject, address, length, CONTENTS);
  if (value !== length) throw new Inconclusive(`blocked: ${value} of ${length} bytes were written`);
  const drop = async (): Promise<void> => {
    await subject.munmap({ address, length });
    await subject.close({ fd });
  };
  return { length, drop };
}
