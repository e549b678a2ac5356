import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The first file of that name on the search path. */
export function findOnPath(name: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
}
