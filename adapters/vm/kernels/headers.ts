import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, open, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, fillCacheOnce, sha256OfFile } from '../../../base/cache.ts';
import { machineError } from '../../../base/errors.ts';
import type { ProgramRunner } from './program-runner.ts';

/**
 * The kernel's own types (BTF) in the folder that modules are built against, where its package has
 * them. Under the name that they have there, a build without pahole would stop at them.
 */
export const KERNEL_TYPES = 'vmlinux.types';

/** A package in the cache. */
interface PackageFile {
  readonly file: string;
  readonly sha256: string;
}

/** The packages that modules for a kernel are built with. */
export interface HeaderPackages {
  /** Headers of the kernel, those that its flavours have in common, and the build's own programs. */
  readonly packages: readonly PackageFile[];
  /** Libraries that these programs are linked with. */
  readonly libraries: readonly PackageFile[];
}

/**
 * The folder that modules for a kernel of Debian's are built against, unpacked into the cache.
 *
 * @param folder the kernel's in the cache, which holds the packages
 * @throws {@link AllocertError} when a package is damaged or the place cannot be built in
 */
export async function prepareHeaders(
  folder: string,
  release: string,
  { packages, libraries }: HeaderPackages,
  run: ProgramRunner,
): Promise<string> {
  // Programs among them run by a loader of this machine's architecture.
  const parts = [
    KERNEL_TYPES,
    process.arch,
    ...[...packages, ...libraries].map(({ sha256 }) => sha256),
  ];
  const digest = createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 12);
  const unpacked = join(cacheFolder(), 'headers', `${release}-${digest}`);
  const headers = join(unpacked, 'usr', 'src', `linux-headers-${release}`);
  if (existsSync(join(headers, 'Makefile'))) return headers;
  if (/[\s:]/.test(unpacked)) {
    throw machineError(
      `modules cannot be built in ${unpacked}: a kernel's makefiles do not take white space or a ` +
        'colon; set ALLOCERT_CACHE to a folder without them',
    );
  }
  await fillCacheOnce(unpacked, async (scratch) => {
    for (const one of packages) await unpackDebianPackage(folder, one, scratch, run);
    const source = join(scratch, 'usr', 'src', `linux-headers-${release}`);
    await pointInto(join(source, 'Makefile'), unpacked);
    await setTypesAside(source);
    for (const one of libraries)
      await unpackDebianPackage(folder, one, join(scratch, 'libraries'), run);
    const loader = loaderIn(join(scratch, 'libraries')).replace(scratch, unpacked);
    for (const program of await programsIn(join(scratch, 'usr', 'lib'))) {
      await wrap(program, loader, join(unpacked, 'libraries'));
    }
  });
  return headers;
}

/**
 * Unpacks a package of the cache into a folder.
 *
 * @param folder the kernel's in the cache, which holds the package
 * @throws {@link AllocertError} when the package is damaged
 */
export async function unpackDebianPackage(
  folder: string,
  { file, sha256 }: PackageFile,
  to: string,
  run: ProgramRunner,
): Promise<void> {
  const path = join(folder, 'packages', file);
  if ((await sha256OfFile(path)) !== sha256) {
    throw machineError(`${path} is damaged; remove ${folder}`);
  }
  await mkdir(to, { recursive: true });
  await run('dpkg-deb', ['-x', path, to]);
}

async function setTypesAside(source: string): Promise<void> {
  const types = join(source, 'vmlinux');
  if (existsSync(types)) await rename(types, join(source, KERNEL_TYPES));
}

/** The makefile names the place where the package would have been installed. */
async function pointInto(makefile: string, root: string): Promise<void> {
  const text = await readFile(makefile, 'utf8');
  await writeFile(makefile, text.replaceAll(/(^|[\s=])\/usr\/src\//gm, `$1${root}/usr/src/`));
}

/** Every program of the build that is no script. */
async function programsIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name));
  const found: string[] = [];
  for (const path of paths) if (await isElf(path)) found.push(path);
  return found;
}

async function isElf(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.toString('latin1') === '\x7fELF';
  } finally {
    await file.close();
  }
}

/** Has a program run with the libraries that it is linked with: the machine's own may be older. */
async function wrap(program: string, loader: string, libraries: string): Promise<void> {
  await rename(program, `${program}.elf`);
  const folders = LIBRARY_FOLDERS.map((folder) => join(libraries, folder, machine().folder));
  // Some find others by the name that they are called by.
  const command = `exec ${loader} --argv0 "$0" --library-path ${folders.join(':')} "$0.elf" "$@"`;
  await writeFile(program, `#!/bin/sh\n${command}\n`);
  await chmod(program, 0o755);
}

/** Where packages have libraries: below the first one before Debian 13, below the other since. */
const LIBRARY_FOLDERS = ['lib', 'usr/lib'] as const;

const MACHINES: Readonly<Record<string, { readonly folder: string; readonly loader: string }>> = {
  x64: { folder: 'x86_64-linux-gnu', loader: 'ld-linux-x86-64.so.2' },
  arm64: { folder: 'aarch64-linux-gnu', loader: 'ld-linux-aarch64.so.1' },
};

function machine(): { readonly folder: string; readonly loader: string } {
  const found = MACHINES[process.arch];
  if (found !== undefined) return found;
  throw machineError(
    `modules cannot be built on ${process.arch}: Debian's tools are not known here`,
  );
}

function loaderIn(libraries: string): string {
  const { folder, loader } = machine();
  const paths = LIBRARY_FOLDERS.map((one) => join(libraries, one, folder, loader));
  const found = paths.find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw machineError(`${libraries} has no ${loader}, which programs of the kernel's build need`);
}
