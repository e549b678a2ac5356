import { existsSync, statSync } from 'node:fs';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, fillCache, sha256OfFile } from '../../../base/cache.ts';
import { machineError } from '../../../base/errors.ts';
import { type ProgramRunner, retried } from './program-runner.ts';

/** Debian's names for architectures of packages. */
export type PackageArchitecture = 'amd64' | 'arm64' | 'armhf';

/** A package that was fetched, with the digest that the signed index states. */
export interface FetchedPackage {
  readonly name: string;
  readonly version: string;
  readonly file: string;
  readonly sha256: string;
}

/** Package lists that apt trusts, and what they list. */
export interface Archive {
  /** The suite, for sentences and records. */
  readonly suite: string;
  /** Names of all packages. */
  names(): Promise<ReadonlySet<string>>;
  /**
   * Fetches a package into a folder.
   *
   * @throws {@link Error} where it cannot be had, or is not the one that the index describes
   */
  fetch(name: string, folder: string): Promise<FetchedPackage>;
}

/** The lists of the machine itself, as they are, for packages of its own architecture. */
export const machineArchive = (run: ProgramRunner): Archive =>
  archiveOf('the suites of this machine', [], run);

/** Hours after which private lists are fetched again when something is fetched. */
const FRESH_HOURS = 24;
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
/** Debian's public archive, for machines that have no mirror of their own. */
const PUBLIC_ARCHIVE = 'http://deb.debian.org/debian';

/** A release of Debian that packages come from. */
export interface Suite {
  readonly name: string;
  /** The suite of its security updates, which are in an archive of their own. */
  readonly security?: string;
}

/**
 * Lists of a suite that the machine need not be configured for: they lie in the cache, come from
 * the machine's own mirror, and are trusted by Debian's keyring. Nothing of the machine is changed.
 *
 * @param stale whether lists of today are fetched again, too
 * @throws {@link AllocertError} when there is no keyring
 */
export async function privateArchive(
  suite: Suite,
  architecture: PackageArchitecture,
  run: ProgramRunner,
  stale: boolean,
): Promise<Archive> {
  if (!existsSync(KEYRING)) {
    throw machineError(`${KEYRING} is not there; install debian-archive-keyring`);
  }
  const folder = join(cacheFolder(), 'apt', `${suite.name}-${architecture}`);
  if (stale || !isFresh(join(folder, 'sources.list'))) {
    const sources = sourcesOf(suite, architecture, await mirrorOf(run));
    await fillCache(folder, (scratch) => fetchLists(scratch, sources, architecture, run));
  }
  return archiveOf(suite.name, privateOptions(folder, architecture), run);
}

/** Where one of several lists cannot be had, the others still serve. */
async function fetchLists(
  folder: string,
  sources: string,
  architecture: PackageArchitecture,
  run: ProgramRunner,
): Promise<void> {
  await writeFile(join(folder, 'sources.list'), sources);
  await mkdir(join(folder, 'state', 'lists', 'partial'), { recursive: true });
  await mkdir(join(folder, 'cache', 'archives', 'partial'), { recursive: true });
  const words = [...privateOptions(folder, architecture), 'update', '-q', '--error-on=any'];
  const failure = await retried(() => run('apt-get', words)).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const lists = await readdir(join(folder, 'state', 'lists'));
  if (lists.some((name) => /_Packages(\.\w+)?$/.test(name))) {
    // Where some are missing, these serve now, and are fetched again the next time.
    if (failure !== undefined) await utimes(join(folder, 'sources.list'), 0, 0);
    return;
  }
  throw failure ?? new Error('apt-get update fetched no list');
}

function isFresh(file: string): boolean {
  const written = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  return written !== undefined && Date.now() - written < FRESH_HOURS * 3_600_000;
}

function privateOptions(folder: string, architecture: PackageArchitecture): string[] {
  const settings = [
    `Dir::Etc::sourcelist=${join(folder, 'sources.list')}`,
    'Dir::Etc::sourceparts=/dev/null',
    'Dir::Etc::preferences=/dev/null',
    'Dir::Etc::preferencesparts=/dev/null',
    `Dir::State=${join(folder, 'state')}`,
    'Dir::State::status=/dev/null',
    `Dir::Cache=${join(folder, 'cache')}`,
    `APT::Architecture=${architecture}`,
    `APT::Architectures=${architecture}`,
    'Acquire::Languages=none',
    // The cache is the user's own, where apt's helper user may not write.
    'APT::Sandbox::User=root',
  ];
  return settings.flatMap((setting) => ['-o', setting]);
}

interface Mirror {
  readonly main: string;
  readonly security: string;
}

/** Where this machine fetches Debian's packages from. */
async function mirrorOf(run: ProgramRunner): Promise<Mirror> {
  const words = ['indextargets', '--format', '$(ORIGIN) $(LABEL) $(SITE)', 'Created-By: Packages'];
  const lines = (await run('apt-get', words)).split('\n');
  const site = (label: string): string | undefined =>
    lines.map((line) => new RegExp(`^Debian ${label} (\\S+)$`).exec(line)?.[1]).find(Boolean);
  const main = site('Debian') ?? PUBLIC_ARCHIVE;
  return { main, security: site('Debian-Security') ?? `${main.replace(/\/$/, '')}-security` };
}

function sourcesOf(suite: Suite, architecture: PackageArchitecture, mirror: Mirror): string {
  const line = (site: string, name: string): string =>
    `deb [arch=${architecture} signed-by=${KEYRING}] ${site} ${name} main\n`;
  const { name, security } = suite;
  return line(mirror.main, name) + (security === undefined ? '' : line(mirror.security, security));
}

const archiveOf = (suite: string, options: readonly string[], run: ProgramRunner): Archive => ({
  suite,
  names: async () => new Set((await run('apt-cache', [...options, 'pkgnames'])).split('\n')),
  fetch: (name, folder) => fetchPackage({ name, folder, options, run }),
});

interface Wanted {
  readonly name: string;
  readonly folder: string;
  readonly options: readonly string[];
  readonly run: ProgramRunner;
}

async function fetchPackage({ name, folder, options, run }: Wanted): Promise<FetchedPackage> {
  const shown = await run('apt-cache', [...options, 'show', name]);
  const before = new Set(await readdir(folder));
  await retried(() => run('apt-get', [...options, 'download', '-q', name], folder));
  const arrived = (await readdir(folder)).filter((entry) => !before.has(entry));
  const file = arrived.find((entry) => entry.endsWith('.deb'));
  if (file === undefined) throw new Error(`apt-get download left no package ${name}`);
  const sha256 = await sha256OfFile(join(folder, file));
  const stanza = shown.split('\n\n').find((text) => text.includes(sha256));
  if (stanza === undefined) throw new Error(`${file} has not the digest that apt's index states`);
  return { name, version: /^Version: (.+)$/m.exec(stanza)?.[1] ?? '', file, sha256 };
}
