/**
 * What the table says of operations beside their arguments: which give descriptors, which wait,
 * which hand out bytes. Goal: each list that derives from it holds the operations that stood in it
 * when it was written by hand, so that a column cannot change what an oracle or a generator relies
 * on.
 */
import t from 'tap';
import {
  handsOutBytes,
  isSteady,
  keepsDescriptors,
  OPERATION_ROWS,
  type OperationSpec,
  operationsWhere,
} from '../../../adapters/contract/index.ts';

const listed = (condition: (spec: OperationSpec) => boolean): string =>
  [...operationsWhere(condition)].toSorted().join(' ');

/** What a list is for, its operations in the order of the alphabet, and the columns behind it. */
const LISTS: readonly (readonly [
  what: string,
  operations: string,
  condition: (spec: OperationSpec) => boolean,
])[] = [
  [
    'an executor may hold a descriptor of its own',
    'descriptors failnth frames locate peek readfile readlink',
    ({ ownFiles }) => ownFiles === true,
  ],
  [
    'the table of descriptors stays as it is',
    'barrier descriptors failnth fork frames fstat ftruncate itimer kill load locate lseek madvise mmap ' +
      'mprotect mremap munmap peek poll pread pwrite readfile readlink scan sendfd sleep store wait',
    keepsDescriptors,
  ],
  [
    'the value is a descriptor, with certain commands at least',
    'dup dup2 dup3 fcntl memfd open recvfd reopen',
    ({ gives }) => gives?.kind === 'descriptor',
  ],
  ['the number is chosen', 'dup2 dup3', ({ gives }) => gives?.at !== undefined],
  [
    'what is given refers to something that was there',
    'dup dup2 dup3 fcntl mmap mremap reopen sendfd',
    ({ gives }) => gives?.of !== undefined,
  ],
  ['mappings', 'mmap mremap', ({ gives }) => gives?.kind === 'mapping'],
  ['other ways to give', 'fork ioctl sendfd socketpair', ({ gives }) => othersOf(gives?.kind)],
  [
    'it does not wait, so that a call which does not come back accuses the target',
    'close dup dup2 dup3 failnth fcntl frames fstat ftruncate ioctl load lseek madvise mmap ' +
      'mprotect mremap munmap open pread pwrite reopen scan store',
    ({ waits }) => waits === 'never',
  ],
  ['it waits by itself', 'barrier poll sleep wait', ({ waits }) => isPatient(waits)],
  [
    'it takes something away',
    'close dup2 dup3 exec exit kill madvise mprotect mremap munmap',
    ({ drops }) => drops !== undefined,
  ],
  [
    'it may take something away and fail',
    'close madvise mprotect munmap',
    ({ drops }) => drops?.evenIfFailed === true,
  ],
  [
    'a mutation may move it',
    'close dup dup2 dup3 failnth fcntl frames fstat ftruncate ioctl lseek mmap mprotect mremap ' +
      'munmap poll pread pwrite recvfd reopen scan sendfd socketpair store',
    ({ scenario }) => scenario === 'movable',
  ],
  [
    'it stays where a generator put it',
    'exec exit fork kill madvise open setrlimit wait',
    ({ scenario }) => scenario === 'fixed',
  ],
  [
    'for want of memory it may say more than ENOMEM',
    'madvise memfd open reopen sendfd socketpair',
    ({ outOfMemory }) => outOfMemory !== undefined,
  ],
  ['it watches', 'descriptors readfile', ({ scenario }) => scenario === 'watching'],
  ['its outcome may be a fault', 'frames load scan store', ({ faults }) => faults === true],
  ['its bytes are text', 'readfile readlink', ({ out }) => out === 'text'],
  [
    // Before, C had this list without frames and peek.
    'the executor makes room for its bytes',
    'descriptors frames fstat ioctl load locate peek pread readfile readlink scan socketpair',
    handsOutBytes,
  ],
];

const othersOf = (kind: string | undefined): boolean =>
  kind !== undefined && kind !== 'descriptor' && kind !== 'mapping';
const isPatient = (waits: OperationSpec['waits']): boolean =>
  waits === 'time' || waits === 'clients';

t.test('lists of operations', async (t) => {
  for (const [what, operations, condition] of LISTS) t.equal(listed(condition), operations, what);
});

t.test('columns name arguments that the operation has, of a kind that fits', async (t) => {
  for (const [name, { arguments: given, drops, gives }] of OPERATION_ROWS) {
    for (const argument of [gives?.of, gives?.at, gives?.length, drops?.at, drops?.length]) {
      t.ok(argument === undefined || argument in given, `${name}: ${argument}`);
    }
    t.ok(gives?.at === undefined || given[gives.at] === 'descriptor', name);
    t.ok(drops?.kind !== 'descriptor' || given[drops.at ?? ''] === 'descriptor', name);
    t.ok(drops?.kind !== 'mapping' || given[drops.at ?? ''] === 'address', name);
    t.ok(drops?.kind !== 'access' || given[drops.at ?? ''] === 'address', name);
    t.ok(drops?.of === undefined || given[drops.of] === 'client', name);
  }
});

t.test('columns agree with each other', async (t) => {
  for (const [name, spec] of OPERATION_ROWS) {
    const { arguments: given, gives, out, result } = spec;
    t.equal(result === 'address', gives?.kind === 'mapping', `${name} returns its mapping`);
    t.ok(result !== 'descriptor' || gives?.kind === 'descriptor', `${name} returns its descriptor`);
    t.ok(!isSteady(spec) || result !== 'descriptor', name);
    t.equal(
      out === 'argument',
      Object.values(given).includes('argument'),
      `${name} has an argument`,
    );
    t.equal(out === 'repeat-summary', Object.values(given).includes('body'), `${name} has a body`);
  }
});
