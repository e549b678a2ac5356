import {
  descriptorsIn,
  type Operand,
  type Operation,
  type Result,
  succeeded,
} from '../../adapters/contract/index.ts';
import { countInFdinfo } from '../kit/reference-count.ts';

/** What a client has, as far as its kernel shows it. */
export interface Holdings {
  readonly descriptors?: readonly number[];
  /** References of the buffer that a call is made on. */
  readonly references?: bigint;
}

/** Operations that look at what a client has, to be made before and after a call of its. */
export function looksAround(operation: Operation): readonly Operation[] {
  const list: Operation = { op: 'descriptors' };
  const fd = usedBy(operation);
  if (fd === undefined) return [list];
  return [list, { op: 'readfile', document: '/proc/self/fdinfo', fd }];
}

/** The descriptor that a call uses: of a message, what it carries. */
function usedBy(operation: Operation): Operand | undefined {
  if (operation.op === 'sendfd') return operation.passed;
  return 'fd' in operation ? operation.fd : undefined;
}

/** What {@link looksAround} saw; nothing of a descriptor that is no buffer's. */
export function seenIn([list, information]: readonly Result[]): Holdings {
  const descriptors = list !== undefined && succeeded(list) ? descriptorsIn(list.out) : undefined;
  const references =
    information !== undefined && succeeded(information)
      ? countInFdinfo(information.out)
      : undefined;
  return {
    ...(descriptors === undefined ? {} : { descriptors }),
    ...(references === undefined ? {} : { references }),
  };
}
