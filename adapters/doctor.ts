import { constants } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { messageOf } from '../base/errors.ts';
import { findOnPath } from '../base/find-on-path.ts';
import { nodeHeaders } from './executor/build/build.ts';
import { knownToWork } from './vm/acceleration.ts';
import { describeKernel, type KernelState, listKernels } from './vm/list-kernels.ts';
import { findQemu } from './vm/qemu.ts';

/** Whether this machine can run a kind of target, and what each missing part needs. */
export interface Diagnosis {
  readonly scheme: string;
  readonly ready: boolean;
  /** One line for each part: what was found, or what to do about it. */
  readonly findings: readonly string[];
}

interface Finding {
  readonly found: boolean;
  readonly text: string;
  /** A part that only makes things faster or wider; without it the target still runs. */
  readonly optional?: boolean;
}

type Probe = () => Promise<Finding>;

/** Only where they are wanted: the list of kernels asks QEMU for its version. */
const probesByScheme = (): Readonly<Record<string, readonly Probe[]>> => ({
  sim: [async () => ({ found: true, text: 'built in' })],
  replay: [async () => ({ found: true, text: 'built in; needs the report of an earlier run' })],
  vm: [findEmulator, findApt, findCompiler, findKvm, ...listKernels().map(kernelProbe)],
  native: [findCompiler, findAddonParts, findNodes],
  remote: [async () => ({ found: true, text: REMOTE })],
});

const REMOTE = 'built in; needs a daemon or an agent elsewhere, see docs/remote.md';

/** Looks at this machine. Nothing is started or changed. */
export async function diagnose(): Promise<readonly Diagnosis[]> {
  return Promise.all(
    Object.entries(probesByScheme()).map(async ([scheme, probes]) => {
      const findings = await Promise.all(probes.map((probe) => probe()));
      const ready = findings.every(({ found, optional }) => found || optional === true);
      return { scheme, ready, findings: findings.map(({ text }) => text) };
    }),
  );
}

async function findEmulator(): Promise<Finding> {
  try {
    const { program, version } = findQemu();
    return { found: true, text: `QEMU ${version}: ${program}` };
  } catch (thrown) {
    return { found: false, text: messageOf(thrown) };
  }
}

async function findApt(): Promise<Finding> {
  const programs = ['apt-get', 'dpkg-deb'].map(findOnPath);
  if (!programs.includes(undefined)) return { found: true, text: 'apt-get and dpkg-deb' };
  return {
    found: false,
    optional: true,
    text: 'apt-get or dpkg-deb is missing: vm:debian needs Debian; other kernels work by ?kernel=',
  };
}

async function findCompiler(): Promise<Finding> {
  for (const program of ['musl-gcc', 'cc']) {
    const file = findOnPath(program);
    if (file !== undefined) return { found: true, text: `C compiler for the agent: ${file}` };
  }
  return { found: false, text: 'no C compiler for the agent: apt-get install musl-tools' };
}

async function findKvm(): Promise<Finding> {
  const usable = await accessible('/dev/kvm', constants.R_OK | constants.W_OK);
  if (!usable) return { found: false, optional: true, text: NO_KVM };
  const works = knownAnswerOfKvm();
  return { found: works !== false, optional: true, text: wordsOfKvm(works) };
}

/** Whether a run found that guests start under KVM; undefined before any has tried. */
function knownAnswerOfKvm(): boolean | undefined {
  try {
    return knownToWork(findQemu());
  } catch {
    return undefined; // There is no QEMU, of which another line tells.
  }
}

/** A kernel that this machine cannot boot is no fault of the others. */
function kernelProbe(state: KernelState): Probe {
  const found = state.missing.length + state.missingForModules.length === 0;
  return async () => ({ found, optional: true, text: describeKernel(state) });
}

function wordsOfKvm(works: boolean | undefined): string {
  if (works === undefined) return '/dev/kvm can be opened; a run probes whether it works';
  if (works) return '/dev/kvm: guests start under KVM';
  return '/dev/kvm can be opened, but no guest starts under it: they are emulated, which is slower';
}

const NO_KVM = 'no usable /dev/kvm: kernels run emulated, which is slower and works the same';

/** Libraries and the addon need the compiler that the machine's own programs are built with. */
async function findAddonParts(): Promise<Finding> {
  const optional = true;
  const compiler = findOnPath('cc');
  if (compiler === undefined) {
    return {
      found: false,
      optional,
      text: 'no cc for libraries and ?mode=in-process: install gcc',
    };
  }
  try {
    return { found: true, text: `libraries and ?mode=in-process: ${compiler}, ${nodeHeaders()}` };
  } catch (thrown) {
    return { found: false, optional, text: messageOf(thrown) };
  }
}

const NO_NODES =
  'no /dev/cma*, /dev/dma_heap or /dev/udmabuf here; libraries work: native:./LIBRARY.so';

/** Device nodes that hand out dma-bufs. */
async function findNodes(): Promise<Finding> {
  const devices = await namesIn('/dev');
  const heaps = (await namesIn('/dev/dma_heap')).map((name) => `dma_heap/${name}`);
  const others = devices.filter((name) => name === 'udmabuf' || /^cma\d+$/.test(name));
  const nodes = [...others, ...heaps].map((name) => `/dev/${name}`);
  if (nodes.length > 0) return { found: true, text: `device nodes: ${nodes.join(', ')}` };
  return { found: false, optional: true, text: NO_NODES };
}

const accessible = (file: string, mode: number): Promise<boolean> =>
  access(file, mode).then(
    () => true,
    () => false,
  );

const namesIn = (folder: string): Promise<readonly string[]> => readdir(folder).catch(() => []);
