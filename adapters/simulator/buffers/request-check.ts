import type { ErrnoName } from '../../contract/errno.ts';
import { linuxNumbers } from '../../contract/linux-numbers.ts';
import type { DefectSet } from '../defects/defect.ts';
import type { CmaAllocator } from './allocator.ts';
import type { AllocateRequest } from './request.ts';

const { O_ACCMODE, O_CLOEXEC } = linuxNumbers;
const FLAGS_KNOWN = O_ACCMODE | O_CLOEXEC;

/** Why a request is refused, if it is. */
export function check(
  request: AllocateRequest,
  allocator: CmaAllocator,
  defects: DefectSet,
): ErrnoName | undefined {
  const { statics } = allocator;
  if (!versionIsKnown(request.version, defects)) {
    if (defects.has('leak-on-version')) allocator.lose(1);
    return 'EINVAL';
  }
  const sticks = statics.refuses && defects.has('refusal-sticks');
  statics.refuses = reservedIsUsed(request, defects);
  if (statics.refuses || sticks) return 'EINVAL';
  if (defects.has('input-descriptor-checked') && request.descriptor < 0) return 'EBADF';
  return flagsRefused(request, defects) ? 'EINVAL' : undefined;
}

function flagsRefused(request: AllocateRequest, defects: DefectSet): boolean {
  if (defects.has('flags-unchecked')) return false;
  const known = defects.has('cloexec-refused') ? FLAGS_KNOWN & ~O_CLOEXEC : FLAGS_KNOWN;
  const looked = defects.has('flags-high-unchecked') ? O_CLOEXEC * 2 - 1 : -1;
  const unknown = (request.flags & looked & ~known) !== 0;
  const noMode = (request.flags & O_ACCMODE) === O_ACCMODE;
  return unknown || (noMode && !defects.has('mode-unchecked'));
}

function reservedIsUsed(request: AllocateRequest, defects: DefectSet): boolean {
  if (defects.has('reserved-unchecked')) return false;
  const looked = defects.has('reserved-low-half') ? 0xffff : -1;
  const first = (request.reserved1 & looked) !== 0 && !defects.has('reserved1-unchecked');
  return first || ((request.reserved2 & looked) !== 0 && !defects.has('reserved2-unchecked'));
}

/** Both behaviours compare all 64 bits with 0, as the RFC's code does. */
export function versionIsKnown(version: bigint, defects: DefectSet): boolean {
  if (defects.has('version-unchecked')) return true;
  const known = defects.has('version-1-wanted') ? 1n : 0n;
  const topIgnored = defects.has('version-top-bit-ignored') ? 63 : 64;
  const bits = defects.has('version-truncated-32') ? 32 : topIgnored;
  return BigInt.asUintN(bits, version) === known;
}
