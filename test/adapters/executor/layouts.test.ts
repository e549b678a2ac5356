/** How requests lie in memory, as kernels and modules tell by their type information. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { packageRoot } from '../../../base/package-root.ts';
import { BtfWriter } from './btf.ts';

/** Writes what a kernel shows, and runs the agent's code that reads it. */
function machineOf(t: Test): (files: Readonly<Record<string, Buffer>>, node?: string) => string {
  const root = t.testdir({});
  const folder = join(root, 'sys/kernel/btf');
  mkdirSync(folder, { recursive: true });
  const tool = join(root, 'observers');
  const source = join(packageRoot(), 'test/adapters/executor/observers.c');
  const checks = ['-fsanitize=address', '-g'];
  const places = [`-DROOT="${root}"`, `-DKCORE_PATH="${join(root, 'kcore')}"`];
  execFileSync('cc', ['-std=gnu11', '-Wall', '-Werror', ...checks, ...places, '-o', tool, source]);
  const env = { ...process.env, ASAN_OPTIONS: 'detect_leaks=0' };
  return (files, node = '/dev/dma_heap/system') => {
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
    return execFileSync(tool, ['layouts', node], { encoding: 'utf8', env });
  };
}

/** A kernel with the heaps' request, whose numbers have names of names. */
function kernel(): { types: BtfWriter; u32: number; u64: number } {
  const types = new BtfWriter();
  const int = types.int('unsigned int', 4);
  const long = types.int('long long unsigned int', 8);
  const u32 = types.typedef('__u32', int);
  const u64 = types.typedef('__u64', types.typedef('also_u64', long));
  types.struct('dma_heap_allocation_data', 24, [
    ['len', u64, 0],
    ['fd', u32, 8],
    ['fd_flags', u32, 12],
    ['heap_flags', u64, 16],
  ]);
  return { types, u32, u64 };
}

const HEAP = 'layout.dma_heap_allocation_data=24 len@0+8 fd@8+4 fd_flags@12+4 heap_flags@16+8\n';

t.test('a structure of the kernel, and one of a module that goes on from it', async (t) => {
  const look = machineOf(t);
  const { types, u32, u64 } = kernel();
  const module = new BtfWriter(types);
  const own = module.typedef('own_u32', u32);
  module.struct('simple_allocate_data', 16, [
    ['version', u64, 0],
    ['flags', own, 8],
    ['fd', u32, 12],
  ]);
  const simple = 'layout.simple_allocate_data=16 version@0+8 flags@8+4 fd@12+4\n';
  t.equal(look({ vmlinux: types.bytes() }), HEAP);
  t.equal(look({ simple_allocator: module.bytes() }), `${HEAP}${simple}`);
  t.equal(look({}, '/dev/zero'), '', 'it is not looked for where nobody needs it');
});

t.test('what is torn, or is no type information, says nothing and harms nobody', async (t) => {
  const look = machineOf(t);
  const whole = kernel().types.bytes();
  for (let length = 0; length < whole.length; length += 29) {
    t.equal(look({ vmlinux: whole.subarray(0, length) }), '', `${length} bytes of it`);
  }
  for (let at = 0; at < whole.length; at += 11) {
    const wrong = Buffer.from(whole);
    wrong[at] = 0xff;
    t.match(look({ vmlinux: wrong }), /^(layout\.dma_heap_allocation_data=.*\n)?$/, `byte ${at}`);
  }
});

t.test('a type that stands for itself, or members that are no numbers, are left out', async (t) => {
  const look = machineOf(t);
  const circle = new BtfWriter();
  circle.typedef('round', 1);
  circle.struct('dma_heap_allocation_data', 8, [['len', 1, 0]]);
  t.equal(look({ vmlinux: circle.bytes() }), '');
  const nested = new BtfWriter();
  const inner = nested.struct('inner', 8, []);
  nested.struct('dma_heap_allocation_data', 8, [['len', inner, 0]]);
  t.equal(look({ vmlinux: nested.bytes() }), '');
});
