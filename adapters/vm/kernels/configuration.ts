import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256OfFile } from '../../../base/cache.ts';
import { type HeaderPackages, unpackDebianPackage } from './headers.ts';
import type { ProgramRunner } from './program-runner.ts';

/** The configuration that a kernel was built with, in its folder of the cache. */
export const CONFIGURATION = 'config';

/**
 * SHA-256 of the configuration of a kernel of Debian's. Its headers have it, in `.config`; it is
 * kept beside the image from then on. Undefined where the archive had no headers.
 *
 * @param folder the kernel's in the cache
 * @param release as uname(2) says it
 * @throws {@link AllocertError} when the package of its headers is damaged
 */
export async function configurationDigest(
  folder: string,
  release: string,
  headers: HeaderPackages | undefined,
  run: ProgramRunner,
): Promise<string | undefined> {
  const file = join(folder, CONFIGURATION);
  if (existsSync(file)) return sha256OfFile(file);
  const [own] = headers?.packages ?? [];
  if (own === undefined) return undefined;
  const scratch = await mkdtemp(join(folder, 'configuration-'));
  try {
    await unpackDebianPackage(folder, own, scratch, run);
    const packed = join(scratch, 'usr', 'src', `linux-headers-${release}`, '.config');
    if (!existsSync(packed)) return undefined;
    const whole = join(scratch, CONFIGURATION);
    await copyFile(packed, whole);
    await rename(whole, file);
    return await sha256OfFile(file);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
