import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findOnPath } from '../../../base/find-on-path.ts';
import { KERNEL_TYPES } from '../kernels/headers.ts';

const run = promisify(execFile);

/** What writes the types of a module into it, and what it goes on from. */
export interface TypeWriter {
  /** The program and its version. */
  readonly description: string;
  /** The file with the kernel's own types. */
  readonly base: string;
}

/**
 * What writes the types (BTF) of modules on this machine, or why they have none. A kernel shows
 * those of a module in `/sys/kernel/btf/`; nothing but an observer needs them.
 *
 * @param headers the folder that modules are built against
 */
export async function typeWriterFor(headers: string): Promise<TypeWriter | string> {
  const config = await readFile(join(headers, 'include', 'config', 'auto.conf'), 'utf8');
  const base = join(headers, KERNEL_TYPES);
  if (!/^CONFIG_DEBUG_INFO_BTF=y$/m.test(config) || !existsSync(base)) {
    return 'none: the kernel has no types that a module could go on from';
  }
  if (findOnPath('pahole') === undefined) return 'none: pahole is not installed';
  const { stdout } = await run('pahole', ['--version']);
  return { description: `pahole ${stdout.trim()}`, base };
}

/**
 * Writes the types of modules into them, from what the compiler says of them for debuggers. A
 * pahole that does not understand the kernel's types leaves the modules as they are.
 *
 * @param objcopy what edits object files of the architecture
 * @returns what a report says of it: who wrote them, or why there are none
 */
export async function writeTypes(
  { description, base }: TypeWriter,
  modules: readonly string[],
  objcopy: string,
): Promise<string> {
  const env = { ...process.env, LC_ALL: 'C', LLVM_OBJCOPY: objcopy };
  for (const module of modules) {
    const copy = `${module}.typed`;
    try {
      await copyFile(module, copy);
      await run('pahole', ['-J', '--btf_gen_floats', '--btf_base', base, copy], { env });
      await rename(copy, module);
    } catch (thrown) {
      const [line = ''] = String((thrown as { stderr?: string }).stderr ?? thrown).split('\n');
      return `none: ${description} cannot write them: ${line.trim()}`;
    } finally {
      await rm(copy, { force: true });
    }
  }
  return description;
}
