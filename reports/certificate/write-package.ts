import { createHash } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { AllocertError, machineError, unreadable, usageError } from '../../base/errors.ts';
import { openNew, temporaryName } from '../files/new-file.ts';
import { type Bag, bagOf } from './bag.ts';
import { digestFile } from './digest-file.ts';
import {
  ATTESTATION,
  byPath,
  fileOfBytes,
  isPackagePath,
  PACKAGE_HEAD,
  type PackageFile,
  type PackageFiles,
  REQUIRED_DATA,
} from './package-files.ts';
import { readPackageHead } from './package-head.ts';
import { BLOCK, encodeHeader, paddingOf } from './ustar.ts';

/**
 * Reads the folder that is to become a package, and computes its manifest.
 *
 * @param folder holds `data/`, with exactly the files of a package
 * @throws {@link AllocertError} (machine) for a missing or unknown file, a link, or a private key
 */
export async function layOutBag(folder: string): Promise<Bag> {
  const data = new Map<string, PackageFile>();
  for (const path of pathsBelow(folder, 'data')) {
    data.set(path, await digestFile(join(folder, path), path));
  }
  const missing = REQUIRED_DATA.find((path) => !data.has(path));
  const head = data.get(PACKAGE_HEAD);
  if (missing !== undefined || head === undefined) {
    throw machineError(`${folder} lacks ${missing}, so no package can be made of it`);
  }
  return bagOf(readPackageHead(head), new Map([...data].toSorted(byPath)));
}

/** Paths of all files below a folder. @throws for what no package holds */
function pathsBelow(folder: string, below: string): string[] {
  return readdirSync(join(folder, below), { withFileTypes: true }).flatMap((entry) => {
    const path = `${below}/${entry.name}`;
    if (entry.isDirectory()) return pathsBelow(folder, path);
    if (entry.isFile() && isPackagePath(path)) return [path];
    throw machineError(`${join(folder, path)} is nothing that a package holds; remove it`);
  });
}

/**
 * Writes a package: the same files and the same envelope give the same bytes. A reader sees the
 * old file or the new one, never half of one.
 *
 * @param file where to; replaced when it exists
 * @param attestation the text of the envelope
 * @returns SHA-256 of the archive
 * @throws {@link AllocertError} when it cannot be written, or a file of the bag has changed
 */
export async function writePackage(
  file: string,
  bag: Bag,
  attestation: string,
): Promise<{ readonly sha256: string }> {
  const name = temporaryName(file);
  let descriptor: number | undefined;
  try {
    descriptor = openNew(name);
    const sha256 = await writeArchive(descriptor, bag, attestation);
    fsyncSync(descriptor);
    closeSync(descriptor);
    descriptor = undefined;
    renameSync(name, file);
    flushFolder(dirname(file));
    return { sha256 };
  } catch (thrown) {
    if (descriptor !== undefined) closeSync(descriptor);
    rmSync(name, { force: true });
    throw thrown instanceof AllocertError ? thrown : notWritten(file, thrown);
  }
}

function notWritten(file: string, thrown: unknown): Error {
  const reason = unreadable(thrown);
  if (reason === undefined) return thrown as Error;
  return usageError(`cannot write ${file}, ${reason}; name another file`);
}

/** The new name is on the disk, too, once this returns. */
function flushFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** The byte of a gzip header that names the system, and what stands there: "unknown". */
const SYSTEM_AT = 9;
const SYSTEM = 255;

async function writeArchive(descriptor: number, bag: Bag, attestation: string): Promise<string> {
  const files = new Map([...bag.files, [ATTESTATION, fileOfBytes(attestation)] as const]);
  const hash = createHash('sha256');
  const gzip = createGzip({ level: 6 });
  await pipeline(tarOf(bag, files), gzip, async (pieces: AsyncIterable<Buffer>) => {
    let at = 0;
    for await (const piece of pieces) {
      // Node names its own system; no system's own byte may make a difference.
      if (at <= SYSTEM_AT && SYSTEM_AT < at + piece.length) piece[SYSTEM_AT - at] = SYSTEM;
      at += piece.length;
      hash.update(piece);
      for (let done = 0; done < piece.length; ) done += writeSync(descriptor, piece, done);
    }
  });
  return hash.digest('hex');
}

/** An archive, piece by piece. */
async function* tarOf(bag: Bag, files: PackageFiles): AsyncGenerator<Buffer> {
  const { epoch } = bag.head;
  for (const [path, file] of [...files].toSorted(byPath)) {
    yield encodeHeader({ name: `${bag.name}/${path}`, size: file.size, epoch });
    yield* unchanged(path, file);
    yield Buffer.alloc(paddingOf(file.size));
  }
  yield Buffer.alloc(2 * BLOCK);
}

/** The content of a file whose digest is in the manifest. @throws when it has another by now */
async function* unchanged(path: string, file: PackageFile): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const piece of file.pieces()) {
    size += piece.length;
    // More than the header says would be taken for the next header.
    if (size > file.size) break;
    hash.update(piece);
    yield piece;
  }
  if (size === file.size && hash.digest('hex') === file.sha256) return;
  throw machineError(`${path} changed while the package was written; try again`);
}
