import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { AllocertError, messageOf, usageError } from '../base/errors.ts';
import { makeDirectory } from '../base/make-directory.ts';
import { meant } from '../base/nearest.ts';
import { probeBeside } from './files/new-file.ts';
import { Replacement } from './files/replace-file.ts';
import { ctrfPieces } from './formats/ctrf.ts';
import { formatGithub } from './formats/github.ts';
import { htmlPage } from './formats/html/page.ts';
import { transcriptsOf } from './formats/html/transcripts.ts';
import { junitPieces } from './formats/junit.ts';
import { formatKcidb } from './formats/kcidb.ts';
import { type KcidbIds, kcidbIds } from './formats/kcidb-ids.ts';
import { formatMarkdown } from './formats/markdown.ts';
import { tapPieces } from './formats/tap.ts';
import type { RunRecord } from './record/record.ts';
import { recordPieces } from './record/record-text.ts';

/** A view of the record, as text or in pieces; the evidence of its cases is in the folders. */
export type Format = (
  record: RunRecord,
  folders: readonly string[],
  kcidb?: KcidbIds,
) => string | Iterable<string>;

/** Every format that `--reporter` knows. */
export const REPORTERS: Readonly<Record<string, Format>> = {
  tap: tapPieces,
  json: recordPieces,
  junit: junitPieces,
  ctrf: ctrfPieces,
  markdown: formatMarkdown,
  github: formatGithub,
  kcidb: (record, _folders, ids) => formatKcidb(record, ids ?? kcidbIds({})),
  html: (record, folders) => htmlPage({ record, transcriptOf: transcriptsOf(record, folders) }),
};

/** A format and where it goes; the path `-` is standard output. */
export interface Reporter {
  readonly name: string;
  readonly path: string;
  /** Ids for the format `kcidb`. */
  readonly kcidb?: KcidbIds;
}

/**
 * Reads `--reporter name=path` and makes the folders, so that a mistake shows before the target
 * is started.
 *
 * @throws {@link AllocertError} (usage) for an unknown format or a path that cannot be a file
 */
export function parseReporters(
  given: readonly string[],
  kcidb: KcidbIds = kcidbIds({}),
): readonly Reporter[] {
  const reporters = given.map((text) => ({ ...parseReporter(text), kcidb }));
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
    const known = Object.keys(REPORTERS);
    throw usageError(
      `there is no reporter "${name}"; choose one of ${known.join(', ')}${meant(name, known)}`,
    );
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
    probeBeside(path);
  });
}

/**
 * Writes the record in every format asked for.
 *
 * @param folders where the evidence of its cases is
 * @throws {@link AllocertError} (usage) when a file cannot be written
 */
export function writeReporters(
  record: RunRecord,
  folders: readonly string[],
  reporters: readonly Reporter[],
): void {
  for (const { name, path, kcidb } of reporters) {
    const pieces = REPORTERS[name]?.(record, folders, kcidb) ?? '';
    if (path === '-') print(pieces);
    else attemptFile(path, () => replace(path, pieces));
  }
}

/** Characters of one write: a terminal or a pipe is not asked for every piece. */
const WRITE_CHARACTERS = 1 << 16;

function print(pieces: string | Iterable<string>): void {
  let waiting = '';
  for (const piece of typeof pieces === 'string' ? [pieces] : pieces) {
    waiting += piece;
    if (waiting.length < WRITE_CHARACTERS) continue;
    process.stdout.write(waiting);
    waiting = '';
  }
  process.stdout.write(waiting);
}

function replace(path: string, pieces: string | Iterable<string>): void {
  const file = new Replacement(path);
  try {
    file.writeAll(pieces);
    file.commit();
  } finally {
    file.abandon();
  }
}

function attemptFile(path: string, action: () => void): void {
  try {
    action();
  } catch (thrown) {
    if (thrown instanceof AllocertError) throw thrown;
    throw usageError(`cannot write ${path}: ${messageOf(thrown)}; name another path`);
  }
}
