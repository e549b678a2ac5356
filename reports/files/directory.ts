import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { AllocertError, machineError, messageOf, usageError } from '../../base/errors.ts';
import { makeDirectory } from '../../base/make-directory.ts';
import { isLockName } from './lock-name.ts';
import { isTemporary, probeBeside, removeTemporary } from './new-file.ts';

/** Names of the files in a report directory. */
export const REPORT_FILES = {
  journal: 'journal.ndjson',
  record: 'record.json',
  evidence: 'evidence.ndjson',
  junit: 'junit.xml',
  tap: 'report.tap',
  html: 'report.html',
  statement: 'statement.json',
  claims: 'claims.json',
} as const;

/**
 * Makes sure that a report can be written into a directory, before the target is started. It is
 * created when missing; an earlier report in it stays until {@link clearReport}.
 *
 * @param mark the file by which a directory is known to be allocert's
 * @throws {@link AllocertError} (usage) when it cannot be written, or holds files but no report
 */
export function prepareDirectory(directory: string, mark: string = REPORT_FILES.journal): void {
  const names = withDirectoryErrors(directory, () => {
    makeDirectory(resolve(directory));
    probeBeside(join(directory, mark));
    // What a kill left of a file that had no name yet is no file of anybody's.
    return readdirSync(directory).filter((name) => !isTemporary(name) && !isLockName(name));
  });
  if (names.length === 0 || names.includes(mark)) return;
  throw usageError(
    `${directory} holds files but no report of allocert, so nothing is written there; ` +
      'name an empty or a new directory with --out',
  );
}

/**
 * Makes sure of the same as {@link prepareDirectory} and leaves no directory behind: what is
 * refused afterwards would leave an empty one, which looks like a report that was lost.
 *
 * @throws {@link AllocertError} as {@link prepareDirectory} does
 */
export function checkDirectory(directory: string): void {
  const made: string[] = [];
  for (let path = resolve(directory); !existsSync(path); path = dirname(path)) made.push(path);
  prepareDirectory(directory);
  for (const path of made) {
    if (readdirSync(path).length > 0) return;
    withDirectoryErrors(directory, () => rmdirSync(path));
  }
}

/** Removes an earlier report, and nothing that allocert did not write. */
export function clearReport(directory: string): void {
  withDirectoryErrors(directory, () => {
    removeTemporary(directory);
    for (const name of Object.values(REPORT_FILES)) rmSync(join(directory, name), { force: true });
  });
}

/** Whether a directory holds a report. */
export const holdsReport = (directory: string): boolean =>
  existsSync(join(directory, REPORT_FILES.journal));

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is a file, not a directory',
  EEXIST: 'something else takes the name at the same moment',
  ELOOP: 'one of the report’s names is taken by a link, and links are not followed',
  EISDIR: 'one of the report’s names is taken by a directory',
  ENOENT: 'the path does not exist and cannot be created',
  ENAMETOOLONG: 'the name is too long',
};

/** Does something to a report directory and turns what goes wrong into a sentence. */
export function withDirectoryErrors<T>(directory: string, action: () => T): T {
  try {
    return action();
  } catch (thrown) {
    throw thrown instanceof AllocertError ? thrown : directoryError(directory, thrown);
  }
}

function directoryError(directory: string, thrown: unknown): Error {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const sentence = `the disk is full, so the report in ${directory} cannot be written`;
    return machineError(`${sentence}; free some space or name another disk with --out`, thrown);
  }
  const reason = REASONS[code];
  if (reason === undefined) {
    return machineError(`cannot write a report to ${directory}: ${messageOf(thrown)}`, thrown);
  }
  return usageError(
    `cannot write a report to ${directory}: ${reason}; name another directory with --out`,
  );
}
