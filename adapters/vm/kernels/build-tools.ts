import { existsSync } from 'node:fs';
import { machineError } from '../../../base/errors.ts';
import { findOnPath } from '../../../base/find-on-path.ts';

/** What a build of the kernel needs: a program or a header, and Debian's package with it. */
interface Needed {
  readonly name: string;
  readonly package: string;
}

const PROGRAMS: readonly Needed[] = [
  { name: 'apt-get', package: 'apt' },
  { name: 'dpkg-deb', package: 'dpkg' },
  { name: 'tar', package: 'tar' },
  { name: 'xz', package: 'xz-utils' },
  { name: 'make', package: 'make' },
  { name: 'gcc', package: 'gcc' },
  { name: 'flex', package: 'flex' },
  { name: 'bison', package: 'bison' },
  { name: 'bc', package: 'bc' },
  { name: 'perl', package: 'perl' },
  { name: 'setpriv', package: 'util-linux' },
];
const HEADER: Needed = { name: 'gelf.h', package: 'libelf-dev' };

/** Where compilers look for headers; the last one is read from the environment as gcc does. */
const headerFolders = (): readonly string[] => [
  '/usr/include',
  '/usr/local/include',
  ...(process.env.CPATH ?? '').split(':').filter((folder) => folder !== ''),
];

/** Packages of Debian that this machine lacks for building a kernel. */
export function missingBuildTools(): readonly string[] {
  const programs = PROGRAMS.filter(({ name }) => findOnPath(name) === undefined);
  const header = headerFolders().some((folder) => existsSync(`${folder}/${HEADER.name}`));
  return [...programs, ...(header ? [] : [HEADER])].map((one) => one.package);
}

/** @throws {@link AllocertError} naming the packages that this machine lacks for a build */
export function checkBuildTools(): void {
  const missing = missingBuildTools();
  if (missing.length === 0) return;
  throw machineError(
    `building a kernel needs what this machine lacks; install ${missing.join(', ')} (Debian)`,
  );
}
