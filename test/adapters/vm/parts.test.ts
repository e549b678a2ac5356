/** The parts of the vm target that need no guest: URL, archive, kernel cache, finding QEMU. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import t from 'tap';
import { GuestConsole } from '../../../adapters/vm/console.ts';
import { wasForced } from '../../../adapters/vm/guest.ts';
import { buildInitramfs, type InitramfsEntry } from '../../../adapters/vm/initramfs.ts';
import {
  type ProgramRunner,
  prepareDebianKernel,
} from '../../../adapters/vm/kernels/debian-kernels.ts';
import { findQemu } from '../../../adapters/vm/qemu.ts';
import { parseVmTarget } from '../../../adapters/vm/target-url.ts';

t.test('the two forms of URL', async (t) => {
  t.strictSame(parseVmTarget('vm:debian/dma_heap/system'), {
    kernel: 'debian',
    region: '/dev/dma_heap/system',
    append: '',
    modules: [],
    memoryMiB: 1024,
    agent: 'x86_64',
  });
  const folder = t.testdir({ 'bz Image': '', 'x.ko': '' });
  const kernel = encodeURIComponent(join(folder, 'bz Image'));
  const url = `vm:/dev/cma0?kernel=${kernel}&append=cma%3D64M+x&module=${folder}/x.ko,size=1,b=2&memory=512&agent=i386`;
  t.strictSame(parseVmTarget(url), {
    kernel: join(folder, 'bz Image'),
    region: '/dev/cma0',
    append: 'cma=64M+x',
    modules: [{ path: join(folder, 'x.ko'), parameters: ['size=1', 'b=2'] }],
    memoryMiB: 512,
    agent: 'i386',
  });
});

t.test('a URL that asks for what is not there says so', async (t) => {
  const bad: readonly (readonly [string, RegExp])[] = [
    ['vm:', /names no kernel that is known/],
    ['vm:debian', /names no device/],
    ['vm:ubuntu/dma_heap/system', /names no kernel that is known/],
    ['vm:cma/cma0', /builds no kernel with CMA/],
    ['vm:/dev/cma0', /names no kernel; add \?kernel=IMAGE/],
    ['vm:/dev/cma0?kernel=/no/such/image', /\/no\/such\/image, which is not there/],
    ['vm:debian/dma_heap/system?module=/no/such.ko', /\/no\/such\.ko, which is not there/],
    [
      'vm:debian/dma_heap/system?colour=red',
      / has no parameter "colour"; it has kernel, append, module, memory, agent$/,
    ],
    ['vm:debian/dma_heap/system?memory=lots', /whole number of MiB/],
    ['vm:debian/dma_heap/system?memory=64', /at least 128/],
    ['vm:debian/dma_heap/system?agent=armhf', /agents for x86_64 and i386 only/],
    ['vm:debian/dma_heap/%zz', /percent-encoding/],
  ];
  for (const [url, message] of bad) {
    t.throws(() => parseVmTarget(url), { name: 'AllocertError', exitCode: 2, message }, url);
  }
});

t.test('only a signal without any trouble before it is an end from outside', async (t) => {
  const killed = { code: null, signal: 'SIGKILL' } as const;
  t.equal(wasForced(killed, undefined), true);
  t.equal(wasForced(killed, 'Kernel panic - not syncing'), false);
  t.equal(wasForced({ code: 0, signal: null }, undefined), false, 'the guest reset itself');
  t.equal(wasForced(undefined, undefined), false, 'it still runs, and is silent');
});

interface Unpacked {
  readonly name: string;
  readonly mode: number;
  readonly ino: number;
  readonly device: readonly [number, number];
  readonly data: string;
}

/** Reads a newc archive back, independently of the writer. */
function unpack(archive: Uint8Array): Unpacked[] {
  const bytes = gunzipSync(archive);
  const found: Unpacked[] = [];
  for (let at = 0; at < bytes.length; ) {
    t.equal(bytes.toString('latin1', at, at + 6), '070701');
    const field = (index: number): number =>
      Number.parseInt(bytes.toString('latin1', at + 6 + index * 8, at + 14 + index * 8), 16);
    const name = bytes.toString('utf8', at + 110, at + 110 + field(11) - 1);
    const data = Math.ceil((at + 110 + field(11)) / 4) * 4;
    if (name === 'TRAILER!!!') break;
    const text = bytes.toString('utf8', data, data + field(6));
    found.push({ name, mode: field(1), ino: field(0), device: [field(9), field(10)], data: text });
    at = Math.ceil((data + field(6)) / 4) * 4;
  }
  return found;
}

t.test('an archive holds its entries, with parents first, and is the same each time', async (t) => {
  const entries: InitramfsEntry[] = [
    { path: 'init', kind: 'file', mode: 0o755, data: Buffer.from('hello') },
    { path: 'modules/a/x.ko', kind: 'file', mode: 0o644, data: Buffer.from('odd length') },
    { path: 'dev/console', kind: 'device', major: 5, minor: 1 },
  ];
  const archive = buildInitramfs(entries);
  t.strictSame(buildInitramfs(entries.toReversed()), archive);
  const found = unpack(archive);
  t.strictSame(
    found.map(({ name }) => name),
    ['dev', 'dev/console', 'init', 'modules', 'modules/a', 'modules/a/x.ko'],
  );
  t.equal(found[2]?.mode, 0o100755);
  t.equal(found[2]?.data, 'hello');
  t.strictSame(found[1]?.device, [5, 1]);
  t.equal(found[5]?.data, 'odd length');
  t.equal(new Set(found.map(({ ino }) => ino)).size, found.length, 'inode numbers differ');
});

const DEB = 'a package';
const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** apt and dpkg-deb as far as they are asked, without network. */
function fakeApt(indexed: string, calls: string[]): ProgramRunner {
  return async (program, args, folder = '') => {
    calls.push(`${program} ${args[0]}`);
    if (args[0] === 'depends') return '  Depends: linux-image-6.12.1-amd64\n';
    if (args[0] === 'show') return `Package: x\nVersion: 6.12.1-1\nSHA256: ${indexed}\n`;
    if (args[0] === 'download') await writeFile(join(folder, 'x.deb'), DEB);
    if (program === 'dpkg-deb') {
      const boot = join(args[2] ?? '', 'boot');
      await mkdir(boot, { recursive: true });
      await writeFile(join(boot, 'vmlinuz-6.12.1'), 'a kernel');
    }
    return '';
  };
}

t.test('the kernel is fetched once, and again when the cache is damaged', async (t) => {
  process.env.ALLOCERT_CACHE = t.testdir({});
  t.teardown(() => {
    delete process.env.ALLOCERT_CACHE;
  });
  const calls: string[] = [];
  const run = fakeApt(digestOf(DEB), calls);
  const first = await prepareDebianKernel(() => {}, run);
  t.match(first.details, { version: '6.12.1-1', imageSha256: digestOf('a kernel') });
  t.equal(await readFile(first.image, 'utf8'), 'a kernel');
  const asked = calls.length;
  await prepareDebianKernel(() => {}, run);
  t.equal(calls.length, asked, 'the second time nothing is fetched');
  await writeFile(first.image, 'a kernel with a flipped bit');
  const mended = await prepareDebianKernel(() => {}, run);
  t.equal(await readFile(mended.image, 'utf8'), 'a kernel');
});

t.test('a package whose digest is not the indexed one is refused', async (t) => {
  process.env.ALLOCERT_CACHE = t.testdir({});
  t.teardown(() => {
    delete process.env.ALLOCERT_CACHE;
  });
  await t.rejects(
    prepareDebianKernel(() => {}, fakeApt(digestOf('another package'), [])),
    { exitCode: 3, message: /has not the digest that apt's index states/ },
  );
});

t.test('without apt one sentence says what is needed', async (t) => {
  process.env.ALLOCERT_CACHE = t.testdir({});
  t.teardown(() => {
    delete process.env.ALLOCERT_CACHE;
  });
  const absent: ProgramRunner = async (program) => {
    throw new Error(`spawn ${program} ENOENT`);
  };
  await t.rejects(
    prepareDebianKernel(() => {}, absent),
    { exitCode: 3, message: /cannot fetch Debian's kernel: .*needs apt-get and dpkg-deb/ },
  );
});

t.test('a cache that cannot be written says so', async (t) => {
  t.teardown(() => {
    delete process.env.ALLOCERT_CACHE;
  });
  const file = join(t.testdir({ file: 'no folder' }), 'file');
  for (const cache of [join(file, 'below'), '/proc/allocert']) {
    process.env.ALLOCERT_CACHE = cache;
    await t.rejects(
      prepareDebianKernel(() => {}, fakeApt(digestOf(DEB), [])),
      { exitCode: 3, message: /cannot write the cache .*set ALLOCERT_CACHE/ },
      cache,
    );
  }
});

t.test('without QEMU one sentence says what to install', async (t) => {
  const path = process.env.PATH;
  process.env.PATH = '/nonexistent';
  t.teardown(() => {
    process.env.PATH = path;
    delete process.env.ALLOCERT_QEMU;
  });
  t.throws(() => findQemu(), { exitCode: 3, message: /install qemu-system-x86 \(Debian\)/ });
  process.env.ALLOCERT_QEMU = '/nonexistent/qemu';
  t.throws(() => findQemu(), {
    exitCode: 3,
    message: /cannot run QEMU as \/nonexistent\/qemu .*ALLOCERT_QEMU/,
  });
});

t.test('the console keeps its end and finds the kernel’s last words', async (t) => {
  const console = new GuestConsole();
  console.push('[    1.0] booting\r\n[    2.0] Kernel pa');
  t.equal(console.alarm(), undefined);
  console.push('nic - not syncing: sysrq triggered crash\n');
  t.equal(console.alarm(), 'Kernel panic - not syncing: sysrq triggered crash');
  for (let line = 0; line < 2000; line += 1) console.push(`line ${line}\n`);
  t.strictSame(console.tail(2), ['line 1998', 'line 1999']);
  t.equal(console.tail(10_000).length, 1000, 'what is kept is bounded');
  t.equal(console.alarm(), 'Kernel panic - not syncing: sysrq triggered crash', 'and kept');
  t.match(console.excerpt(1, 2), ['[    1.0] booting', /^… \[998 more/, 'line 1998', 'line 1999']);
  t.match(console.mark(), /^Kernel panic/, 'what was said before');
  t.equal(console.alarm(), undefined, 'is no matter of what runs from then on');
  console.push('line 2000\n');
  t.strictSame(console.excerpt(1, 2), ['line 2000'], 'nor a part of its excerpt');
  t.equal(console.emulatorFault(), false);
  console.push('[    0.9] int3: 0000 [#1] PREEMPT SMP NOPTI\n');
  t.equal(console.emulatorFault(), true);
});
