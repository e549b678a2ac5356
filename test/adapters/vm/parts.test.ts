/** The parts of the vm target that need no guest: URL, archive, console, finding QEMU. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import t from 'tap';
import { prepareVm } from '../../../adapters/vm/adapter.ts';
import { GuestConsole } from '../../../adapters/vm/console.ts';
import { wasForced } from '../../../adapters/vm/guest.ts';
import { buildInitramfs, type InitramfsEntry } from '../../../adapters/vm/initramfs.ts';
import { KERNELS } from '../../../adapters/vm/kernels/registry.ts';
import { describeKernel, listKernels } from '../../../adapters/vm/list-kernels.ts';
import { emulatedProcessor, findQemu } from '../../../adapters/vm/qemu.ts';
import { StartWatch } from '../../../adapters/vm/start-watch.ts';
import { parseVmTarget } from '../../../adapters/vm/target-url.ts';

t.test('the two forms of URL', async (t) => {
  t.strictSame(parseVmTarget('vm:debian/dma_heap/system'), {
    kernel: 'debian',
    architecture: 'x86_64',
    region: '/dev/dma_heap/system',
    append: '',
    modules: [],
    memoryMiB: 1024,
    silenceSeconds: 60,
    declared: {},
    agent: 'x86_64',
  });
  const folder = t.testdir({ 'bz Image': '', 'x.ko': '' });
  const kernel = encodeURIComponent(join(folder, 'bz Image'));
  const url = `vm:/dev/cma0?kernel=${kernel}&append=cma%3D64M+x&module=${folder}/x.ko,size=1,b=2&memory=512&silence=90&agent=i386&bounded=no`;
  t.strictSame(parseVmTarget(url), {
    kernel: join(folder, 'bz Image'),
    architecture: 'x86_64',
    region: '/dev/cma0',
    append: 'cma=64M+x',
    modules: [{ path: join(folder, 'x.ko'), parameters: ['size=1', 'b=2'] }],
    memoryMiB: 512,
    silenceSeconds: 90,
    declared: { bounded: false },
    agent: 'i386',
  });
});

t.test('a region of a kernel with a name has our modules behind it', async (t) => {
  const { own, version, architecture, agent } = parseVmTarget(
    'vm:debian-arm64@6.12/cma2?behaviour=rfc-v2&defect=no-zeroing',
  );
  t.strictSame(own, { behaviour: 'rfc-v2', regions: 3, defect: 'no-zeroing' });
  t.strictSame([version, architecture, agent], ['6.12', 'aarch64', 'aarch64']);
  t.strictSame(parseVmTarget('vm:debian/cma0').own, { behaviour: 'hardened', regions: 2 });
  t.equal(parseVmTarget('vm:debian-arm64/cma0?agent=armhf').agent, 'armhf');
  for (const [url, kernel, agent] of [
    ['vm:debian-aarch64/cma0?agent=arm64', 'debian-arm64', 'aarch64'],
    ['vm:debian-aarch64-16k@7.3/cma0?agent=armv7l', 'debian-arm64-16k', 'armhf'],
    ['vm:debian-armv7l/cma0', 'debian-armhf', 'armhf'],
    ['vm:debian-amd64/cma0?agent=amd64', 'debian', 'x86_64'],
  ] as const) {
    t.match(parseVmTarget(url), { kernel, agent }, url);
  }
  t.equal(parseVmTarget('vm:debian-armhf/cma0').agent, 'armhf');
});

t.test('a URL that asks for what is not there says so', async (t) => {
  const bad: readonly (readonly [string, RegExp])[] = [
    ['vm:', /names no kernel that is known/],
    ['vm:debian', /names no device/],
    ['vm:ubuntu/dma_heap/system', /names no kernel that is known/],
    ['vm:ubuntu/cma0', /known \(debian, debian-arm64, debian-arm64-16k, debian-armhf, cma\)/],
    ['vm:/dev/cma0', /names no kernel; add \?kernel=IMAGE/],
    ['vm:/dev/cma0?kernel=/no/such/image', /\/no\/such\/image, which is not there/],
    ['vm:debian/dma_heap/system?module=/no/such.ko', /\/no\/such\.ko, which is not there/],
    [
      'vm:debian/dma_heap/system?colour=red',
      / has no parameter "colour"; it has kernel, append, module, memory, agent, silence, bounded, behaviour, /,
    ],
    ['vm:debian-arm64/cma0?agent=i386', /agents for aarch64 and armhf only/],
    ['vm:debian-armhf/cma0?agent=aarch64', /agents for armhf only/],
    ['vm:debian@/cma0', /"" is not a version of a kernel/],
    ['vm:debian@newest/cma0', /"newest" is not a version of a kernel; write one such as @7\.3/],
    ['vm:debian/cma0?behaviour=rfc', /no behaviour "rfc"; choose from hardened, rfc-v2/],
    ['vm:debian/cma0?defect=no-zeroin', /no defect "no-zeroin"; did you mean no-zeroing\?/],
    ['vm:debian/cma0?defect=bad', /no defect "bad"; targets\/linux\/defects\.json has all/],
    ['vm:debian/cma2?regions=2', /regions is a whole number from 3 to 8/],
    ['vm:debian/cma0?window_us=9', /window_us= widens races of the posted code; add beh/],
    ['vm:debian/cma0?behaviour=rfc-v2&window_us=1e9', /window_us is a whole number of micro/],
    ['vm:debian/cma9', /there is no cma9; nodes are cma0 to cma7/],
    ['vm:debian/cma0?regions=9', /regions is a whole number from 1 to 8/],
    ['vm:debian/dma_heap/system?regions=2', /regions= is about the module behind vm:KERNEL\/cma0/],
    ['vm:debian/dma_heap/system?memory=lots', /whole number of MiB/],
    ['vm:debian/dma_heap/system?memory=64', /at least 128/],
    ['vm:debian/dma_heap/system?silence=0', /whole number of seconds, from 1 to 3600/],
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

t.test('a kernel that is to be prepared has a name', async (t) => {
  const refused = /^no kernel is called "nosuch"; choose from debian, .*, cma$/;
  await t.rejects(
    prepareVm('nosuch@6.12', () => t.fail('nothing is done')),
    { message: refused },
  );
});

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

t.test('every kernel with a name is listed, with what it needs', async (t) => {
  const path = process.env.PATH;
  t.teardown(() => {
    process.env.PATH = path;
  });
  process.env.PATH = '/nonexistent';
  const said = listKernels().map(describeKernel);
  t.equal(said.length, KERNELS.length);
  t.match(
    said.find((line) => line.startsWith('vm:debian-arm64:')),
    /64-bit ARM.*: needs qemu-system-arm, gcc-aarch64-linux-gnu .*, dpkg-deb; vm:\S+ needs make/,
  );
  const bare = { name: 'x', summary: 'a kernel', missing: [], missingForModules: [] };
  t.equal(describeKernel(bare), 'vm:x: a kernel: can be booted');
});

t.test('without QEMU one sentence says what to install', async (t) => {
  const path = process.env.PATH;
  process.env.PATH = '/nonexistent';
  t.teardown(() => {
    process.env.PATH = path;
    delete process.env.ALLOCERT_QEMU;
  });
  t.throws(() => findQemu(), { exitCode: 3, message: /install qemu-system-x86 \(Debian\)/ });
  t.throws(() => findQemu('aarch64'), {
    exitCode: 3,
    message: /qemu-system-aarch64 for this kernel.*install qemu-system-arm \(Debian\)/,
  });
  process.env.ALLOCERT_QEMU = '/nonexistent/qemu';
  t.throws(() => findQemu(), {
    exitCode: 3,
    message: /cannot run QEMU as \/nonexistent\/qemu .*ALLOCERT_QEMU/,
  });
});

t.test('an emulated processor clears pages eight bytes at once', async (t) => {
  const folder = t.testdir();
  const program = join(folder, 'qemu');
  const flags = '  3dnow aes erms fsrm\n  fsrs xsave\n';
  const script = `#!/bin/sh\nprintf 'x86 fzrm\n\nRecognized CPUID flags:\n%s' '${flags}'\n`;
  writeFileSync(program, script, { mode: 0o755 });
  const qemu = { program, version: '10.0.2', architecture: 'x86_64' } as const;
  t.equal(emulatedProcessor(qemu), 'max,-erms,-fsrm,-fsrs', 'what it knows');
  t.equal(emulatedProcessor({ ...qemu, version: '7.2.22' }), 'max,-erms');
  t.equal(emulatedProcessor({ ...qemu, program: join(folder, 'none') }), 'max');
  t.equal(emulatedProcessor({ ...qemu, architecture: 'aarch64' }), 'cortex-a76');
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
  t.match(console.excerpt(1, 2), ['[    1.0] booting', /^… \[more/, 'line 1998', 'line 1999']);
  t.match(console.mark(), /^Kernel panic/, 'what was said before');
  t.equal(console.alarm(), undefined, 'is no matter of what runs from then on');
  console.push('line 2000\n');
  t.strictSame(console.excerpt(1, 2), ['line 2000'], 'nor a part of its excerpt');
  t.equal(console.emulatorFault(), false);
  console.push('[    0.9] int3: 0000 [#1] PREEMPT SMP NOPTI\n');
  t.equal(console.emulatorFault(), true);
});

t.test('a guest that starts fails by silence, however long it takes', async (t) => {
  const console = new GuestConsole();
  let due: (() => void) | undefined;
  let set = 0;
  const alarm = (ms: number, act: () => void): (() => void) => {
    t.equal(ms, 60_000);
    set += 1;
    due = act;
    return () => {
      due = undefined;
    };
  };
  let failures = 0;
  const watch = new StartWatch(
    console,
    60_000,
    () => {
      failures += 1;
    },
    alarm,
  );
  for (let line = 0; line < 100; line += 1) console.push(`line ${line}\n`);
  t.equal(set, 101, 'each word starts the wait anew');
  t.equal(failures, 0);
  due?.();
  t.strictSame([failures, watch.silent], [1, true]);
  console.push('too late\n');
  t.equal(set, 101);
  const other = new StartWatch(console, 60_000, () => t.fail('it had started'), alarm);
  other.stop();
  t.equal(due, undefined);
  t.equal(other.silent, false);
});
