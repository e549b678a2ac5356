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
  const words = ['vm', 'run', 'vm:debian/dma_heap/system', program, ...args];
  const { code, stderr, stdout } = await allocert(words);
  t.equal(code, 1, stdout + stderr);
  t.match(stdout.trimEnd().split('\n'), [
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
  t.strictSame(said('hello', end(256)), { status: 1, problem: '', output: ['hello'] });
  t.strictSame(said(end(0)), { status: 0, problem: '', output: [] });
  const ended = (problem: string, ...output: string[]) => ({ status: undefined, problem, output });
  t.strictSame(said('x', end(11)), ended('signal 11 ended it', 'x'));
  t.strictSame(said('x'), ended('the guest ended before it, or it took too long', 'x'));
  t.strictSame(guestRunOf([end(0)]), ended('the guest did not start it'));
  const split = runInGuest('vm:debian/x', { path: '/none', args: ['a\nb'] });
  await t.rejects(split, { message: /is one line that is not empty/ });
});

t.test('a program that no guest can run is refused before one starts', async (t) => {
  const folder = t.testdir({ 'script.sh': '#!/bin/sh', 'main.c': 'int main(void) { return 0; }' });
  const dynamic = join(folder, 'dynamic');
  execFileSync('cc', ['-o', dynamic, join(folder, 'main.c')]);
  const script = join(folder, 'script.sh');
  for (const [url, path, sentence] of [
    ['vm:debian/x', join(folder, 'none'), /cannot read the program .*none, there is no such file/],
    ['vm:debian/x', script, /script\.sh is not an ELF program; compile one with cc -static/],
    ['vm:debian/x', dynamic, /is linked dynamically, and a guest has no libraries; add -static/],
    ['vm:debian-arm64/x', dynamic, /for another machine; compile it for aarch64 or armhf, as the/],
  ] as const) {
    await t.rejects(runInGuest(url, { path, args: [] }), { blame: 'usage', message: sentence });
  }
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
