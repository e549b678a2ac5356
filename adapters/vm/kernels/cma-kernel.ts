import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, sha256OfFile } from '../../../base/cache.ts';
import { machineError } from '../../../base/errors.ts';
import { packageRoot } from '../../../base/package-root.ts';
import { missingBuildTools } from './build-tools.ts';
import { CMA_VERSIONS, type CmaVersion, parseCmaVersion } from './cma-versions.ts';
import { CONFIGURATION } from './configuration.ts';
import type { KernelImage, NamedKernel } from './kernel-image.ts';

/**
 * The default area, and a second one for devices of node 0 (Documentation/admin-guide/
 * kernel-parameters.txt): a driver may then be told one from the other.
 */
const APPEND = 'cma=64M numa_cma=0:16M log_buf_len=8M';

/** The file beside a built kernel that says what it was built from. */
export interface CmaManifest {
  readonly package: string;
  readonly version: string;
  readonly packageSha256: string;
  readonly fragmentSha256: string;
  readonly kernelCompiler: string;
  readonly imageSha256: string;
}

/** Files of a built kernel, by their names in its folder of the cache. */
export const CMA_FILES = { image: 'bzImage', manifest: 'kernel.json', headers: 'headers' } as const;

/** Where all kernels with CMA are kept. */
export const cmaFolder = (): string => join(cacheFolder(), 'cma');

/** The configuration, on top of the smallest one: its path, and what it says. */
export async function readFragment(): Promise<{ path: string; text: string; sha256: string }> {
  const path = join(packageRoot(), 'targets', 'linux', 'kernels', 'cma.config');
  const text = await readFile(path, 'utf8');
  return { path, text, sha256: createHash('sha256').update(text).digest('hex') };
}

/** The newest kernel of that version that was built with the configuration of today. */
export async function builtCmaKernel(version: CmaVersion): Promise<KernelImage | undefined> {
  const { sha256 } = await readFragment();
  const names = await readdir(cmaFolder()).catch(nothing);
  const folders = names.filter((name) => new RegExp(`^${version}-[0-9a-f]{12}$`).test(name));
  const ready: { kernel: KernelImage; at: number }[] = [];
  for (const name of folders) {
    const folder = join(cmaFolder(), name);
    const kernel = await kernelIn(folder, sha256);
    if (kernel === undefined) continue;
    ready.push({ kernel, at: (await stat(join(folder, CMA_FILES.manifest))).mtimeMs });
  }
  return ready.toSorted((a, b) => b.at - a.at)[0]?.kernel;
}

/** The kernel in a folder, or undefined where it is torn or of another configuration. */
export async function kernelIn(
  folder: string,
  fragmentSha256: string,
): Promise<KernelImage | undefined> {
  const image = join(folder, CMA_FILES.image);
  try {
    const text = await readFile(join(folder, CMA_FILES.manifest), 'utf8');
    const manifest: CmaManifest = JSON.parse(text);
    if (manifest.fragmentSha256 !== fragmentSha256) return undefined;
    if ((await sha256OfFile(image)) !== manifest.imageSha256) return undefined;
    return {
      image,
      architecture: 'x86_64',
      details: { ...manifest, configuration: await sha256OfFile(join(folder, CONFIGURATION)) },
      append: APPEND,
      headers: async () => join(folder, CMA_FILES.headers),
    };
  } catch (thrown) {
    if (thrown instanceof SyntaxError || nothing(thrown).length === 0) return undefined;
    throw thrown;
  }
}

/** An empty list for what is not there. */
function nothing(thrown: unknown): string[] {
  if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return [];
  throw thrown;
}

/** A kernel with CMA, heaps, KASAN, KCOV and fault injection, built from Debian's sources. */
export const cmaKernel: NamedKernel = {
  name: 'cma',
  architecture: 'x86_64',
  summary: 'a kernel with CMA, heaps, KASAN, KCOV and fault injection, built from sources',
  versioned: true,
  missing: missingBuildTools,
  prepare: async (asked) => {
    const version = parseCmaVersion(asked ?? CMA_VERSIONS[0]);
    const ready = await builtCmaKernel(version);
    if (ready !== undefined) return ready;
    const option = version === CMA_VERSIONS[0] ? '' : ` --version ${version}`;
    throw machineError(
      `the kernel with CMA ${version} is not built yet; run allocert vm build cma${option} ` +
        '(about 6 minutes on two processors)',
    );
  },
};
