import { basename } from 'node:path';
import { sha256OfFile } from '../../../base/cache.ts';
import type { VmModule } from './own-modules.ts';

/**
 * What a report says of the modules that a URL names: `module x.ko` with the SHA-256 of the file.
 * Their parameters stand in the URL.
 *
 * @throws when a file cannot be read
 */
export async function namedModuleDetails(
  modules: readonly Pick<VmModule, 'path'>[],
): Promise<Readonly<Record<string, string>>> {
  const details: Record<string, string> = {};
  for (const { path } of modules) details[`module ${basename(path)}`] = await sha256OfFile(path);
  return details;
}
