/**
 * What is known of operations beside their arguments: which give descriptors, which wait, which hand
 * out bytes. Goal: each list of names holds exactly the operations that its reader relies on.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { handsOutBytes, operationsWhere } from '../../../adapters/contract/index.ts';
import { packageRoot } from '../../../base/package-root.ts';

const textOf = (file: string): string => readFileSync(join(packageRoot(), file), 'utf8');

/** A list of names as a file writes it. */
function listIn(file: string, name: string): string[] {
  const [, list = ''] =
    new RegExp(`const ${name}\\b[^=]*=\\s*\\[([^;]*)\\];`).exec(textOf(file)) ?? [];
  return [...list.matchAll(/'([a-z0-9]+)'/g)].map(([, op]) => op ?? '').toSorted();
}

/** The keys of a record that a file writes. */
function keysIn(file: string, name: string): string[] {
  const [, record = ''] =
    new RegExp(`const ${name}\\b[^=]*= \\{([^;]*)\\};`).exec(textOf(file)) ?? [];
  return [...record.matchAll(/^ {2}([a-z0-9]+):/gm)].map(([, op]) => op ?? '').toSorted();
}

/** Where a list stands, and what it holds. */
const LISTS: readonly (readonly [file: string, name: string, operations: string])[] = [
  ['oracles/numbers.ts', 'FLEETING', 'descriptors frames peek readfile readlink'],
  [
    'oracles/numbers.ts',
    'NEUTRAL',
    'barrier descriptors fork frames fstat ftruncate kill load lseek mmap mprotect mremap munmap ' +
      'peek poll pread pwrite readfile readlink scan sendfd sleep store wait',
  ],
  ['oracles/numbers.ts', 'GIVING', 'dup memfd open reopen'],
  ['oracles/descriptors.ts', 'GIVING', 'dup dup2 dup3 fcntl memfd open reopen'],
  ['oracles/descriptors.ts', 'UNACCOUNTED', 'exec recvfd repeat sendfd socketpair'],
  [
    'oracles/survival.ts',
    'PROMPT',
    'close dup dup2 dup3 fcntl frames fstat ftruncate ioctl load lseek mmap mprotect mremap munmap ' +
      'open pread pwrite reopen scan store',
  ],
  ['oracles/drops.ts', 'DROPPING', 'close dup2 dup3 exec exit kill mprotect mremap munmap'],
  ['oracles/drops.ts', 'UNSURE', 'exec kill repeat'],
  [
    'fuzz/corpus/safety.ts',
    'MOVABLE',
    'close dup fcntl frames fstat ftruncate ioctl lseek mmap mprotect mremap munmap poll pread ' +
      'pwrite recvfd reopen scan sendfd socketpair store',
  ],
  ['fuzz/corpus/safety.ts', 'FIXED', 'exec exit fork kill open setrlimit wait'],
  ['fuzz/corpus/safety.ts', 'WATCHING', 'descriptors readfile'],
  ['fuzz/corpus/safety.ts', 'LAST', 'exec exit'],
  ['fuzz/reproduce/check.ts', 'GIVING', 'dup dup2 dup3 fcntl open recvfd reopen'],
  ['fuzz/reproduce/lines.ts', 'SILENT', 'barrier descriptors readfile readlink sleep'],
  ['suites/assess/diff/histories.ts', 'OTHER_NUMBERS', 'fork readfile readlink'],
  ['suites/assess/diff/histories.ts', 'OTHER_BYTES', 'frames readfile readlink'],
];

t.test('lists of operations', async (t) => {
  for (const [file, name, operations] of LISTS) {
    t.strictSame(listIn(file, name).join(' '), operations, `${name} of ${file}`);
  }
});

t.test('records with an entry for some operations', async (t) => {
  t.equal(
    keysIn('fuzz/reproduce/slots.ts', 'KINDS').join(' '),
    'dup dup2 dup3 fcntl ioctl mmap mremap open recvfd reopen socketpair',
  );
  t.equal(
    keysIn('fuzz/findings/schedule-words.ts', 'STEMS').join(' '),
    'dup dup2 dup3 ioctl mmap mremap reopen socketpair',
  );
});

t.test('operations whose bytes the executor makes room for', async (t) => {
  // Before, they stood in C by hand, without frames and peek.
  t.equal(
    [...operationsWhere(handsOutBytes)].toSorted().join(' '),
    'descriptors frames fstat ioctl load peek pread readfile readlink scan socketpair',
  );
});
