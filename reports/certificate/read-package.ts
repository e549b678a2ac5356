import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, readdirSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { unreadable, usageError } from '../../base/errors.ts';
import { openNew } from '../files/new-file.ts';
import { ArchiveBytes } from './archive-bytes.ts';
import { type Bag, bagOf } from './bag.ts';
import { checkBag } from './check-bag.ts';
import { EntryRules, type PackageLimits } from './entry-rules.ts';
import {
  ATTESTATION,
  fileOnDisk,
  PACKAGE_HEAD,
  type PackageFile,
  type PackageFiles,
  requiredFiles,
} from './package-files.ts';
import { readPackageHead } from './package-head.ts';
import { type PackageRefusal, refusedPackage } from './refusal.ts';
import { BLOCK, decodeHeader, isPlainHeader, paddingOf, type RawHeader } from './ustar.ts';

/** A package that was taken apart. What its files say is still to be checked. */
export interface UnpackedPackage extends Bag {
  /** Where its files lie, by their paths inside of the package. */
  readonly folder: string;
  /** The text of its envelope. */
  readonly attestation: string;
}

/** What no package of allocert comes near. */
export const PACKAGE_LIMITS: PackageLimits = {
  entries: 2000,
  fileBytes: 2 ** 30,
  totalBytes: 3 * 2 ** 30,
  ratio: 200,
  ratioFreeBytes: 2 ** 26,
};

/** Bytes of the largest envelope. */
const ATTESTATION_BYTES = 2 ** 22;

/**
 * Takes a package apart that anybody may have made. Only files that packages have, with sizes that
 * packages have, reach the disk; their list, the manifests and the head agree afterwards.
 *
 * @param into an empty folder; what is in it after a refusal is to be removed
 * @throws {@link PackageRefusal} for whatever is no package
 * @throws {@link AllocertError} (usage) when the file cannot be read
 */
export async function unpackPackage(
  file: string,
  into: string,
  limits: PackageLimits = PACKAGE_LIMITS,
): Promise<UnpackedPackage> {
  if (readdirSync(into).length > 0) throw new Error(`${into} is not empty`);
  const archive = openArchive(file);
  try {
    const rules = new EntryRules(limits, archive.fileBytes);
    const found = new Map<string, PackageFile>();
    for (;;) {
      const block = await nextHeader(archive);
      if (block === undefined) break;
      const header = headerIn(block);
      const path = rules.admit(header);
      // Whatever has a reason of its own was refused for that before.
      if (!isPlainHeader(block, header)) throw notPlain(path);
      found.set(path, await putEntry(archive, header, into, path));
    }
    await archive.end();
    return packageOf(into, rules, found);
  } finally {
    archive.close();
  }
}

function openArchive(file: string): ArchiveBytes {
  try {
    return new ArchiveBytes(file);
  } catch (thrown) {
    const reason = unreadable(thrown);
    if (reason === undefined) throw thrown;
    throw usageError(`${file} cannot be read, ${reason}; name a package`);
  }
}

/** The block of the next header; undefined at the end, which is two blocks of zeros. */
async function nextHeader(archive: ArchiveBytes): Promise<Buffer | undefined> {
  const block = await archive.take(BLOCK);
  if (!isZero(block)) return block;
  if (isZero(await archive.take(BLOCK))) return undefined;
  throw refusedPackage('header-odd', 'an empty block stands between the entries of the archive');
}

function headerIn(block: Buffer): RawHeader {
  const header = decodeHeader(block);
  if (header !== undefined) return header;
  throw refusedPackage('not-tar', 'a header in the archive is not a header of tar');
}

const notPlain = (path: string): PackageRefusal =>
  refusedPackage('header-odd', `the header of ${path} is not as packages have it`);

const isZero = (block: Buffer): boolean => block.every((byte) => byte === 0);

/** Writes the content of an entry, and computes its digest. */
async function putEntry(
  archive: ArchiveBytes,
  { size }: RawHeader,
  into: string,
  path: string,
): Promise<PackageFile> {
  const file = join(into, path);
  mkdirSync(dirname(file), { recursive: true });
  const descriptor = openNew(file);
  const hash = createHash('sha256');
  try {
    for await (const piece of archive.stream(size)) {
      hash.update(piece);
      for (let done = 0; done < piece.length; ) done += writeSync(descriptor, piece, done);
    }
  } finally {
    closeSync(descriptor);
  }
  if (!isZero(await archive.take(paddingOf(size)))) {
    throw refusedPackage('header-odd', `something is hidden behind the end of ${path}`);
  }
  return fileOnDisk(file, size, hash.digest('hex'));
}

/** Checks what is in a package against what it says of itself. */
function packageOf(folder: string, rules: EntryRules, found: PackageFiles): UnpackedPackage {
  const missing = requiredFiles().find((path) => !found.has(path));
  if (missing !== undefined) throw refusedPackage('missing-file', `the package lacks ${missing}`);
  const [envelope, headFile] = [ATTESTATION, PACKAGE_HEAD].map((path) => found.get(path));
  if (envelope === undefined || headFile === undefined) throw new Error('required files are there');
  if (envelope.size > ATTESTATION_BYTES) {
    throw refusedPackage(
      'too-large',
      `${ATTESTATION} is larger than ${ATTESTATION_BYTES >> 20} MiB`,
    );
  }
  const head = readPackageHead(headFile);
  const data = [...found].filter(([path]) => path.startsWith('data/'));
  const bag = bagOf(head, new Map(data));
  checkBag(bag, found);
  rules.checkHead(bag);
  const files = new Map([...found].filter(([path]) => path !== ATTESTATION));
  return { ...bag, files, folder, attestation: envelope.bytes().toString('utf8') };
}
