import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { machineError } from '../../../base/errors.ts';
import { compareNumbers } from './kernel-release.ts';
import type { ProgramRunner } from './program-runner.ts';

/** A kernel to configure. */
export interface Configuration {
  /** The unpacked sources. */
  readonly tree: string;
  readonly fragment: { readonly path: string; readonly text: string };
  /** Such as `6.12`. */
  readonly version: string;
  readonly run: ProgramRunner;
}

/** Settings that older kernels do not know, by the first version that does. */
const SINCE: Readonly<Record<string, string>> = { CONFIG_CGROUP_DMEM: '6.14' };

/**
 * Configures sources: the smallest kernel, and what the fragment adds to it.
 *
 * @throws {@link AllocertError} when a setting does not hold: a kernel without KASAN looks like one
 *   without defects
 */
export async function configureKernel(configuration: Configuration): Promise<void> {
  const { tree, fragment, run } = configuration;
  await run('make', ['-s', 'tinyconfig'], tree);
  await run('scripts/kconfig/merge_config.sh', ['-m', '.config', fragment.path], tree);
  await run('make', ['-s', 'olddefconfig'], tree);
  const refused = refusedSettings(
    fragment.text,
    await readFile(join(tree, '.config'), 'utf8'),
    configuration.version,
  );
  if (refused.length === 0) return;
  throw machineError(
    `the sources refuse ${refused.join(', ')}; a kernel without them is of no use`,
  );
}

/** Settings of a fragment that a configuration does not have, and should. */
export function refusedSettings(fragment: string, config: string, version: string): string[] {
  const lines = new Set(config.split('\n'));
  return fragment
    .split('\n')
    .map((line) => ({ line, name: /^(?:# )?(CONFIG_\w+)(?:=| is not set$)/.exec(line)?.[1] }))
    .flatMap(({ line, name }) => {
      if (name === undefined || lines.has(line)) return [];
      if (line.startsWith('#') && !config.includes(`${name}=`)) return [];
      return isOlder(version, SINCE[name]) ? [] : [line];
    });
}

function isOlder(version: string, since: string | undefined): boolean {
  if (since === undefined) return false;
  const numbers = (text: string): number[] => text.split('.').map(Number);
  return compareNumbers(numbers(version), numbers(since)) < 0;
}
