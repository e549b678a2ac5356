import { existsSync, readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { messageOf, usageError } from '../adapters/contract/errors.ts';
import { makeDirectory } from '../adapters/contract/make-directory.ts';
import { REPORT_FILES, temporary } from './directory.ts';
import { formatCtrf } from './formats/ctrf.ts';
import { formatGithub } from './formats/github.ts';
import { formatJunit } from './formats/junit.ts';
import { formatMarkdown } from './formats/markdown.ts';
import { formatTap } from './formats/tap.ts';
import type { RunRecord } from './record.ts';
import { recordText } from './write.ts';

/** Every format that `--reporter` knows: a view of the record, whose report is in a directory. */
export const REPORTERS: Readonly<Record<string, (record: RunRecord, directory: string) => string>> =
  {
    tap: formatTap,
    json: recordText,
    junit: formatJunit,
    ctrf: formatCtrf,
    markdown: formatMarkdown,
    github: formatGithub,
    // The page in the report's folder, since it alone shows evidence.
    html: (_record, directory) => readFileSync(join(directory, REPORT_FILES.html), 'utf8'),
  };

/** A format and where it goes; the path `-` is standard output. */
export interface Reporter {
  readonly name: string;
  readonly path: string;
}

/**
 * Reads `--reporter name=path` and makes the folders, so that a mistake shows before the target
 * is started.
 *
 * @throws {@link AllocertError} (usage) for an unknown format or a path that cannot be a file
 */
export function parseReporters(given: readonly string[]): readonly Reporter[] {
  const reporters = given.map(parseReporter);
  const paths = reporters.map(({ path }) => (path === '-' ? path : resolve(path)));
  const twice = paths.find((path, index) => paths.indexOf(path) !== index);
  if (twice !== undefined) {
    throw usageError(`two reporters write to ${twice}; give each --reporter its own path`);
  }
  return reporters;
}

function parseReporter(text: string): Reporter {
  const at = text.indexOf('=');
  const name = at < 0 ? text : text.slice(0, at);
  const path = at < 0 ? '' : text.slice(at + 1);
  if (!Object.hasOwn(REPORTERS, name)) {
    const known = Object.keys(REPORTERS).join(', ');
    throw usageError(`there is no reporter "${name}"; choose one of ${known}`);
  }
  if (path === '') {
    throw usageError(`--reporter ${name} has no path; write --reporter ${name}=FILE, or =-`);
  }
  if (path !== '-') prepareFile(path);
  return { name, path };
}

function prepareFile(path: string): void {
  if (existsSync(path) && !statSync(path).isFile()) {
    throw usageError(
      `${path} is not a file; name another path for --reporter, or - for the output`,
    );
  }
  attemptFile(path, () => {
    makeDirectory(dirname(resolve(path)));
    writeFileSync(temporary(path), '');
    unlinkSync(temporary(path));
  });
}

/**
 * Writes the record in every format asked for.
 *
 * @param directory where the record's own report is
 * @throws {@link AllocertError} (usage) when a file cannot be written
 */
export function writeReporters(
  record: RunRecord,
  directory: string,
  reporters: readonly Reporter[],
): void {
  for (const { name, path } of reporters) {
    const text = REPORTERS[name]?.(record, directory) ?? '';
    if (path === '-') process.stdout.write(text);
    else attemptFile(path, () => replace(path, text));
  }
}

function replace(path: string, text: string): void {
  writeFileSync(temporary(path), text, { flush: true });
  renameSync(temporary(path), path);
}

function attemptFile(path: string, action: () => void): void {
  try {
    action();
  } catch (thrown) {
    throw usageError(`cannot write ${path}: ${messageOf(thrown)}; name another path`);
  }
}
