import { execFile } from 'node:child_process';
import { copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder, fillCache, sha256OfFile } from '../../../base/cache.ts';
import { AllocertError, machineError, messageOf } from '../../../base/errors.ts';
import type { KernelImage, NamedKernel } from './kernel-image.ts';

const execute = promisify(execFile);

/** Debian's package that always depends on its newest 6.12 kernel. */
const META_PACKAGE = 'linux-image-6.12-amd64';
const DOWNLOAD_ATTEMPTS = 4;

interface Manifest {
  readonly package: string;
  readonly version: string;
  readonly packageSha256: string;
  readonly imageSha256: string;
}

/** Runs a program and gives its standard output; replaced in tests. */
export type ProgramRunner = (
  program: string,
  args: readonly string[],
  folder?: string,
) => Promise<string>;

const runProgram: ProgramRunner = async (program, args, folder) => {
  const { stdout } = await execute(program, [...args], {
    ...(folder === undefined ? {} : { cwd: folder }),
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, LC_ALL: 'C' },
  });
  return stdout;
};

/**
 * Debian's stock 6.12 kernel from the cache, or fetched by name with apt, whose signed index gives
 * the digest that the package must have.
 *
 * @param onStep hears what takes long
 * @throws {@link AllocertError} where there is no apt or no kernel to be had
 */
export async function prepareDebianKernel(
  onStep: (step: string) => void = () => {},
  run: ProgramRunner = runProgram,
): Promise<KernelImage> {
  const folder = join(cacheFolder(), 'debian-6.12');
  const ready = await fromCache(folder);
  if (ready !== undefined) return ready;
  try {
    await fillCache(folder, (scratch) => fetchKernel(scratch, onStep, run));
  } catch (thrown) {
    if (thrown instanceof AllocertError) throw thrown;
    throw machineError(
      `cannot fetch Debian's kernel: ${firstLine(messageOf(thrown))}; this needs apt-get and ` +
        'dpkg-deb on a Debian system (or give a kernel of your own: vm:/dev/…?kernel=bzImage)',
      thrown,
    );
  }
  const fetched = await fromCache(folder);
  if (fetched === undefined) throw machineError(`the kernel in ${folder} is damaged; remove it`);
  return fetched;
}

async function fromCache(folder: string): Promise<KernelImage | undefined> {
  const image = join(folder, 'vmlinuz');
  try {
    const manifest: Manifest = JSON.parse(await readFile(join(folder, 'kernel.json'), 'utf8'));
    if ((await sha256OfFile(image)) !== manifest.imageSha256) return undefined;
    return { image, architecture: 'x86_64', details: { ...manifest } };
  } catch (thrown) {
    // Nothing usable is there: absent, or torn by a power cut. Either way it is fetched.
    if (thrown instanceof SyntaxError || isMissing(thrown)) return undefined;
    throw thrown;
  }
}

const isMissing = (thrown: unknown): boolean =>
  thrown instanceof Error &&
  'code' in thrown &&
  (thrown.code === 'ENOENT' || thrown.code === 'ENOTDIR');

async function fetchKernel(
  scratch: string,
  onStep: (step: string) => void,
  run: ProgramRunner,
): Promise<void> {
  const name = await resolvePackage(onStep, run);
  const shown = await run('apt-cache', ['show', name]);
  onStep(`downloading ${name}`);
  await retry(() => run('apt-get', ['download', '-q', name], scratch));
  const file = (await readdir(scratch)).find((entry) => entry.endsWith('.deb'));
  if (file === undefined) throw new Error('apt-get download left no package');
  const packageFile = join(scratch, file);
  const packageSha256 = await sha256OfFile(packageFile);
  const stanza = shown.split('\n\n').find((text) => text.includes(packageSha256));
  if (stanza === undefined) throw new Error(`${file} has not the digest that apt's index states`);
  onStep(`unpacking ${name}`);
  await run('dpkg-deb', ['-x', packageFile, join(scratch, 'root')]);
  const boot = join(scratch, 'root', 'boot');
  const image = (await readdir(boot)).find((entry) => entry.startsWith('vmlinuz'));
  if (image === undefined) throw new Error(`${file} holds no kernel image`);
  await copyFile(join(boot, image), join(scratch, 'vmlinuz'));
  const manifest: Manifest = {
    package: name,
    version: /^Version: (.+)$/m.exec(stanza)?.[1] ?? '',
    packageSha256,
    imageSha256: await sha256OfFile(join(scratch, 'vmlinuz')),
  };
  await writeFile(join(scratch, 'kernel.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  await rm(packageFile);
  await rm(join(scratch, 'root'), { recursive: true });
}

/** The image package behind the meta package; apt's lists are fetched when they do not know it. */
async function resolvePackage(onStep: (step: string) => void, run: ProgramRunner): Promise<string> {
  const depends = async (): Promise<string | undefined> => {
    const text = await run('apt-cache', ['depends', META_PACKAGE]).catch(() => '');
    return /Depends: (linux-image-\S+)/.exec(text)?.[1];
  };
  const known = await depends();
  if (known !== undefined) return known;
  onStep('updating the package lists');
  await retry(() => run('apt-get', ['update', '-q']));
  const found = await depends();
  if (found === undefined) throw new Error(`apt knows no package ${META_PACKAGE}`);
  return found;
}

/** Mirrors hiccup; the last failure is the one that is told. */
async function retry(work: () => Promise<string>): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (thrown) {
      if (attempt === DOWNLOAD_ATTEMPTS) throw thrown;
    }
  }
}

const firstLine = (text: string): string => text.split('\n')[0] ?? '';

/** Debian's stock kernel of amd64. */
export const debianKernel: NamedKernel = {
  name: 'debian',
  architecture: 'x86_64',
  summary: "Debian's stock 6.12 kernel for amd64",
  versioned: false,
  missing: () => [],
  prepare: (_version, onStep) => prepareDebianKernel(onStep),
};
