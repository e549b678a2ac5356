import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Creates a directory and those above it. The recursive mode of `mkdir` is not used: under Node 20 it
 * never returns where a file system refuses new names with ENOENT, as /proc does.
 *
 * @param path absolute
 * @throws Error with a `code` when a directory cannot be made
 */
export function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  makeDirectory(dirname(path));
  try {
    mkdirSync(path);
  } catch (thrown) {
    // Another process may have made it in between.
    if (!existsSync(path)) throw thrown;
  }
}
