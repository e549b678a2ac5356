/**
 * A finding about a kernel that nobody here wrote, as a C program, in a guest with that kernel: it
 * shows there without allocert. The deviation is a known one, as this kernel has no defect that is
 * not: unknown commands come to EINVAL. Skipped where no guest can be booted, except in CI.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { guestRunOf, runInGuest } from '../../adapters/vm/run-program.ts';
import { packageRoot } from '../../base/package-root.ts';
import { readFinding, reproducerOf } from '../../fuzz/index.ts';
import { allocert } from './command.ts';
import { debianGuest } from './debian-guest.ts';

const options = await debianGuest();
const FINDING = join(packageRoot(), 'test/fixtures/debian-6.12-dma-heap/finding-unknown-nr.json');

t.test('a reproducer shows the violation in the guest without allocert', options, async (t) => {
  const folder = t.testdir({});
  const file = join(folder, 'finding.c');
  const program = join(folder, 'reproducer');
  writeFileSync(file, reproducerOf(readFinding(FINDING)).text ?? '');
  const warnings = ['-Wall', '-Wextra', '-Werror'];
  execFileSync('cc', ['-std=gnu11', ...warnings, '-pthread', '-static', '-o', program, file]);
  const args = ['/dev/dma_heap/system', '3'];
  const { output, status } = await runInGuest('vm:debian/dma_heap/system', { path: program, args });
  t.equal(status, 1, output.join('\n'));
  t.match(output, [
    'An unknown command number of the right type is refused with ENOTTY.',
    'attempt 1:',
    /^open\(path, O_RDWR\) = 3$/,
    /^ioctl\(device, .*\) = -1, errno 22: Invalid argument$/,
    /\^ here the promise is broken$/,
    'The promise was broken in 3 of 3 attempts.',
  ]);
});

t.test('what a console says of a program', async (t) => {
  const said = (...rest: string[]) => guestRunOf(['noise', 'allocert: runs /run/program', ...rest]);
  const end = (status: number) => `allocert: the agent ended with status ${status}`;
  t.strictSame(said('hello', end(256)), { status: 1, output: ['hello'] });
  t.strictSame(said(end(0)), { status: 0, output: [] });
  t.strictSame(said('x', end(11)), { status: undefined, output: ['x'] }, 'ended by a signal');
  t.strictSame(said('x'), { status: undefined, output: ['x'] }, 'the guest did not survive');
  t.strictSame(guestRunOf([end(0)]), { status: undefined, output: [] }, 'it never ran');
  const split = runInGuest('vm:debian/x', { path: '/none', args: ['a\nb'] });
  await t.rejects(split, { message: /is one line that is not empty/ });
});

t.test('replay writes a finding as C, and refuses what contradicts itself', async (t) => {
  const folder = t.testdir({});
  const file = join(folder, 'out.c');
  const written = await allocert(['replay', FINDING, '--c', file]);
  t.equal(written.code, 0, written.stderr);
  t.match(written.stdout, /cc -Wall -Wextra -pthread -o reproducer/);
  execFileSync('cc', ['-Wall', '-Wextra', '-Werror', '-pthread', '-c', '-o', `${file}.o`, file]);
  for (const [words, sentence] of [
    [['--c', file, '--times', '3'], /--c-program runs nothing, so leave --times and --target out/],
    [['--c', join(folder, 'none', 'out.c')], /cannot write .*out\.c: ENOENT/],
    [['--target', 'sim:', '--times', '1'], /is about the ABI dma-heap, and sim: speaks simple-/],
    [['--times', '0'], /--times cannot be "0"/],
  ] as const) {
    const ran = await allocert(['replay', FINDING, ...words]);
    t.equal(ran.code, 2, ran.stdout);
    t.match(ran.stderr, sentence);
  }
});
