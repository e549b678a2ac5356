/** Debian's kernels: which one is chosen, from where, and what of it is trusted. Without network. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { FLAVOURS, prepareDebianKernel } from '../../../../adapters/vm/kernels/debian-kernels.ts';
import type { KernelImage } from '../../../../adapters/vm/kernels/kernel-image.ts';
import {
  isOfVersion,
  newestOf,
  releaseOf,
} from '../../../../adapters/vm/kernels/kernel-release.ts';
import type { ProgramRunner } from '../../../../adapters/vm/kernels/program-runner.ts';

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Names of packages, by the folder of their lists; `machine` has the machine's own. */
type Lists = Readonly<Record<string, readonly string[]>>;

const OLD = ['linux-image-6.12.9+deb12-amd64', 'linux-image-6.12.10+deb12-amd64'];
const HEADERS = [
  'linux-headers-7.3.4+deb13-amd64',
  'linux-headers-7.3.4+deb13-common',
  'linux-kbuild-7.3.4+deb13',
];
const LISTS: Lists = {
  machine: [...OLD, 'linux-image-amd64', 'linux-image-6.12.11+deb12-rt-amd64', 'bash'],
  'trixie-amd64': ['libc6', 'libelf1t64', 'zlib1g', 'libzstd1'],
  'trixie-backports-amd64': [
    'linux-image-7.3.4+deb13-amd64',
    'linux-binary-7.3.4+deb13-amd64',
    'linux-image-7.1.2+deb13-amd64',
    ...HEADERS,
  ],
  'sid-amd64': ['linux-image-7.4.1+deb14-amd64'],
  'trixie-armhf': ['linux-image-6.12.10+deb13-armmp'],
};

/** Makes the commands of a machine with apt, which says what it was asked. */
function fakeApt(lists: Lists, calls: string[], indexed = digestOf): ProgramRunner {
  return async (program, args, folder = '') => {
    const state = args.find((word) => word.startsWith('Dir::State=')) ?? '';
    const list = /\/apt\/([^/.]+)/.exec(state)?.[1] ?? 'machine';
    const words = args.filter((word, at) => word !== '-o' && args[at - 1] !== '-o');
    calls.push(`${list}: ${program} ${words.join(' ')}`);
    if (program === 'dpkg-deb') return unpack(args[1] ?? '', args[2] ?? '');
    const name = words.at(-1) ?? '';
    if (words[0] === 'pkgnames') return (lists[list] ?? []).join('\n');
    if (words[0] === 'show') return `Package: ${name}\nVersion: 1-1\nSHA256: ${indexed(name)}\n`;
    if (words[0] === 'download') await writeFile(join(folder, `${name}.deb`), name);
    if (words[0] === 'update' && list !== 'machine' && lists[list] !== undefined) {
      await writeFile(join(state.slice('Dir::State='.length), 'lists', 'x_Packages.lz4'), '');
    }
    if (words[0] === 'indextargets') return 'Debian Debian http://mirror.example/debian\n';
    return '';
  };
}

async function unpack(packageFile: string, to: string): Promise<string> {
  const name = await readFile(packageFile, 'utf8');
  const release = /linux-binary-(.*)/.exec(name)?.[1];
  const folder = release === undefined ? 'boot' : `usr/lib/modules/${release}`;
  await mkdir(join(to, folder), { recursive: true });
  await writeFile(join(to, folder, 'vmlinuz'), `the kernel of ${name}`);
  const headers = join(to, 'usr', 'src', name);
  await mkdir(headers, { recursive: true });
  await writeFile(join(headers, '.config'), `the configuration in ${name}`);
  return '';
}

function ownCache(t: Test): string {
  const folder = t.testdir({});
  process.env.ALLOCERT_CACHE = folder;
  t.teardown(() => {
    delete process.env.ALLOCERT_CACHE;
  });
  return folder;
}

const amd64 = (version: string | undefined, run: ProgramRunner): Promise<KernelImage> =>
  prepareDebianKernel(FLAVOURS.amd64, version, () => {}, run);

t.test('the usual kernel comes from the suites of the machine, once', async (t) => {
  ownCache(t);
  const calls: string[] = [];
  const run = fakeApt(LISTS, calls);
  const first = await amd64(undefined, run);
  const image = 'the kernel of linux-image-6.12.10+deb12-amd64';
  t.equal(await readFile(first.image, 'utf8'), image, 'the newest, by numbers');
  t.match(first.details, { version: '1-1', imageSha256: digestOf(image) });
  t.equal(first.append, undefined, 'there is no CMA to ask for');
  t.equal(first.headers, undefined, 'the archive has none');
  t.equal(first.details.configuration, undefined, 'nor the configuration, which is in them');
  t.notOk(
    calls.some((call) => / update/.test(call)),
    'its lists serve as they are',
  );
  const asked = calls.length;
  await amd64(undefined, run);
  t.equal(calls.length, asked, 'the second time nothing is fetched');
  await writeFile(first.image, 'a kernel with a flipped bit');
  t.equal(await readFile((await amd64(undefined, run)).image, 'utf8'), image);
});

t.test('another version comes from a suite that the machine need not use', async (t) => {
  const cache = ownCache(t);
  const calls: string[] = [];
  const run = fakeApt(LISTS, calls);
  const kernel = await amd64('7.3', run);
  const image = 'the kernel of linux-binary-7.3.4+deb13-amd64';
  t.equal(await readFile(kernel.image, 'utf8'), image, 'from the package that has the image');
  t.equal(kernel.details.suite, 'trixie-backports');
  t.equal(kernel.append, 'cma=64M');
  const configuration = digestOf(`the configuration in ${HEADERS[0]}`);
  t.equal(kernel.details.configuration, configuration);
  const sources = join(cache, 'apt', 'trixie-backports-amd64', 'sources.list');
  t.match(
    await readFile(sources, 'utf8'),
    /^deb \[arch=amd64 signed-by=\S+\] http:\/\/mirror\.example\/debian trixie-backports main\n$/,
  );
  const packages = await readdir(join(cache, 'kernels', 'debian-7.3', 'packages'));
  const wanted = [...HEADERS, 'libc6', 'libelf1t64', 'zlib1g', 'libzstd1'];
  t.strictSame(packages.toSorted(), wanted.map((name) => `${name}.deb`).toSorted());
  t.ok(calls.includes('trixie-amd64: apt-get download -q libc6'), 'what the tools are linked with');
  t.notOk(
    calls.some((call) => call.startsWith('sid')),
    'the first suite that has it',
  );
  await writeFile(join(cache, 'kernels', 'debian-7.3', 'packages', `${HEADERS[0]}.deb`), 'bad');
  await t.rejects(async () => kernel.headers?.(), { exitCode: 3, message: /is damaged/ });
});

t.test('an architecture of others has lists of its own', async (t) => {
  ownCache(t);
  const calls: string[] = [];
  const run = fakeApt(LISTS, calls);
  const kernel = await prepareDebianKernel(FLAVOURS.armhf, undefined, () => {}, run);
  t.match(kernel, { architecture: 'armhf', append: 'cma=128M', details: { suite: 'trixie' } });
  t.notOk(calls.some((call) => /^machine: apt-cache/.test(call)));
});

t.test('a package that the machine’s lists name and the mirror has no more', async (t) => {
  ownCache(t);
  const calls: string[] = [];
  const lists = { ...LISTS, 'bookworm-amd64': ['linux-image-6.12.12+deb12-amd64'] };
  const mirror = fakeApt(lists, calls);
  const gone: ProgramRunner = async (program, args, folder) => {
    if (args.at(-1) !== OLD[1] || args.at(-3) !== 'download') return mirror(program, args, folder);
    throw new Error('404 Not Found');
  };
  const kernel = await amd64(undefined, gone);
  t.match(kernel.details, { suite: 'bookworm', package: 'linux-image-6.12.12+deb12-amd64' });
  t.notOk(calls.includes('machine: apt-get update -q'), 'its own lists are left alone');
});

t.test('what the archive does not have is said, with what it has', async (t) => {
  ownCache(t);
  await t.rejects(amd64('9.9', fakeApt(LISTS, [])), {
    exitCode: 3,
    message:
      /no kernel 9\.9 of flavour amd64; there is 7\.4, 7\.3, 7\.1, 6\.12 \(bookworm: apt-get/,
  });
});

t.test('a package whose digest is not the indexed one is refused', async (t) => {
  ownCache(t);
  await t.rejects(
    amd64(
      undefined,
      fakeApt(LISTS, [], () => digestOf('another')),
    ),
    {
      exitCode: 3,
      message: /has not the digest that apt's index states/,
    },
  );
});

t.test('without apt one sentence says what is needed', async (t) => {
  ownCache(t);
  const absent: ProgramRunner = async (program) => {
    throw Object.assign(new Error(`spawn ${program} ENOENT`), { code: 'ENOENT' });
  };
  await t.rejects(amd64(undefined, absent), {
    exitCode: 3,
    message: /cannot fetch Debian's kernel: spawn apt-cache .*needs apt-get and dpkg-deb/,
  });
});

t.test('a cache that cannot be written says so', async (t) => {
  const file = join(t.testdir({ file: 'no folder' }), 'file');
  t.teardown(() => {
    delete process.env.ALLOCERT_CACHE;
  });
  for (const cache of [join(file, 'below'), '/proc/allocert']) {
    process.env.ALLOCERT_CACHE = cache;
    await t.rejects(
      amd64(undefined, fakeApt(LISTS, [])),
      { exitCode: 3, message: /cannot write the cache .*set ALLOCERT_CACHE/ },
      cache,
    );
    t.notOk(existsSync(join(cache, 'kernels')));
  }
});

t.test('names of packages', async (t) => {
  const read = (name: string, flavour = 'amd64') => releaseOf(name, flavour);
  t.match(read('linux-image-6.12.117+deb12-arm64-16k', 'arm64-16k'), {
    release: '6.12.117+deb12-arm64-16k',
    base: '6.12.117+deb12',
    numbers: [6, 12, 117],
  });
  t.match(read('linux-image-6.1.0-57-amd64'), { base: '6.1.0-57', numbers: [6, 1, 0, 57] });
  for (const other of [
    'linux-image-amd64',
    'linux-image-6.12-amd64',
    'linux-image-6.12.9+deb12-rt-amd64',
    'linux-image-6.12.9+deb12-amd64-dbg',
    'linux-headers-6.12.9+deb12-amd64',
  ]) {
    t.equal(read(other), undefined, other);
  }
  const two = OLD.flatMap((name) => read(name) ?? []);
  t.equal(newestOf(two)?.base, '6.12.10+deb12');
  t.strictSame(
    ['6', '6.1', '6.12', '6.12.9', '6.12.90'].map((version) =>
      two.filter((one) => isOfVersion(one, version)).map(({ base }) => base),
    ),
    [two.map(({ base }) => base), [], two.map(({ base }) => base), ['6.12.9+deb12'], []],
  );
});
