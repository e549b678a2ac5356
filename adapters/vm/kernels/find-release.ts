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
  /** Whether the lists that are here named packages that are gone: all are fetched again. */
  readonly stale?: boolean;
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
      const archive = await source.open();
      const names = await archive.names();
      const releases = [...names].flatMap((name) => releaseOf(name, wanted.flavour) ?? []);
      seen.push(...releases);
      const release = newestOf(releases.filter((one) => isOfVersion(one, wanted.version)));
      if (release !== undefined) return { ...source.others, release, archive, names };
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') throw thrown;
      failures.push(`${source.name}: ${messageOf(thrown).trim().split('\n').at(-1)}`);
    }
  }
  if (seen.length === 0 && failures.length > 0) {
    throw machineError(
      `Debian's list of kernels cannot be fetched (${failures.join('; ')}); mend apt's network or ` +
        'mirror, or give a kernel of your own: vm:/dev/…?kernel=bzImage',
    );
  }
  const versions = versionsOf(seen);
  const there = versions.length === 0 ? '' : `; there is ${versions.join(', ')}`;
  const failed = failures.length === 0 ? '' : ` (${failures.join('; ')})`;
  throw machineError(
    `Debian's archive has no kernel ${wanted.version} of flavour ${wanted.flavour}${there}${failed}` +
      '; name one of those, or an image of your own: vm:/dev/…?kernel=bzImage',
  );
}

interface Source {
  readonly name: string;
  open(): Promise<Archive>;
  readonly others: Pick<FoundKernel, 'tools' | 'libraries'>;
}

function sourcesFor(wanted: WantedKernel, run: ProgramRunner): readonly Source[] {
  const own = OWN[process.arch] ?? 'amd64';
  const suites = SUITES.map((suite): Source => {
    const opened = async (architecture: PackageArchitecture, name = suite.name): Promise<Archive> =>
      privateArchive(
        SUITES.find((one) => one.name === name) ?? suite,
        architecture,
        run,
        wanted.stale === true,
      );
    return {
      name: suite.name,
      open: () => opened(wanted.architecture),
      others: {
        tools: () => opened(own),
        libraries: () => opened(own, LIBRARY_SUITES[suite.name]),
      },
    };
  });
  if (wanted.architecture !== own || wanted.stale === true) return suites;
  const machine = machineArchive(run);
  const others = { tools: async () => machine, libraries: async () => machine };
  return [{ name: machine.suite, open: async () => machine, others }, ...suites];
}

/** Versions of some kernels, such as `7.3`, the newest first. */
function versionsOf(releases: readonly KernelRelease[]): string[] {
  const sorted = releases.toSorted((one, other) => compareNumbers(other.numbers, one.numbers));
  return [...new Set(sorted.map(({ numbers }) => numbers.slice(0, 2).join('.')))];
}
