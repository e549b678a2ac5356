import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, fillCacheOnce, sha256OfFile } from '../../../base/cache.ts';
import { AllocertError, machineError, messageOf } from '../../../base/errors.ts';
import { findOnPath } from '../../../base/find-on-path.ts';
import type { Archive, FetchedPackage, PackageArchitecture } from './archive.ts';
import { configurationDigest } from './configuration.ts';
import { type FoundKernel, findRelease } from './find-release.ts';
import { type HeaderPackages, prepareHeaders } from './headers.ts';
import type { GuestArchitecture, KernelImage, NamedKernel } from './kernel-image.ts';
import { compareNumbers } from './kernel-release.ts';
import { type ProgramRunner, runProgram } from './program-runner.ts';

/** A configuration in which Debian builds its kernel. */
export interface Flavour {
  /** The word in a URL. */
  readonly name: string;
  readonly architecture: GuestArchitecture;
  readonly packages: PackageArchitecture;
  /** Debian's word for it, at the end of names of packages. */
  readonly flavour: string;
  readonly summary: string;
  /** Words for its command line, so that there is memory for contiguous buffers. */
  append(numbers: readonly number[]): string | undefined;
}

/** The version where a URL names none. */
const USUAL_VERSION = '6.12';

/** What is known of a kernel in the cache. */
interface Manifest {
  readonly package: string;
  readonly version: string;
  readonly suite: string;
  readonly release: string;
  readonly numbers: readonly number[];
  readonly packageSha256: string;
  readonly imageSha256: string;
  readonly headers?: HeaderPackages;
}

/** Debian's kernels of that flavour. */
export const debianKernels = (flavour: Flavour): NamedKernel => ({
  name: flavour.name,
  architecture: flavour.architecture,
  summary: flavour.summary,
  versioned: true,
  missing: () => ['apt-get', 'dpkg-deb'].filter((program) => findOnPath(program) === undefined),
  prepare: (version, onStep) => prepareDebianKernel(flavour, version, onStep),
});

/**
 * A stock kernel of Debian's from the cache, or fetched with apt, whose signed index gives the
 * digest that each package must have.
 *
 * @param version as in the URL
 * @param onStep hears what takes long
 * @throws {@link AllocertError} where there is no apt or no kernel to be had
 */
export async function prepareDebianKernel(
  flavour: Flavour,
  version = USUAL_VERSION,
  onStep: (step: string) => void = () => {},
  run: ProgramRunner = runProgram,
): Promise<KernelImage> {
  const folder = join(cacheFolder(), 'kernels', `${flavour.name}-${version}`);
  const ready = await fromCache(folder, flavour, run);
  if (ready !== undefined) return ready;
  // Where something is there, it is damaged.
  if (existsSync(folder)) await rm(folder, { recursive: true, force: true });
  try {
    await fillCacheOnce(folder, async (scratch) => {
      onStep(`looking for Debian's kernel ${version} (${flavour.flavour})`);
      const wanted = { architecture: flavour.packages, flavour: flavour.flavour, version };
      try {
        await fetchKernel(await findRelease(wanted, run), scratch, onStep, run);
      } catch (thrown) {
        if (thrown instanceof AllocertError || isMissing(thrown)) throw thrown;
        // Lists of yesterday name packages that the archive has replaced since.
        const found = await findRelease({ ...wanted, stale: true }, run).catch(() => {
          throw thrown;
        });
        // What arrived before is not taken for what arrives now.
        for (const name of await readdir(scratch)) {
          await rm(join(scratch, name), { recursive: true, force: true });
        }
        await fetchKernel(found, scratch, onStep, run);
      }
    });
  } catch (thrown) {
    if (thrown instanceof AllocertError) throw thrown;
    throw machineError(
      `cannot fetch Debian's kernel: ${firstLine(messageOf(thrown))}; this needs apt-get and ` +
        'dpkg-deb on a Debian system (or give a kernel of your own: vm:/dev/…?kernel=bzImage)',
      thrown,
    );
  }
  const fetched = await fromCache(folder, flavour, run);
  if (fetched === undefined) throw machineError(`the kernel in ${folder} is damaged; remove it`);
  return fetched;
}

async function fromCache(
  folder: string,
  flavour: Flavour,
  run: ProgramRunner,
): Promise<KernelImage | undefined> {
  const image = join(folder, 'vmlinuz');
  try {
    const manifest: Manifest = JSON.parse(await readFile(join(folder, 'kernel.json'), 'utf8'));
    if ((await sha256OfFile(image)) !== manifest.imageSha256) return undefined;
    const { package: name, version, suite, packageSha256, imageSha256, headers } = manifest;
    const append = flavour.append(manifest.numbers);
    const configuration = await configurationDigest(folder, manifest.release, headers, run);
    return {
      image,
      architecture: flavour.architecture,
      details: {
        ...{ package: name, version, suite, packageSha256, imageSha256 },
        ...(configuration === undefined ? {} : { configuration }),
      },
      ...(append === undefined ? {} : { append }),
      ...(headers === undefined
        ? {}
        : { headers: () => prepareHeaders(folder, manifest.release, headers, run) }),
    };
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
  found: FoundKernel,
  scratch: string,
  onStep: (step: string) => void,
  run: ProgramRunner,
): Promise<void> {
  const { release, archive, names } = found;
  // From 6.19 on the image is in a package of its own.
  const binary = `linux-binary-${release.release}`;
  const name = names.has(binary) ? binary : `linux-image-${release.release}`;
  onStep(`downloading ${name}`);
  const fetched = await archive.fetch(name, scratch);
  onStep(`unpacking ${name}`);
  const root = join(scratch, 'root');
  await run('dpkg-deb', ['-x', join(scratch, fetched.file), root]);
  await copyFile(await imageIn(root, release.release, fetched), join(scratch, 'vmlinuz'));
  await rm(join(scratch, fetched.file));
  await rm(root, { recursive: true });
  const headers = await fetchHeaders(found, scratch, onStep);
  const manifest: Manifest = {
    package: name,
    version: fetched.version,
    suite: archive.suite,
    release: release.release,
    numbers: release.numbers,
    packageSha256: fetched.sha256,
    imageSha256: await sha256OfFile(join(scratch, 'vmlinuz')),
    ...(headers === undefined ? {} : { headers }),
  };
  await writeFile(join(scratch, 'kernel.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

async function imageIn(root: string, release: string, { file }: FetchedPackage): Promise<string> {
  for (const folder of [join(root, 'boot'), join(root, 'usr', 'lib', 'modules', release)]) {
    const entries = await readdir(folder).catch(() => []);
    const image = entries.find((entry) => entry.startsWith('vmlinuz'));
    if (image !== undefined) return join(folder, image);
  }
  throw new Error(`${file} holds no kernel image`);
}

/**
 * What modules are built against, kept packed beside the image: the archive has it only for its
 * newest kernels, and drops it before the image.
 */
async function fetchHeaders(
  { release, archive, names, tools, libraries }: FoundKernel,
  scratch: string,
  onStep: (step: string) => void,
): Promise<HeaderPackages | undefined> {
  const own = `linux-headers-${release.release}`;
  // Flavours have their headers in common, but for the real-time ones.
  const common = `linux-headers-${release.base}-common`;
  if (!names.has(own) || !names.has(common)) return undefined;
  const host = await tools();
  const hostNames = await host.names();
  const shortBase = release.numbers.slice(0, 2).join('.');
  const kbuild = [`linux-kbuild-${release.base}`, `linux-kbuild-${shortBase}`].find((one) =>
    hostNames.has(one),
  );
  if (kbuild === undefined) return undefined;
  onStep(`downloading ${own}`);
  const folder = join(scratch, 'packages');
  await mkdir(folder, { recursive: true });
  const fetch = async (from: Archive, name: string) => {
    const { file, sha256 } = await from.fetch(name, folder);
    return { file, sha256 };
  };
  return {
    packages: [await fetch(archive, own), await fetch(archive, common), await fetch(host, kbuild)],
    libraries: await fetchLibraries(await libraries(), fetch),
  };
}

/** Packages of what the tools are linked with, under the names of several releases. */
const LIBRARIES = [['libc6'], ['libelf1t64', 'libelf1'], ['zlib1g'], ['libzstd1']];

async function fetchLibraries(
  archive: Archive,
  fetch: (archive: Archive, name: string) => Promise<HeaderPackages['libraries'][number]>,
): Promise<HeaderPackages['libraries']> {
  const names = await archive.names();
  const wanted = LIBRARIES.flatMap((either) => either.find((name) => names.has(name)) ?? []);
  const fetched: HeaderPackages['libraries'][number][] = [];
  for (const name of wanted) fetched.push(await fetch(archive, name));
  return fetched;
}

const firstLine = (text: string): string => text.split('\n')[0] ?? '';

/** The first version whose amd64 kernel has CMA at all; how much of it there is has to be said. */
const CMA_ON_AMD64 = [7, 2];

/** Debian's flavours that guests boot. */
export const FLAVOURS = {
  amd64: {
    name: 'debian',
    architecture: 'x86_64',
    packages: 'amd64',
    flavour: 'amd64',
    summary: "Debian's stock kernel for 64-bit PCs",
    append: (numbers) => (compareNumbers(numbers, CMA_ON_AMD64) < 0 ? undefined : 'cma=64M'),
  },
  arm64: {
    name: 'debian-arm64',
    architecture: 'aarch64',
    packages: 'arm64',
    flavour: 'arm64',
    summary: "Debian's stock kernel for 64-bit ARM, pages of 4 KiB",
    append: () => undefined,
  },
  arm64With16k: {
    name: 'debian-arm64-16k',
    architecture: 'aarch64',
    packages: 'arm64',
    flavour: 'arm64-16k',
    summary: "Debian's stock kernel for 64-bit ARM, pages of 16 KiB",
    append: () => undefined,
  },
  armhf: {
    name: 'debian-armhf',
    architecture: 'armhf',
    packages: 'armhf',
    flavour: 'armmp',
    summary: "Debian's stock kernel for 32-bit ARM",
    append: () => 'cma=128M',
  },
} as const satisfies Readonly<Record<string, Flavour>>;
