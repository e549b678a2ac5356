import type { OperationName } from './operations.ts';

/** Arguments that no Program asks for, and why. */
interface Withheld {
  /** `operation.argument`. */
  readonly places: readonly string[];
  /** Names of classes; all but the small ones when left out. */
  readonly classes: readonly string[];
  readonly reason: string;
}

const LARGE = ['2^31-1', '2^31', '2^32-1', '2^32', '2^63-1', '2^63', '2^64-1'];
const USER_SPACE = ['2^31-1', '2^31', '2^32-1', '2^32'];

const WITHHELD: readonly Withheld[] = [
  {
    places: ['munmap.length', 'mremap.oldLength'],
    classes: USER_SPACE,
    reason: 'memory beyond the mapping is used by the client itself',
  },
  {
    places: ['mprotect.length'],
    classes: [...USER_SPACE, '2^63-1', '2^63'],
    reason:
      'it changes memory beyond the mapping up to the first hole, including the client’s own code',
  },
  {
    places: ['munmap.offset', 'mprotect.offset'],
    classes: ['2^31', '2^32'],
    reason: 'memory that far from the mapping may be used by the client itself',
  },
  {
    places: ['mremap.oldLength'],
    classes: ['2^63-1', '2^63', '2^64-1'],
    reason: 'kernels before 6.17 apply it to memory beyond the mapping',
  },
  {
    places: ['store.length', 'store.offset'],
    classes: LARGE,
    reason: 'a client that writes to memory that is not its own proves nothing',
  },
  {
    places: ['poll.timeoutMs'],
    classes: LARGE.filter((name) => name !== '2^32'),
    reason: 'it would wait that long if a buffer is not ready',
  },
  {
    places: ['barrier.parties', 'sleep.microseconds', 'repeat.times'],
    classes: LARGE,
    reason: 'it would not end before the deadline of any Program',
  },
  {
    places: ['barrier.parties'],
    classes: ['0'],
    reason: 'a barrier has at least one thread: the one that waits at it',
  },
  {
    places: ['itimer.intervalUs'],
    classes: ['1'],
    reason: 'a signal each microsecond leaves a client no time for anything else',
  },
  {
    places: ['setrlimit.resource'],
    classes: ['0', '2^32'],
    reason: 'RLIMIT_CPU ends the client after that many seconds',
  },
  {
    places: ['readfile.document'],
    classes: ['/sys/kernel/debug/cma'],
    reason: 'it says something only around all clients: scenarios of a guest begin and end with it',
  },
  {
    places: ['readfile.document'],
    classes: ['/sys/kernel/debug/kcov'],
    reason: 'it is asked for beside the Programs of a round, and no rule is about it',
  },
  {
    places: ['failnth.nth'],
    classes: ['0', '1', ...LARGE],
    reason: 'what fails on purpose is judged by rules of its own: see `allocert faults`',
  },
];

/** Why no Program has an argument of a class; undefined for arguments that Programs may have. */
export const withheldBecause = (
  op: OperationName,
  argument: string,
  name: string,
): string | undefined =>
  WITHHELD.find(
    ({ classes, places }) => places.includes(`${op}.${argument}`) && classes.includes(name),
  )?.reason;
