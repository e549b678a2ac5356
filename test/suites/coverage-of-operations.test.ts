/**
 * Every operation, every class of every argument and every role over three processes is used by a
 * case and by a generator, or the page says why not; and whatever may touch a buffer is part of
 * some case that counts memory. Goal: an operation or a class that is added to the contract turns
 * this red until something asks for it.
 */
import { readFileSync } from 'node:fs';
import t from 'tap';
import {
  argumentClasses,
  OPERATION_ROWS,
  type Operation,
  type OperationSpec,
  operationsWhere,
} from '../../adapters/contract/index.ts';
import { usageOfCases, usageOfGenerators } from '../../scripts/coverage/observe-usage.ts';
import { coveragePage } from '../../scripts/coverage/page.ts';
import { Usage } from '../../scripts/coverage/usage.ts';

const PAGE = 'docs/coverage.md';
const cases = await usageOfCases();
const generators = await usageOfGenerators();

t.test('the page is what cases and generators do, and no cell lacks a reason', async (t) => {
  const page = coveragePage({ cases: cases.usage, generators });
  t.strictSame(page.unexplained, [], 'a case or a generator, or a reason in scripts/coverage');
  t.strictSame(page.needless, [], 'reasons for cells that are not empty');
  t.equal(page.text, readFileSync(PAGE, 'utf8'), 'npm run coverage-page');
});

t.test('a class that nothing uses is found', async (t) => {
  const without = (seen: ReadonlySet<string>, key: string): Set<string> =>
    new Set([...seen].filter((one) => one !== key));
  for (const key of ['madvise', 'lseek.offset 2^63', 'munmap.address cut', 'recvfd.fd sent']) {
    const seen = without(cases.usage.seen, key);
    const { unexplained } = coveragePage({ cases: { ...cases.usage, seen }, generators });
    t.ok(cases.usage.seen.has(key), `${key} is used`);
    t.strictSame(unexplained, [`${key}: no case`], key);
  }
  const roles = new Set([...generators.roles].filter((one) => !one.startsWith('holder exec')));
  const { unexplained } = coveragePage({
    cases: cases.usage,
    generators: { seen: generators.seen, roles },
  });
  t.strictSame(unexplained, ['holder exec allocator', 'holder exec third']);
});

t.test('whatever may touch a buffer is part of a case that counts memory', async (t) => {
  const touches = ({ arguments: given, drops, gives }: OperationSpec): boolean =>
    Object.values(given).some((kind) => kind === 'descriptor' || kind === 'address') ||
    gives?.kind === 'client' ||
    drops?.kind === 'client' ||
    drops?.kind === 'image';
  t.strictSame(
    [...operationsWhere(touches)].filter((op) => !cases.inLeakCycles.has(op)),
    [],
  );
});

t.test('states of operands follow what was done with them', async (t) => {
  const usage = new Usage();
  const fd = { slot: 'buffer', offset: 16, width: 4, signed: true } as const;
  const run = (client: string, ...operations: Operation[]): void =>
    usage.add({ deadlineMs: 1, threads: [{ client, operations }] });
  const address = { slot: 'map' };
  const flags = 1n;
  run(
    'one',
    { op: 'ioctl', slot: 'buffer', fd: 3n, request: 1n, argument: { bytes: new Uint8Array(24) } },
    { op: 'fstat', fd },
    { op: 'mmap', slot: 'map', length: 8192n, protection: 3n, flags, fd },
    { op: 'lseek', fd, offset: 0n, whence: 2n },
    { op: 'load', address, length: 1n },
    { op: 'fork', client: 'two' },
    { op: 'munmap', address, length: 4096n },
    { op: 'scan', address, length: 8192n, bytes: new Uint8Array(1) },
    { op: 'close', fd },
    { op: 'pread', fd, length: 1n },
  );
  run('two', { op: 'poll', fd, events: 1n });
  for (const key of [
    'fstat.fd fresh',
    'lseek.fd mapped',
    'load.address part',
    'scan.address cut',
    'pread.fd closed',
    'poll.fd inherited',
    'poll.timeoutMs 0',
    'lseek.whence 0',
  ]) {
    t.equal(usage.seen.has(key), key !== 'lseek.whence 0', key);
  }
});

t.test('classes stand for every end of a type', async (t) => {
  for (const [op, { arguments: given }] of OPERATION_ROWS) {
    // Nothing fails on purpose but in sweeps of faults.
    if (op === 'failnth') continue;
    const words = Object.entries(given).filter(([, kind]) => kind.startsWith('word'));
    for (const [argument] of words) {
      const asked = argumentClasses(op).filter((one) => one.argument === argument);
      t.ok(asked.length > 0, `${op}.${argument} has values that a Program may ask for`);
    }
  }
});
