import { machineError, messageOf } from '../../../base/errors.ts';
import {
  type Archive,
  machineArchive,
  type PackageArchitecture,
  privateArchive,
  type Suite,
} from './archive.ts';
import {
  compareNumbers,
  isOfVersion,
  type KernelRelease,
  newestOf,
  releaseOf,
} from './kernel-release.ts';
import type { ProgramRunner } from './program-runner.ts';

/** Where kernels are looked for beside the machine's own suites, in this order. */
const SUITES: readonly Suite[] = [
  { name: 'bookworm', security: 'bookworm-security' },
  { name: 'trixie', security: 'trixie-security' },
  { name: 'trixie-backports' },
  { name: 'sid' },
];

/** The suite whose libraries programs of a suite are linked with, where it is another one. */
const LIBRARY_SUITES: Readonly<Record<string, string>> = { 'trixie-backports': 'trixie' };

/** The kernel that is wanted. */
export interface WantedKernel {
  readonly architecture: PackageArchitecture;
  /** Debian's name of the configuration, such as `arm64-16k`. */
  readonly flavour: string;
  /** As in the URL: `7.3`, `6.12.117`. */
  readonly version: string;
}

/** A kernel that an archive has. */
export interface FoundKernel {
  readonly release: KernelRelease;
  /** Of the kernel's architecture. */
  readonly archive: Archive;
  /** Names of that archive. */
  readonly names: ReadonlySet<string>;
  /** Of this machine's architecture: the programs that modules are built with. */
  tools(): Promise<Archive>;
  /** Of this machine's architecture: the libraries that those are linked with. */
  libraries(): Promise<Archive>;
}

/** Debian's name for the architecture of this machine. */
const OWN: Readonly<Partial<Record<string, PackageArchitecture>>> = {
  x64: 'amd64',
  arm64: 'arm64',
};

/**
 * The newest kernel of that version in the first suite that has one: the machine's own first, as far
 * as its packages are for this kernel, then the others.
 *
 * @throws {@link AllocertError} when no suite has one, with the versions that there are
 */
export async function findRelease(wanted: WantedKernel, run: ProgramRunner): Promise<FoundKernel> {
  const failures: string[] = [];
  const seen: KernelRelease[] = [];
  for (const source of sourcesFor(wanted, run)) {
    try {
      const { archive, names } = await source.open();
      const releases = [...names].flatMap((name) => releaseOf(name, wanted.flavour) ?? []);
      seen.push(...releases);
      const release = newestOf(releases.filter((one) => isOfVersion(one, wanted.version)));
      if (release !== undefined) return { ...source.others, release, archive, names };
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') throw thrown;
      failures.push(messageOf(thrown).trim().split('\n').at(-1) ?? '');
    }
  }
  const versions = versionsOf(seen);
  const there = versions.length === 0 ? '' : `; there is ${versions.join(', ')}`;
  const failed = failures.length === 0 ? '' : ` (${failures.join('; ')})`;
  throw machineError(
    `Debian's archive has no kernel ${wanted.version} of flavour ${wanted.flavour}${there}${failed}`,
  );
}

interface Source {
  open(): Promise<{ readonly archive: Archive; readonly names: ReadonlySet<string> }>;
  readonly others: Pick<FoundKernel, 'tools' | 'libraries'>;
}

function sourcesFor(wanted: WantedKernel, run: ProgramRunner): readonly Source[] {
  const own = OWN[process.arch] ?? 'amd64';
  const suites = SUITES.map((suite): Source => {
    const opened = async (architecture: PackageArchitecture, name = suite.name): Promise<Archive> =>
      privateArchive(SUITES.find((one) => one.name === name) ?? suite, architecture, run);
    return {
      open: async () => {
        const archive = await opened(wanted.architecture);
        return { archive, names: await archive.names() };
      },
      others: {
        tools: () => opened(own),
        libraries: () => opened(own, LIBRARY_SUITES[suite.name]),
      },
    };
  });
  if (wanted.architecture !== own) return suites;
  const machine = machineArchive(run);
  const others = { tools: async () => machine, libraries: async () => machine };
  return [{ open: () => openMachine(machine, wanted), others }, ...suites];
}

/** The machine's lists are fetched only where they know no such kernel: they may be empty or old. */
async function openMachine(archive: Archive, wanted: WantedKernel): ReturnType<Source['open']> {
  const names = await archive.names();
  const isKnown = [...names].some((name) => {
    const release = releaseOf(name, wanted.flavour);
    return release !== undefined && isOfVersion(release, wanted.version);
  });
  const has = names.has(`linux-image-${wanted.flavour}`);
  if (isKnown || has) return { archive, names };
  await archive.update();
  return { archive, names: await archive.names() };
}

/** Versions of some kernels, such as `7.3`, the newest first. */
function versionsOf(releases: readonly KernelRelease[]): string[] {
  const sorted = releases.toSorted((one, other) => compareNumbers(other.numbers, one.numbers));
  return [...new Set(sorted.map(({ numbers }) => numbers.slice(0, 2).join('.')))];
}
