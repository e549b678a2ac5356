import type { ErrnoName } from '../../contract/errno.ts';
import { linuxNumbers } from '../../contract/linux-numbers.ts';
import type { AllocateRequest } from './request.ts';

const { O_ACCMODE, O_CLOEXEC } = linuxNumbers;

/** The rules that a request must keep, one method each. */
export class RequestRules {
  /** The errno of a request that is refused. */
  refusal(request: AllocateRequest): ErrnoName | undefined {
    if (!this.isVersionKnown(request.version)) return 'EINVAL';
    if (!this.areReservedZero(request.reserved1, request.reserved2)) return 'EINVAL';
    return this.areFlagsKnown(request.flags) ? undefined : 'EINVAL';
  }

  /** Both behaviours compare all 64 bits with 0, as the RFC's code does. */
  isVersionKnown(version: bigint): boolean {
    return version === 0n;
  }

  protected areReservedZero(first: number, second: number): boolean {
    return first === 0 && second === 0;
  }

  /** An access mode, which 3 is not, and O_CLOEXEC. */
  protected areFlagsKnown(flags: number): boolean {
    return (flags & ~(O_ACCMODE | O_CLOEXEC)) === 0 && (flags & O_ACCMODE) !== O_ACCMODE;
  }
}
