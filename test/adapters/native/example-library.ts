import { execFile } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../../base/package-root.ts';

/** The sources of the example. */
export const EXAMPLE = join(packageRoot(), 'examples', 'userspace-allocator');

/**
 * Builds the example's library in a folder of the test's own; its path.
 *
 * @param defined macros besides the defect, such as `PAUSE_US=500`
 * @param from where its sources are, when they were changed
 */
export async function buildExample(
  folder: string,
  defect = 0,
  defined: readonly string[] = [],
  from = EXAMPLE,
): Promise<string> {
  const library = join(folder, `libexample-${defect}.so`);
  const includes = join(packageRoot(), 'adapters', 'executor', 'include');
  const sources = ['table.c', 'region.c', 'allocate.c'].map((name) => join(from, name));
  const flags = [
    '-std=gnu11',
    '-O2',
    '-Wall',
    '-Wextra',
    '-Werror',
    '-fPIC',
    '-shared',
    '-pthread',
  ];
  // A seeded defect is to do what it does; sanitizers would only say that it is one.
  const asked = defect === 0 ? (process.env.ALLOCERT_NATIVE_CFLAGS ?? '') : '';
  const extra = asked.split(/\s+/).filter(Boolean);
  const macros = [`DEFECT=${defect}`, ...defined].map((macro) => `-D${macro}`);
  await promisify(execFile)('cc', [
    ...flags,
    ...extra,
    ...macros,
    `-I${includes}`,
    '-o',
    library,
    ...sources,
  ]);
  return library;
}

/** A change to a file of the example: what stands there, and what takes its place. */
export type Edit = readonly [file: string, old: string, replacement: string];

/**
 * Builds the example with changes, in a folder of the test's own; its path.
 *
 * @throws Error when a file does not have what is to be changed
 */
export async function buildChangedExample(folder: string, edits: readonly Edit[]): Promise<string> {
  cpSync(EXAMPLE, folder, { recursive: true });
  for (const [file, old, replacement] of edits) {
    const path = join(folder, file);
    const text = readFileSync(path, 'utf8');
    if (!text.includes(old)) throw new Error(`${file} has no "${old}"`);
    writeFileSync(
      path,
      text.replace(old, () => replacement),
    );
  }
  return buildExample(folder, 0, [], folder);
}
