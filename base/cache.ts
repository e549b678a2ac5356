import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, existsSync, realpathSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { machineError, messageOf } from './errors.ts';
import { makeDirectory } from './make-directory.ts';

/**
 * Where kernels and agents are kept: $ALLOCERT_CACHE, else the user's cache folder. Programs with
 * other working folders are given it, so it is absolute.
 */
export function cacheFolder(): string {
  const own = process.env.ALLOCERT_CACHE;
  if (own !== undefined && own !== '') return resolve(own);
  return resolve(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'allocert');
}

/**
 * Refuses a cache in which nothing of a kernel can be built. Source: the kernel's Makefile, "source
 * directory cannot contain spaces or colons", which looks at the path without symbolic links.
 *
 * @throws {@link AllocertError} naming the folder
 */
export function checkCacheForMake(): void {
  const folder = cacheFolder();
  const real = withoutLinks(folder);
  if (!/[\s:]/.test(folder) && !/[\s:]/.test(real)) return;
  const through = real === folder ? '' : ` (${JSON.stringify(real)} without symbolic links)`;
  throw machineError(
    `nothing of a kernel can be built in the cache ${JSON.stringify(folder)}${through}: make takes ` +
      'no path with a space or a colon in it; set ALLOCERT_CACHE to another folder',
  );
}

/** A path of which only the beginning may exist yet. */
function withoutLinks(path: string): string {
  if (existsSync(path) || path === dirname(path)) return realpathSync(path);
  return join(withoutLinks(dirname(path)), basename(path));
}

/**
 * Makes sure that a folder of the cache exists.
 *
 * @throws {@link AllocertError} when the cache cannot be written
 */
export function makeCacheFolder(folder: string): void {
  try {
    makeDirectory(resolve(folder));
  } catch (thrown) {
    throw machineError(
      `cannot write the cache (${messageOf(thrown)}); set ALLOCERT_CACHE to a folder that can be written`,
      thrown,
    );
  }
}

/**
 * Makes a folder of the cache as a whole or not at all: work goes to a folder beside it, which
 * takes its name at the end. Two processes may do so at once; either result serves.
 *
 * @throws {@link AllocertError} when the cache cannot be written
 */
export const fillCache = (
  folder: string,
  work: (scratch: string) => Promise<void>,
): Promise<void> =>
  fillBeside(folder, async (scratch) => {
    await work(scratch);
    await rm(folder, { recursive: true, force: true });
    await rename(scratch, folder);
  });

/**
 * The same for a folder whose name says what is in it: where another process was faster, its result
 * stays, as somebody may use it already.
 *
 * @throws {@link AllocertError} when the cache cannot be written
 */
export const fillCacheOnce = (
  folder: string,
  work: (scratch: string) => Promise<void>,
): Promise<void> =>
  fillBeside(folder, async (scratch) => {
    try {
      await work(scratch);
      await rename(scratch, folder);
    } catch (thrown) {
      if (!existsSync(folder)) throw thrown;
    }
  });

/** Gives `fill` a folder beside another, of which nothing is left afterwards. */
async function fillBeside(folder: string, fill: (scratch: string) => Promise<void>): Promise<void> {
  const scratch = `${folder}.${randomBytes(6).toString('hex')}`;
  makeCacheFolder(scratch);
  try {
    await fill(scratch);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** SHA-256 of a file, in hexadecimal. */
export async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
