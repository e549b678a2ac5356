import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * How files come to be in folders that others may have prepared: nobody knows the name of a file
 * before it is whole, and a link that lies where one belongs is never followed.
 */

const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR, O_WRONLY } = constants;

const END = '.allocert-tmp';
const NAME = /^\.[0-9a-f]{16}\.allocert-tmp$/;

/** A name beside a file, which nobody can know before. */
export const temporaryName = (file: string): string =>
  join(dirname(file), `.${randomBytes(8).toString('hex')}${END}`);

/** Whether a kill has left a file with this name before it had its own. */
export const isTemporary = (name: string): boolean => NAME.test(name);

/**
 * Removes what a kill left of files that had no name yet. Only for a folder that nobody else writes
 * to: the file of another process is whole a moment later.
 *
 * @throws what the file system throws
 */
export function removeTemporary(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (isTemporary(name)) rmSync(join(folder, name), { force: true });
  }
}

/**
 * Opens a file that does not exist yet, not even as a link, to write behind its end: whatever
 * others make of it meanwhile, no hole is left.
 *
 * @throws what `open` throws
 */
export const openNew = (file: string): number =>
  openSync(file, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW, 0o666);

/**
 * Opens a file to read it and to write behind its end. It is made where there is none.
 *
 * @throws what `open` throws; ELOOP where a link lies
 */
export const openToAppend = (file: string): number =>
  openSync(file, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW, 0o666);

/**
 * Gives a file its content: a reader sees the old one or the new one, never half of one. A link
 * that lies there is replaced, and what it leads to is left alone.
 *
 * @throws what the file system throws
 */
export function putFile(file: string, text: string): void {
  const name = temporaryName(file);
  const descriptor = openNew(name);
  try {
    writeFileSync(descriptor, text, { flush: true });
    closeSync(descriptor);
    renameSync(name, file);
  } catch (thrown) {
    rmSync(name, { force: true });
    throw thrown;
  }
}

/** Makes sure that a file can be made in the folder of another. @throws what `open` throws */
export function probeBeside(file: string): void {
  const name = temporaryName(file);
  closeSync(openNew(name));
  rmSync(name);
}
