import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { machineError, messageOf } from '../contract/errors.ts';
import { makeDirectory } from '../contract/make-directory.ts';
import { packageRoot } from '../contract/package-root.ts';
import { type Architecture, type Toolchain, toolchainsFor } from './architectures.ts';

const run = promisify(execFile);

/** The tests add -Werror; here a compiler of tomorrow may have an opinion and still do its work. */
const FLAGS = ['-static', '-std=gnu11', '-O2', '-Wall', '-Wextra', '-pthread'] as const;

/** Folders of C sources, from the package's root. All of each belongs to the agent. */
const SOURCE_FOLDERS = ['adapters/native/executor', 'adapters/remote'] as const;

/** How {@link buildAgent} departs from its defaults. */
export interface BuildAgentOptions {
  /** Machine that the agent is for; the one that this runs on when left out. */
  readonly architecture?: Architecture;
  /** Compiler to use instead of the ones it looks for, such as `clang`. */
  readonly cc?: string;
  /** Further flags, after the default ones: `['-fsanitize=address']`. */
  readonly flags?: readonly string[];
}

/** An agent that was built, or found built before. */
export interface BuiltAgent {
  /** The program. */
  readonly path: string;
  /** SHA-256, in hex, of sources, compiler and flags. */
  readonly digest: string;
  /** The first line of the compiler's own description. */
  readonly compiler: string;
}

interface Compiler extends Toolchain {
  readonly description: string;
}

interface Source {
  readonly path: string;
  readonly text: Buffer;
}

/**
 * Compiles the agent, with the executor inside, into one static program. What was built from
 * the same sources with the same compiler is used again.
 *
 * @param cacheDir folder for finished agents; made when it is not there
 * @throws {@link AllocertError} when no compiler works or the sources do not compile
 */
export async function buildAgent(
  cacheDir: string,
  options: BuildAgentOptions = {},
): Promise<BuiltAgent> {
  const { cc, architecture } = options;
  const sources = await readSources();
  const { tried, packages } = toolchainsFor(architecture);
  const failures: string[] = [];
  for (const toolchain of cc === undefined ? tried : [{ command: cc, flags: [] }]) {
    const { command } = toolchain;
    const compiler = await describe(toolchain);
    if (compiler === undefined) {
      failures.push(`${command} is not there`);
      continue;
    }
    try {
      return await build(cacheDir, sources, compiler, options.flags ?? []);
    } catch (error) {
      failures.push(`${command}: ${firstLine(messageOf(error))}`);
    }
  }
  const machine = architecture === undefined ? '' : ` for ${architecture}`;
  throw machineError(
    `the agent could not be compiled${machine} (${failures.join('; ')}); install ${packages}`,
  );
}

async function readSources(): Promise<readonly Source[]> {
  const sources: Source[] = [];
  for (const folder of SOURCE_FOLDERS) {
    const names = (await readdir(join(packageRoot(), folder))).toSorted();
    for (const name of names.filter((entry) => /\.[ch]$/.test(entry))) {
      const path = join(folder, name);
      sources.push({ path, text: await readFile(join(packageRoot(), path)) });
    }
  }
  return sources;
}

/** The compiler, or undefined when there is no such program. */
async function describe(toolchain: Toolchain): Promise<Compiler | undefined> {
  try {
    const { stdout } = await run(toolchain.command, ['--version']);
    return { ...toolchain, description: firstLine(stdout) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    return { ...toolchain, description: toolchain.command };
  }
}

async function build(
  cacheDir: string,
  sources: readonly Source[],
  compiler: Compiler,
  extraFlags: readonly string[],
): Promise<BuiltAgent> {
  const flags = [...FLAGS, ...compiler.flags, ...extraFlags];
  const digest = digestOf(sources, compiler, flags);
  const folder = join(cacheDir, `agent-${digest.slice(0, 32)}`);
  const built = { path: join(folder, 'agent'), digest, compiler: compiler.description };
  if (existsSync(built.path)) return built;
  makeDirectory(resolve(cacheDir));
  const scratch = await mkdtemp(join(cacheDir, 'building-'));
  try {
    const files = sources.map(({ path }) => path).filter((path) => path.endsWith('.c'));
    await run(compiler.command, [...flags, '-o', join(scratch, 'agent'), ...files], {
      cwd: packageRoot(),
    });
    await chmod(join(scratch, 'agent'), 0o755);
    await chmod(scratch, 0o755);
    await publish(scratch, folder);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return built;
}

/** Whoever finishes first wins; another process may have built the same meanwhile. */
async function publish(scratch: string, folder: string): Promise<void> {
  try {
    await rename(scratch, folder);
  } catch (error) {
    if (!existsSync(join(folder, 'agent'))) throw error;
  }
}

function digestOf(
  sources: readonly Source[],
  compiler: Compiler,
  flags: readonly string[],
): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([compiler, flags]));
  for (const { path, text } of sources) hash.update(`${path}\0${text.length}\0`).update(text);
  return hash.digest('hex');
}

const firstLine = (text: string): string => text.trim().split('\n', 1)[0] ?? '';
