import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { announceCode, inTime } from '../base/code-of-others.ts';
import { AllocertError, messageOf, usageError } from '../base/errors.ts';
import { parseJson } from '../base/parse-json.ts';
import { readWhole } from '../base/read-whole.ts';

/** A configuration file as it was read. */
export interface ConfigFile {
  /** Its path as sentences name it. */
  readonly name: string;
  readonly value: unknown;
}

const NAME = 'allocert.config';
const EXTENSIONS = ['.json', '.js', '.mjs', '.cjs', '.ts', '.mts'];

/**
 * The configuration file of a directory: its own, or that of a directory above it up to the root of
 * the repository. Outside of a repository nothing above is looked at, since a file there may be
 * another user's, and would be run.
 *
 * @throws {@link AllocertError} (usage) when a directory holds two
 */
export function findConfig(directory: string): string | undefined {
  const places = directoriesUpToRepository(resolve(directory));
  for (const place of places) {
    const found = readdirSync(place).filter(
      (name) => name.startsWith(`${NAME}.`) && EXTENSIONS.includes(extname(name)),
    );
    const whole = found.filter((name) => name === `${NAME}${extname(name)}`).sort();
    const [first, second] = whole;
    if (second !== undefined) {
      throw usageError(`${place} holds ${first} and ${second}; keep one, or name it with --config`);
    }
    if (first !== undefined) return join(place, first);
  }
  return undefined;
}

function directoriesUpToRepository(directory: string): readonly string[] {
  const above: string[] = [directory];
  for (let place = directory; !existsSync(join(place, '.git')); ) {
    const parent = dirname(place);
    if (parent === place) return [directory];
    above.push(parent);
    place = parent;
  }
  return above;
}

/**
 * Reads a configuration file: JSON, or a module whose default export is the configuration, or a
 * promise of it.
 *
 * @param path from the current directory
 * @throws {@link AllocertError} (usage) naming the file
 */
export async function readConfig(path: string): Promise<ConfigFile> {
  const shown = relative('.', path);
  const name = shown.startsWith('..') ? path : shown;
  if (!existsSync(path) || !statSync(path).isFile()) {
    throw usageError(`there is no configuration file ${name}; check --config`);
  }
  const extension = extname(path);
  if (extension === '.json') return { name, value: parsed(path, name) };
  if (!EXTENSIONS.includes(extension)) {
    const known = EXTENSIONS.join(', ');
    throw usageError(`${name} is not a configuration: its name must end in one of ${known}`);
  }
  if (extension.endsWith('ts')) refuseWithoutTypes(name);
  return { name, value: await imported(path, name) };
}

function parsed(path: string, name: string): unknown {
  try {
    return parseJson(readWhole(path).toString('utf8'));
  } catch (thrown) {
    if (thrown instanceof AllocertError) throw thrown;
    if (!(thrown instanceof SyntaxError)) {
      throw usageError(`${name} cannot be read: ${messageOf(thrown)}`);
    }
    const { cause, message } = thrown;
    throw usageError(`${name} ${message}${cause === undefined ? '' : `: ${messageOf(cause)}`}`);
  }
}

/** Node strips types from 22.18 and 23.6 on. */
function refuseWithoutTypes(name: string): void {
  if ('typescript' in process.features && process.features.typescript) return;
  const plain = basename(name).replace(/\.m?ts$/, '.mjs');
  throw usageError(
    `${name} needs a Node that runs TypeScript (22.18 or newer), and this is ${process.version}; ` +
      `write ${plain} instead`,
  );
}

async function imported(path: string, name: string): Promise<unknown> {
  const what = `the configuration module ${name}`;
  announceCode(what);
  const location = pathToFileURL(resolve(path)).href;
  let value: unknown;
  try {
    // The configuration may be a promise, which is waited for as the module is.
    value = await inTime(what, async () => {
      const { default: given } = (await import(location)) as { readonly default?: unknown };
      return given;
    });
  } catch (thrown) {
    if (thrown instanceof AllocertError) throw thrown;
    throw usageError(`${name} cannot be loaded: ${messageOf(thrown).split('\n')[0]}`);
  }
  if (value === undefined) throw usageError(`${name} has no default export; export the options`);
  return value;
}
