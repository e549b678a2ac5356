/**
 * What the agent reads of the machine’s memory, from files as kernels show them: areas of CMA, what
 * a driver says of its pool, and /proc/kcore.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { packageRoot } from '../../../base/package-root.ts';

const PAGE = 4096;

/** A machine made of files by their paths, and the agent's code that reads it. */
function machineOf(
  t: Test,
  files: Readonly<Record<string, string | Buffer>>,
): (...words: readonly string[]) => readonly string[] {
  const root = t.testdir({});
  for (const [path, contents] of Object.entries(files)) {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, contents);
  }
  const tool = join(root, 'observers');
  const places = [`-DROOT="${root}"`, `-DKCORE_PATH="${join(root, 'kcore')}"`];
  const source = join(packageRoot(), 'test/adapters/executor/observers.c');
  execFileSync('cc', ['-std=gnu11', '-Wall', '-Werror', ...places, '-o', tool, source]);
  return (...words) =>
    execFileSync(tool, words, { cwd: root, encoding: 'utf8' }).split('\n').filter(Boolean);
}

/** A bitmap as debugfs shows it: words of 32 bits in decimal. */
const bitmap = (words: number): string =>
  `${Array.from({ length: words }, (_, word) => (word === 0 ? '4294967295' : '0')).join(' ')}\n`;

t.test('areas as debugfs shows them, with one range and with several', async (t) => {
  const debug = 'sys/kernel/debug/cma';
  const look = machineOf(t, {
    // Linux 6.1
    [`${debug}/reserved/base_pfn`]: '244736\n',
    [`${debug}/reserved/count`]: '16384\n',
    [`${debug}/reserved/order_per_bit`]: '0\n',
    [`${debug}/reserved/used`]: '12\n',
    // Linux 7: the files beside are links to the first range
    [`${debug}/numa0/base_pfn`]: '256\n',
    [`${debug}/numa0/count`]: '6144\n',
    [`${debug}/numa0/order_per_bit`]: '0\n',
    [`${debug}/numa0/ranges/0/base_pfn`]: '256\n',
    [`${debug}/numa0/ranges/0/bitmap`]: bitmap(64),
    [`${debug}/numa0/ranges/1/base_pfn`]: '196608\n',
    [`${debug}/numa0/ranges/1/bitmap`]: bitmap(128),
    // two pages a bit
    [`${debug}/video/base_pfn`]: '65536\n',
    [`${debug}/video/count`]: '1024\n',
    [`${debug}/video/order_per_bit`]: '1\n',
    [`${debug}/video/ranges/0/base_pfn`]: '65536\n',
    [`${debug}/video/ranges/0/bitmap`]: bitmap(16),
    'dev/kmsg': '6,1,0,-;cma: Reserved 64 MiB at 0x000000003bc00000 on node -1\n',
  });
  t.strictSame(look('areas', '/dev/dma_heap/reserved'), [
    ...['cma.0=numa0', 'cma.0.pages=6144', 'cma.0.ranges=0x100+2048,0x30000+4096'],
    ...['cma.1=reserved', 'cma.1.pages=16384', 'cma.1.used=12', 'cma.1.ranges=0x3bc00+16384'],
    ...['cma.2=video', 'cma.2.pages=1024', 'cma.2.ranges=0x10000+1024'],
    'cma.reserved=0x3bc00000+67108864',
  ]);
});

t.test('areas as sysfs shows them, and what a driver says of its region', async (t) => {
  const device = 'sys/class/simple_allocator/cma1';
  const look = machineOf(t, {
    'sys/kernel/mm/cma/reserved/total_pages': '16384\n',
    'sys/kernel/mm/cma/reserved/available_pages': '16000\n',
    [`${device}/size_bytes`]: '16777216\n',
    [`${device}/memory`]: 'page allocator\n',
    [`${device}/frames`]: '0x40000-0x40fff\n',
  });
  t.strictSame(look('areas', '/dev/cma1'), [
    ...['cma.0=reserved', 'cma.0.pages=16384', 'cma.0.used=384'],
    ...['region.0.size_bytes=16777216', 'region.0.memory=page allocator'],
    'region.0.frames=0x40000-0x40fff',
  ]);
  const area = ['cma.0=reserved', 'cma.0.pages=16384', 'cma.0.used=384'];
  t.strictSame(look('areas', '/dev/cma0'), area);
  t.strictSame(machineOf(t, {})('areas', '/dev/cma0'), [], 'a machine without any of it');
});

/** An ELF file of memory: pages from a physical address on, and one segment that has none. */
function kcore(physical: bigint, pages: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(PAGE);
  header.write('\x7fELF', 'latin1');
  header[4] = 2; // ELFCLASS64
  header.writeBigUInt64LE(64n, 32); // e_phoff
  header.writeUInt16LE(2, 56); // e_phnum
  const nowhere = (1n << 64n) - 1n;
  for (const [index, [offset, address]] of [
    [0n, nowhere],
    [BigInt(PAGE), physical],
  ].entries()) {
    const at = 64 + index * 56;
    header.writeUInt32LE(1, at); // PT_LOAD
    header.writeBigUInt64LE(offset ?? 0n, at + 8);
    header.writeBigUInt64LE(address ?? 0n, at + 24);
    header.writeBigUInt64LE(BigInt(pages.length * PAGE), at + 40);
  }
  return Buffer.concat([header, ...pages]);
}

/** A page that begins with a word and has another in its middle. */
function page(head: string, middle: string): Buffer {
  const bytes = Buffer.alloc(PAGE);
  bytes.write(head.padEnd(8), 0, 'latin1');
  bytes.write(middle.padEnd(8), PAGE / 2, 'latin1');
  return bytes;
}

const inverted = (keys: string): Buffer =>
  Buffer.from(Buffer.from(keys, 'latin1').map((byte) => ~byte));
const key = (head: string, middle: string): string => `${head.padEnd(8)}${middle.padEnd(8)}`;

t.test('pages are found by what is in them', async (t) => {
  const pages = [page('a', 'A'), page('b', 'B'), page('a', 'C'), page('c', 'C'), page('c', 'C')];
  const keys = [key('b', 'B'), key('a', 'C'), key('a', 'A'), key('c', 'C'), key('b', 'C')].join('');
  const look = machineOf(t, { kcore: kcore(0x100000n, pages), keys: inverted(keys) });
  const twice = '0xffffffffffffffff';
  t.strictSame(look('locate', 'keys'), ['5', '0x101', '0x102', '0x100', twice, '0x0']);
});

t.test('what is no ELF file, or not there, finds nothing', async (t) => {
  t.strictSame(machineOf(t, { kcore: 'no memory', keys: key('a', 'A') })('locate', 'keys'), ['-1']);
  t.strictSame(machineOf(t, { keys: key('a', 'A') })('locate', 'keys'), ['-1']);
});
