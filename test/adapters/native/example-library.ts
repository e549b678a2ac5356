import { execFile } from 'node:child_process';
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
