import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { machineError, messageOf } from '../../base/errors.ts';
import { packageRoot, packageVersion } from '../../base/package-root.ts';
import { parseJson } from '../../base/parse-json.ts';

/** The list of allocert's own files, which the build writes. */
export const TOOL_LIST = 'dist/tool-files.json';

/** Whether the allocert that runs is the one that was built. */
export interface ToolState {
  readonly version: string;
  /** SHA-256 of the list of its files; null where there is none. */
  readonly files: string | null;
  /** The commit that it was built from, where it was built in a checkout. */
  readonly commit: string | null;
  /** Why it counts as modified, in a sentence; empty when it does not. */
  readonly modified: string;
}

/** The content of {@link TOOL_LIST}. */
interface ToolList {
  readonly commit: string | null;
  readonly clean: boolean;
  /** SHA-256 by path inside of the package. */
  readonly files: Readonly<Record<string, string>>;
}

const REBUILD = 'build it anew from a clean checkout, or install it anew';

/**
 * Compares the installed allocert with the list that its build wrote: every listed file, and no
 * other module beside them. A checkout must also be clean, and at the commit of the build.
 *
 * The list proves that nothing changed by accident or in a hurry, and nothing against somebody who
 * writes another list: see docs/certification.md on what a certificate claims.
 *
 * @throws {@link AllocertError} (machine) when the state cannot be told
 */
export async function toolState(root: string = packageRoot()): Promise<ToolState> {
  const version = packageVersion();
  const file = join(root, TOOL_LIST);
  const unlisted = { version, files: null, commit: null };
  if (!fileURLToPath(import.meta.url).startsWith(join(root, 'dist') + sep)) {
    return { ...unlisted, modified: `it does not run from ${join(root, 'dist')}` };
  }
  if (!existsSync(file)) return { ...unlisted, modified: `there is no ${TOOL_LIST}` };
  const { commit, files, list } = readList(file);
  const modified = fileDifference(root, list) ?? (await checkoutDifference(root, list)) ?? '';
  return { version, files, commit, modified };
}

function readList(file: string): { files: string; commit: string | null; list: ToolList } {
  const text = readFileSync(file);
  const list = parseJson(text.toString('utf8')) as ToolList;
  const files = createHash('sha256').update(text).digest('hex');
  return { files, commit: list.commit, list };
}

/** The list that the build wrote, without a look at whether it still fits. */
export function builtList(root: string = packageRoot()): Pick<ToolState, 'files' | 'commit'> {
  const file = join(root, TOOL_LIST);
  if (!existsSync(file)) return { files: null, commit: null };
  const { commit, files } = readList(file);
  return { files, commit };
}

/**
 * Refuses to certify with an allocert that is not as it was built.
 *
 * @throws {@link AllocertError} (machine)
 */
export function refuseModified({ modified }: ToolState): void {
  if (modified === '') return;
  throw machineError(
    `this allocert is not as it was released: ${modified}; ${REBUILD}, or say ` +
      '--allow-modified-tool for a trial, whose package verify refuses',
  );
}

function fileDifference(root: string, { files }: ToolList): string | undefined {
  for (const [path, digest] of Object.entries(files)) {
    const file = join(root, path);
    if (!existsSync(file)) return `${path} is missing`;
    const found = createHash('sha256').update(readFileSync(file)).digest('hex');
    if (found !== digest) return `${path} has been changed`;
  }
  const stranger = modulesBelow(join(root, 'dist'))
    .map((file) => relative(root, file).split(sep).join('/'))
    .find((path) => files[path] === undefined);
  return stranger === undefined ? undefined : `${stranger} is not part of it`;
}

const modulesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.[cm]?js$/.test(entry.name))
    .map(({ name, parentPath }) => join(parentPath, name));

/** Where the package is a checkout: it must be clean, and be what was built. */
async function checkoutDifference(root: string, list: ToolList): Promise<string | undefined> {
  if (!existsSync(join(root, '.git'))) {
    return list.clean ? undefined : 'it was built from a checkout that was not clean';
  }
  const [head, status] = [
    await git(root, 'rev-parse', 'HEAD'),
    await git(root, 'status', '--porcelain'),
  ];
  const [first] = status.split('\n');
  if (first !== undefined && first !== '') return `git status is not clean (${first.trim()})`;
  if (!list.clean) return 'it was built from a checkout that was not clean; run npm run build';
  return list.commit === head.trim()
    ? undefined
    : `it was built from commit ${list.commit?.slice(0, 12)}, and the checkout is at ` +
        `${head.slice(0, 12)}; run npm run build`;
}

async function git(root: string, ...args: string[]): Promise<string> {
  try {
    return (await promisify(execFile)('git', ['-C', root, ...args])).stdout;
  } catch (thrown) {
    throw machineError(
      `git ${args[0]} failed in ${root}, so it is not known whether this allocert is modified: ` +
        `${messageOf(thrown).split('\n')[0]}; install git, or install allocert from its package`,
      thrown,
    );
  }
}
