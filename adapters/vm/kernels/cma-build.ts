import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { checkCacheForMake, sha256OfFile } from '../../../base/cache.ts';
import { AllocertError, machineError, messageOf } from '../../../base/errors.ts';
import { type FetchedPackage, machineArchive, privateArchive, type Suite } from './archive.ts';
import { checkBuildTools } from './build-tools.ts';
import {
  builtCmaKernel,
  CMA_FILES,
  type CmaManifest,
  cmaFolder,
  kernelIn,
  readFragment,
} from './cma-kernel.ts';
import type { CmaVersion } from './cma-versions.ts';
import { CONFIGURATION } from './configuration.ts';
import { configureKernel } from './configure-kernel.ts';
import type { KernelImage } from './kernel-image.ts';
import { type ProgramRunner, runProgram } from './program-runner.ts';
import { resumableWork } from './resumable-work.ts';

/**
 * Files whose coverage the kernel tells: what allocates, exports and maps. A kernel that tells of
 * all of them is slower, and shows mostly what the memory management of other programs does.
 */
const COVERED = [
  ...['dma-buf', 'dma-heap', 'dma-resv', 'dma-fence', 'dma-fence-array', 'dma-fence-chain'],
  ...['sync_file', 'udmabuf', 'cma_heap', 'system_heap', 'cma', 'contiguous', 'direct', 'mapping'],
  'vgem_drv',
];

/** Words for `make`: the same image from the same sources, whoever builds it, wherever and when. */
const WORDS = [
  ...COVERED.map((name) => `KCOV_INSTRUMENT_${name}.o=y`),
  ...['KBUILD_BUILD_USER=allocert', 'KBUILD_BUILD_HOST=allocert'],
  'KBUILD_BUILD_TIMESTAMP=1970-01-01',
];

/** Lines of output between two reports of progress. */
const LINES_PER_STEP = 500;

/** How a kernel is asked for. */
export interface CmaBuild {
  readonly version: CmaVersion;
  /** Whether to look for newer sources although one is built. */
  readonly renew: boolean;
  /** Hears what takes long. */
  onStep(step: string): void;
}

/**
 * Builds the kernel of `vm:cma/…`, unless it is built already. A build that was killed goes on where
 * it stopped.
 *
 * @throws {@link AllocertError} where tools are missing, or something fails
 */
export async function buildCmaKernel(
  { version, renew, onStep }: CmaBuild,
  run: ProgramRunner = runProgram,
): Promise<KernelImage> {
  const ready = await builtCmaKernel(version);
  if (ready !== undefined && !renew) return ready;
  checkBuildTools();
  checkCacheForMake();
  const fragment = await readFragment();
  const place = join(cmaFolder(), `${version}-${fragment.sha256.slice(0, 12)}`);
  try {
    return await resumableWork(place, async (folder) => {
      const work = { folder, fragment, onStep, run };
      return await buildIn(work, await fetchSource(version, work));
    });
  } catch (thrown) {
    if (thrown instanceof AllocertError) throw thrown;
    throw machineError(`cannot build the kernel: ${messageOf(thrown).trim()}`, thrown);
  }
}

/** A build under way. */
interface Work {
  readonly folder: string;
  readonly fragment: { readonly path: string; readonly text: string; readonly sha256: string };
  readonly run: ProgramRunner;
  onStep(step: string): void;
}

/** A release of Debian that has the sources, where the machine's own suites need not. */
const SUITES: Readonly<Record<CmaVersion, Suite>> = {
  '6.12': { name: 'bookworm', security: 'bookworm-security' },
  '7.3': { name: 'trixie-backports' },
};

/** The package from the first lists that have it: known lists may name one that is gone. */
async function download(version: CmaVersion, folder: string, work: Work): Promise<FetchedPackage> {
  const suite = (stale: boolean) => privateArchive(SUITES[version], 'amd64', work.run, stale);
  const places = [async () => machineArchive(work.run), () => suite(false), () => suite(true)];
  let failure: unknown;
  for (const open of places) {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder);
    try {
      return await (await open()).fetch(`linux-source-${version}`, folder);
    } catch (thrown) {
      failure = thrown;
    }
  }
  throw failure;
}

async function fetchSource(version: CmaVersion, work: Work): Promise<FetchedPackage> {
  const file = join(work.folder, 'source.json');
  if (existsSync(file)) return JSON.parse(await readFile(file, 'utf8'));
  work.onStep(`downloading linux-source-${version}`);
  const fetched = await download(version, join(work.folder, 'downloads'), work);
  await writeWhole(file, fetched);
  return fetched;
}

async function buildIn(work: Work, source: FetchedPackage): Promise<KernelImage> {
  const { fragment, folder, onStep } = work;
  const inputs = [source.sha256, fragment.sha256, ...WORDS].join('\n');
  const digest = createHash('sha256').update(inputs).digest('hex').slice(0, 12);
  const version = source.name.replace(/^linux-source-/, '');
  const place = join(cmaFolder(), `${version}-${digest}`);
  const built = await kernelIn(place, fragment.sha256);
  if (built !== undefined) return built;
  const tree = await unpack(work, source);
  if (!existsSync(join(folder, 'configured'))) {
    onStep('configuring');
    await configureKernel({ tree, fragment, version, run: work.run });
    await writeFile(join(folder, 'configured'), '');
  }
  onStep('building, about 6 minutes on two processors');
  await compile(tree, onStep);
  const finished = await collect(work, source, tree);
  return await keep(finished, place, fragment.sha256);
}

/**
 * Gives a finished kernel its name. Where another build was faster, its result stays: a guest may
 * be starting from it.
 */
async function keep(finished: string, place: string, fragment: string): Promise<KernelImage> {
  const other = await kernelIn(place, fragment);
  if (other !== undefined) return other;
  // Of two that find the same damaged kernel, one moves it away.
  await rename(place, `${finished}.damaged`).catch(unlessMissing);
  try {
    await rename(finished, place);
  } catch (thrown) {
    if (!hasCode(thrown, 'ENOTEMPTY', 'EEXIST')) throw thrown;
  }
  const kernel = await kernelIn(place, fragment);
  if (kernel === undefined) throw new Error(`the kernel in ${place} is damaged; remove it`);
  return kernel;
}

const hasCode = (thrown: unknown, ...codes: readonly string[]): boolean =>
  thrown instanceof Error && 'code' in thrown && codes.includes(String(thrown.code));

function unlessMissing(thrown: unknown): void {
  if (!hasCode(thrown, 'ENOENT')) throw thrown;
}

/** The unpacked sources: as a whole, or not there. */
async function unpack({ folder, onStep, run }: Work, source: FetchedPackage): Promise<string> {
  const tree = join(folder, 'tree');
  if (existsSync(tree)) return tree;
  onStep(`unpacking ${source.name}`);
  const scratch = join(folder, 'unpacking');
  await rm(scratch, { recursive: true, force: true });
  await mkdir(scratch);
  await run('dpkg-deb', ['-x', join(folder, 'downloads', source.file), scratch]);
  const archive = join(scratch, 'usr', 'src', `${source.name}.tar.xz`);
  await run('tar', ['-xJf', archive, '-C', scratch]);
  await rename(join(scratch, source.name), tree);
  await rm(scratch, { recursive: true });
  await rm(join(folder, 'downloads'), { recursive: true });
  return tree;
}

/**
 * Runs `make` in a process group that ends with this process, however that ends: what takes the
 * work over must not meet a compiler of it.
 */
function compile(tree: string, onStep: (step: string) => void): Promise<void> {
  const script = 'trap "kill 0" TERM; make "$@" & wait $!';
  const words = [`-j${availableParallelism()}`, ...WORDS, 'bzImage', 'modules'];
  const command = ['--pdeathsig', 'TERM', 'sh', '-c', script, 'sh', ...words];
  return new Promise((resolve, reject) => {
    const child = spawn('setpriv', command, {
      cwd: tree,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, LC_ALL: 'C' },
    });
    let said = '';
    let lines = 0;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const before = Math.floor(lines / LINES_PER_STEP);
      lines += text.split('\n').length - 1;
      const after = Math.floor(lines / LINES_PER_STEP);
      if (after > before) onStep(`building: ${after * LINES_PER_STEP} files so far`);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(complaint(said)))));
  });
}

/** The first line of a failed build that says why. */
const complaint = (text: string): string =>
  text.split('\n').find((line) => /error|fatal|No space/i.test(line)) ??
  text.trim().split('\n').at(-1) ??
  'make failed without a word';

/** What is kept: the image, and what modules are built against. */
async function collect(work: Work, source: FetchedPackage, tree: string): Promise<string> {
  const { folder, fragment, run } = work;
  work.onStep('keeping what modules are built against');
  const finished = join(folder, 'finished');
  await rm(finished, { recursive: true, force: true });
  await mkdir(finished);
  const headers = join(finished, CMA_FILES.headers);
  const install = '$(srctree)/scripts/package/install-extmod-build';
  await run('make', ['-s', 'run-command', `KBUILD_RUN_COMMAND=${install} ${headers}`], tree);
  const image = join(finished, CMA_FILES.image);
  await copyFile(join(tree, 'arch', 'x86', 'boot', 'bzImage'), image);
  await copyFile(join(tree, '.config'), join(finished, CONFIGURATION));
  await copyFile(join(tree, 'System.map'), join(finished, 'System.map'));
  const [kernelCompiler = ''] = (await run('gcc', ['--version'])).split('\n');
  const manifest: CmaManifest = {
    package: source.name,
    version: source.version,
    packageSha256: source.sha256,
    fragmentSha256: fragment.sha256,
    kernelCompiler,
    imageSha256: await sha256OfFile(image),
  };
  await writeWhole(join(finished, CMA_FILES.manifest), manifest);
  return finished;
}

async function writeWhole(file: string, value: unknown): Promise<void> {
  await writeFile(`${file}.new`, `${JSON.stringify(value, null, 2)}\n`);
  await rename(`${file}.new`, file);
}
