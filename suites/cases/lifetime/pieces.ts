/** Calls on the slot `mapped`, a mapping of a buffer, that take it away in the end. */
import {
  linux,
  type Operation,
  type OperationOf,
  type SlotRef,
} from '../../../adapters/contract/index.ts';
import type { CaseContext } from '../../kit/context.ts';
import { cycleLength } from '../../kit/sizes.ts';

const { MAP_SHARED, PROT_NONE, PROT_READ, PROT_WRITE } = linux;
const address = { slot: 'mapped' };

/** Maps a whole buffer of {@link cycleLength} bytes as `mapped`. */
export function mapBuffer(context: CaseContext, fd: SlotRef): OperationOf<'mmap'> {
  const length = cycleLength(context);
  const protection = PROT_READ | PROT_WRITE;
  return { op: 'mmap', slot: address.slot, length, protection, flags: MAP_SHARED, fd };
}

/** Splits the mapping `mapped`, and takes it away piece by piece. */
export function splitMapping(context: CaseContext): readonly Operation[] {
  const { page } = context;
  return [
    { op: 'mprotect', address, offset: page, length: page, protection: PROT_READ },
    { op: 'mprotect', address, offset: 2n * page, length: page, protection: PROT_NONE },
    { op: 'munmap', address, offset: page, length: page },
    { op: 'mprotect', address, length: page, protection: PROT_READ },
    { op: 'munmap', address, length: cycleLength(context) },
  ];
}

/** Makes the mapping `mapped` shorter, and takes the rest away. */
export function shrinkMapping(context: CaseContext): readonly Operation[] {
  const length = cycleLength(context);
  const half = length / 2n;
  return [
    { op: 'mremap', address, oldLength: length, newLength: half, flags: 0n },
    { op: 'mremap', address, oldLength: half, newLength: half, flags: 0n },
    { op: 'munmap', address, length: half },
  ];
}

/** Gives advice on parts of the mapping `mapped`, and takes it away. */
export function adviseMapping(context: CaseContext): readonly Operation[] {
  const { page } = context;
  const advise = (advice: bigint, offset: bigint): Operation => {
    return { op: 'madvise', address, offset, length: page, advice };
  };
  return [
    advise(linux.MADV_RANDOM, page),
    advise(linux.MADV_DONTFORK, 2n * page),
    advise(linux.MADV_NORMAL, page),
    { op: 'munmap', address, length: cycleLength(context) },
  ];
}
