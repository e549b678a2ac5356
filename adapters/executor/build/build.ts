import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { machineError, messageOf } from '../../../base/errors.ts';
import { makeDirectory } from '../../../base/make-directory.ts';
import { packageRoot } from '../../../base/package-root.ts';
import {
  type Architecture,
  type Toolchain,
  type Toolchains,
  toolchainsFor,
} from './architectures.ts';

const run = promisify(execFile);

/** The tests add -Werror; here a compiler of tomorrow may have an opinion and still do its work. */
const FLAGS = ['-std=gnu11', '-O2', '-Wall', '-Wextra', '-pthread'] as const;

/** Folder of the C sources, from the package's root. */
const SOURCES = 'adapters/executor';

/** Folders below it that both the agent and the addon consist of. */
const EXECUTOR = ['include', 'supervisor', 'client', 'operations'] as const;

/** A program to build from every C file of its folders, which are below {@link SOURCES}. */
interface Recipe {
  /** The file that comes out. */
  readonly name: string;
  readonly flags: readonly string[];
  readonly folders: readonly string[];
  /** Single C files beside them. */
  readonly files?: readonly string[];
}

const AGENT: Recipe = {
  name: 'agent',
  flags: ['-static', ...FLAGS],
  folders: [...EXECUTOR, 'agent'],
};
const LOADING_AGENT: Recipe = { ...AGENT, flags: ['-DALLOCERT_LOADS_LIBRARIES', ...FLAGS] };

/** It describes its machine with the agent's own code. */
const ADDON: Recipe = {
  name: 'allocert.node',
  flags: [
    ...['-shared', '-fPIC', '-fvisibility=hidden', '-ftls-model=initial-exec'],
    ...['-DNAPI_VERSION=8', '-DALLOCERT_LOADS_LIBRARIES', ...FLAGS],
  ],
  folders: [...EXECUTOR, 'addon'],
  files: [
    'agent/areas.c',
    'agent/facts.c',
    'agent/instruments.c',
    'agent/layout.c',
    'agent/log.c',
    'agent/records.c',
  ],
};

/**
 * Flags that everything built for this machine gets besides, split at blanks: the sanitizers of
 * `npm run test:sanitizers`. What such flags link in is not to be had statically.
 */
const EXTRA_FLAGS = (process.env.ALLOCERT_NATIVE_CFLAGS ?? '').split(/\s+/).filter(Boolean);

/** A library brings the libc that it was linked with: that of the machine's own compiler. */
const HOST: Toolchains = {
  tried: [{ command: 'cc', flags: [] }],
  packages: 'gcc with libc6-dev',
};

/** How {@link buildAgent} departs from its defaults. */
export interface BuildAgentOptions {
  /** Machine that the agent is for; the one that this runs on when left out. */
  readonly architecture?: Architecture;
  /** Compiler to use instead of the ones it looks for, such as `clang`. */
  readonly cc?: string;
  /** Linked so that it can load libraries: it then runs on machines like this one only. */
  readonly loadsLibraries?: boolean;
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
  const extra = architecture === undefined ? EXTRA_FLAGS : [];
  const isDynamic = options.loadsLibraries === true || extra.length > 0;
  const { tried, packages } = isDynamic ? HOST : toolchainsFor(architecture);
  return compile({
    cacheDir,
    recipe: isDynamic ? LOADING_AGENT : AGENT,
    tried: cc === undefined ? tried : [{ command: cc, flags: [] }],
    flags: [...extra, ...(options.flags ?? [])],
    what: 'the agent',
    purpose: architecture,
    packages,
  });
}

/**
 * Compiles the addon, as {@link buildAgent} does the agent.
 *
 * @throws {@link AllocertError} when no compiler or no headers of Node are here
 */
export async function buildAddon(
  cacheDir: string,
  { cc, flags = [] }: BuildAgentOptions = {},
): Promise<BuiltAgent> {
  return compile({
    cacheDir,
    recipe: ADDON,
    tried: cc === undefined ? HOST.tried : [{ command: cc, flags: [] }],
    flags: [`-I${nodeHeaders()}`, ...EXTRA_FLAGS, ...flags],
    what: "Node's addon",
    purpose: '?mode=in-process',
    packages: `${HOST.packages}, or use ?mode=contained`,
  });
}

/**
 * The folder of node_api.h, which most ways of installing Node bring along.
 *
 * @throws {@link AllocertError} when it is nowhere
 */
export function nodeHeaders(): string {
  const own = join(dirname(process.execPath), '..', 'include', 'node');
  const found = [own, '/usr/include/node'].find((one) => existsSync(join(one, 'node_api.h')));
  if (found !== undefined) return found;
  throw machineError(
    `Node's headers are not in ${own}; install them (libnode-dev on Debian), or use ?mode=contained`,
  );
}

interface Job {
  readonly cacheDir: string;
  readonly recipe: Recipe;
  readonly tried: readonly Toolchain[];
  readonly flags: readonly string[];
  /** For a sentence: its name, its purpose, and the packages that bring a compiler for it. */
  readonly what: string;
  readonly purpose: string | undefined;
  readonly packages: string;
}

async function compile(job: Job): Promise<BuiltAgent> {
  const sources = await readSources(job.recipe);
  const failures: string[] = [];
  for (const toolchain of job.tried) {
    const { command } = toolchain;
    const compiler = await describe(toolchain);
    if (compiler === undefined) {
      failures.push(`${command} is not there`);
      continue;
    }
    try {
      return await build(job, sources, compiler);
    } catch (error) {
      failures.push(`${command}: ${firstLine(messageOf(error))}`);
    }
  }
  const { what, purpose, packages } = job;
  const aim = purpose === undefined ? '' : ` for ${purpose}`;
  throw machineError(
    `${what} could not be compiled${aim} (${failures.join('; ')}); install ${packages}`,
  );
}

async function readSources({ folders, files = [] }: Recipe): Promise<readonly Source[]> {
  const paths: string[] = [];
  for (const folder of folders) {
    const names = (await readdir(join(packageRoot(), SOURCES, folder))).toSorted();
    const wanted = names.filter((entry) => /\.[ch]$/.test(entry));
    paths.push(...wanted.map((name) => join(SOURCES, folder, name)));
  }
  return Promise.all(
    [...paths, ...files.map((name) => join(SOURCES, name))].map(async (path) => ({
      path,
      text: await readFile(join(packageRoot(), path)),
    })),
  );
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
  { cacheDir, recipe, flags: extraFlags }: Job,
  sources: readonly Source[],
  compiler: Compiler,
): Promise<BuiltAgent> {
  const { name } = recipe;
  const flags = [...recipe.flags, ...compiler.flags, ...extraFlags];
  const digest = digestOf(sources, compiler, flags);
  const folder = join(cacheDir, `${name}-${digest.slice(0, 32)}`);
  const built = { path: join(folder, name), digest, compiler: compiler.description };
  if (existsSync(built.path)) return built;
  makeDirectory(resolve(cacheDir));
  const scratch = await mkdtemp(join(cacheDir, 'building-'));
  try {
    const files = sources.map(({ path }) => path).filter((path) => path.endsWith('.c'));
    await run(compiler.command, [...flags, '-o', join(scratch, name), ...files], {
      cwd: packageRoot(),
    });
    await chmod(join(scratch, name), 0o755);
    await chmod(scratch, 0o755);
    await publish(scratch, folder, name);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return built;
}

/** Whoever finishes first wins; another process may have built the same meanwhile. */
async function publish(scratch: string, folder: string, name: string): Promise<void> {
  try {
    await rename(scratch, folder);
  } catch (error) {
    if (!existsSync(join(folder, name))) throw error;
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
