import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { cp, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder, checkCacheForMake, fillCacheOnce } from '../../../base/cache.ts';
import { machineError, messageOf, usageError } from '../../../base/errors.ts';
import { packageRoot } from '../../../base/package-root.ts';
import type { KernelImage } from '../kernels/kernel-image.ts';
import { compilerFor, type ModuleCompiler } from './compiler.ts';
import { type TypeWriter, typeWriterFor, writeTypes } from './module-types.ts';

const run = promisify(execFile);

/** Folder of the modules' sources, from the package's root. */
const SOURCES = 'targets/linux';
/** Beside modules that were built: what was said of their types. */
const TYPES_NOTE = 'types.txt';

/** A kernel module and its parameters. */
export interface VmModule {
  readonly path: string;
  readonly parameters: readonly string[];
}

/** How allocert's own modules are to act: values of their parameters, by name. */
export interface OwnModules {
  /** `hardened` or `rfc-v2`. */
  readonly behaviour: string;
  /** How many regions there are. */
  readonly regions: number;
  /** A bug, which only a build for tests has. */
  readonly defect?: string;
  /** Microseconds that the races of `rfc-v2` stay open longer than by themselves. */
  readonly window_us?: number;
}

/** The file that lists the bugs that the build for tests can be given. */
export const moduleDefectsFile = (): string => join(packageRoot(), SOURCES, 'defects.json');

/** Their names. */
export function moduleDefects(): readonly string[] {
  const text = readFileSync(moduleDefectsFile(), 'utf8');
  const defects: readonly { readonly name: string }[] = JSON.parse(text);
  return defects.map(({ name }) => name);
}

/** Modules that were built, or found built before. */
export interface BuiltModules {
  /** In the order in which they are loaded. */
  readonly modules: readonly VmModule[];
  /** What a report says of them. */
  readonly details: Readonly<Record<string, string>>;
}

/**
 * Compiles the modules of `targets/linux` for a kernel.
 *
 * @param onStep hears what takes long
 * @throws {@link AllocertError} when the kernel has no headers, or they cannot be compiled here
 */
export async function buildOwnModules(
  kernel: KernelImage,
  own: OwnModules,
  onStep: (step: string) => void,
): Promise<BuiltModules> {
  if (kernel.headers === undefined) {
    throw machineError(
      `Debian's archive no longer has the headers of ${kernel.details.version ?? 'this kernel'}, ` +
        'without which no module can be built for it; those of newer ones are there',
    );
  }
  checkCacheForMake();
  onStep('preparing the headers of the kernel');
  const headers = await kernel.headers();
  const compiler = await compilerFor(kernel.architecture, headers);
  const withDefects = own.defect !== undefined;
  const job = { headers, compiler, withDefects, types: await typeWriterFor(headers) };
  const digest = await digestOf(job, kernel);
  const folder = join(cacheFolder(), 'modules', digest.slice(0, 32));
  if (!existsSync(folder)) {
    onStep('compiling the modules');
    await fillCacheOnce(folder, (scratch) => compile(job, scratch));
  }
  const files = (await readFile(join(folder, 'modules.order'), 'utf8')).trim().split('\n');
  const paths = files.map((file) => join(folder, `${basename(file, '.o')}.ko`));
  return {
    modules: await withParameters(paths, own),
    details: {
      modules: digest,
      moduleCompiler: compiler.description,
      moduleTypes: await readFile(join(folder, TYPES_NOTE), 'utf8'),
      memory: (await hasCma(headers)) ? 'CMA' : 'page allocator',
      behaviour: own.behaviour,
      ...(own.defect === undefined ? {} : { defect: own.defect }),
      ...(own.window_us === undefined ? {} : { windowUs: String(own.window_us) }),
    },
  };
}

/** Whether the kernel has memory for contiguous buffers; the modules take other pages where not. */
async function hasCma(headers: string): Promise<boolean> {
  const config = await readFile(join(headers, 'include', 'config', 'auto.conf'), 'utf8');
  return /^CONFIG_DMA_CMA=y$/m.test(config);
}

interface Job {
  readonly headers: string;
  readonly compiler: ModuleCompiler;
  readonly withDefects: boolean;
  /** What writes their types, or why nothing does. */
  readonly types: TypeWriter | string;
}

async function digestOf(
  { headers, compiler, withDefects, types }: Job,
  kernel: KernelImage,
): Promise<string> {
  const hash = createHash('sha256');
  const root = join(packageRoot(), SOURCES);
  hash.update(JSON.stringify([kernel.details, headers, compiler, withDefects, types]));
  for (const path of await sourcesIn(root)) {
    const text = await readFile(join(root, path));
    hash.update(`${path}\0${text.length}\0`).update(text);
  }
  return hash.digest('hex');
}

async function sourcesIn(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true });
  const sources = entries.filter((path) => /\.[ch]$|(^|\/)Kbuild$/.test(path));
  // What a build by hand left there.
  return sources.filter((path) => !path.endsWith('.mod.c')).toSorted();
}

async function compile(job: Job, scratch: string): Promise<void> {
  const { headers, compiler, withDefects, types } = job;
  const root = join(packageRoot(), SOURCES);
  const source = join(scratch, 'source');
  for (const path of await sourcesIn(root)) await cp(join(root, path), join(source, path));
  const words = [
    ...['-C', headers, `M=${source}`, ...compiler.makeOptions],
    ...(withDefects ? ['ALLOCERT_DEFECTS=1'] : []),
    'modules',
  ];
  try {
    await run('make', words, { env: { ...process.env, LC_ALL: 'C' }, maxBuffer: 16 << 20 });
  } catch (thrown) {
    const said = (thrown as { stderr?: string }).stderr ?? messageOf(thrown);
    const line = said.split('\n').find((text) => /error/i.test(text)) ?? messageOf(thrown);
    throw machineError(`the modules cannot be compiled for this kernel: ${line.trim()}`, thrown);
  }
  const names = (await readdir(source)).filter((name) => /\.ko$|^modules\.order$/.test(name));
  for (const name of names) await rename(join(source, name), join(scratch, name));
  const modules = names.filter((name) => name.endsWith('.ko')).map((name) => join(scratch, name));
  const note =
    typeof types === 'string' ? types : await writeTypes(types, modules, compiler.objcopy);
  await writeFile(join(scratch, TYPES_NOTE), note);
}

/** Each parameter goes to the modules that have it; a module says so in itself. */
async function withParameters(
  paths: readonly string[],
  own: OwnModules,
): Promise<readonly VmModule[]> {
  const given = Object.entries(own).map(([name, value]) => [name, String(value)] as const);
  const taken = new Set<string>();
  const modules: VmModule[] = [];
  for (const path of paths) {
    const text = (await readFile(path)).toString('latin1');
    const known = given.filter(
      ([name]) => text.includes(`parmtype=${name}:`) || text.includes(`parm=${name}:`),
    );
    for (const [name] of known) taken.add(name);
    modules.push({ path, parameters: known.map(([name, value]) => `${name}=${value}`) });
  }
  const ignored = given.find(([name]) => !taken.has(name));
  if (ignored !== undefined) throw usageError(`no module here has the parameter ${ignored[0]}`);
  return modules;
}
