import { specOf } from './operation-meaning.ts';
import type { Capability, OperationName } from './operations.ts';
import type { Operation } from './program.ts';
import type { TargetFacts } from './session.ts';

/**
 * Whether a call can be made to fail by `failnth`: one system call, on the client's own behalf.
 * recvfd is left out: Linux takes the message from its queue before it makes the descriptor.
 */
export function canBeFailed({ op }: Pick<Operation, 'op'>): boolean {
  const { capability, faults, gives, waits } = specOf(op);
  if (faults === true || gives?.received === true) return false;
  return FAILING.includes(capability) || (capability === 'procfs' && waits === 'never');
}

const FAILING: readonly Capability[] = ['files', 'memory', 'sockets'];

/** Whether copies from and to programs fail on the target as well as allocations. */
export const copiesFail = ({ details }: Pick<TargetFacts, 'details'>): boolean =>
  details.faults?.includes('usercopy') === true;

/**
 * The errnos with which a call may say that something failed in it: the kernel's memory ran out, or,
 * on kernels that let that fail as well, a copy from or to the program.
 *
 * @param copies whether such copies fail, by {@link copiesFail}
 */
export const faultErrnos = (copies: boolean, op: OperationName): readonly string[] => [
  'ENOMEM',
  ...(specOf(op).outOfMemory ?? []),
  ...(copies ? ['EFAULT'] : []),
];
