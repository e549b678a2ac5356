import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

let found: string | undefined;

/**
 * The folder that holds this package's `package.json`. Data files (catalogue, schemas, C sources)
 * are read from there, so that the same code works from `dist/`, from `build/` and when installed.
 */
export function packageRoot(): string {
  if (found !== undefined) return found;
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!isPackageFolder(folder)) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('allocert is installed without its package.json');
    folder = parent;
  }
  found = folder;
  return folder;
}

function isPackageFolder(folder: string): boolean {
  const file = join(folder, 'package.json');
  return existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).name === 'allocert';
}

/** The version in `package.json`, which every record and every finding carries. */
export function packageVersion(): string {
  return JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')).version;
}
