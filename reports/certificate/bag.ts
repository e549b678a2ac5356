import {
  BAG_DECLARATION,
  BAG_INFO,
  byPath,
  fileOfBytes,
  MANIFEST,
  type PackageFile,
  type PackageFiles,
  packageName,
  TAG_FILES,
  TAG_MANIFEST,
} from './package-files.ts';
import type { PackageHead } from './package-head.ts';

/** A package before its envelope: its files, and the digest that an attestation is about. */
export interface Bag {
  /** The top folder. */
  readonly name: string;
  readonly head: PackageHead;
  /** All files but the envelope, sorted. */
  readonly files: PackageFiles;
  /** SHA-256 of the manifest, and so of all data. */
  readonly manifestSha256: string;
}

/**
 * Lays BagIt's tag files (RFC 8493) around data, so that any BagIt tool can check a package. They
 * follow from the data alone.
 *
 * @param data the files below `data/`
 */
export function bagOf(head: PackageHead, data: PackageFiles): Bag {
  const tags = new Map([
    [BAG_DECLARATION, fileOfBytes('BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n')],
    [BAG_INFO, fileOfBytes(bagInfo(head, data))],
    [MANIFEST, fileOfBytes(manifestText(data))],
  ]);
  const listed = new Map(TAG_FILES.flatMap((path) => entryOf(tags, path)));
  const all = [...data, ...tags, [TAG_MANIFEST, fileOfBytes(manifestText(listed))] as const];
  return {
    name: packageName(head.product),
    head,
    files: new Map(all.toSorted(byPath)),
    manifestSha256: tags.get(MANIFEST)?.sha256 ?? '',
  };
}

function entryOf(files: PackageFiles, path: string): (readonly [string, PackageFile])[] {
  const file = files.get(path);
  return file === undefined ? [] : [[path, file]];
}

/** A manifest of BagIt: digest, two spaces, path. */
const manifestText = (files: PackageFiles): string =>
  [...files]
    .toSorted(byPath)
    .map(([path, { sha256 }]) => `${sha256}  ${path}\n`)
    .join('');

function bagInfo({ allocert, product, epoch }: PackageHead, data: PackageFiles): string {
  const bytes = [...data.values()].reduce((sum, { size }) => sum + size, 0);
  const day = new Date(epoch * 1000).toISOString().slice(0, 10);
  return [
    `Bag-Software-Agent: allocert ${allocert}`,
    `Bagging-Date: ${day}`,
    `External-Identifier: ${packageName(product)}`,
    `Payload-Oxum: ${bytes}.${data.size}`,
    '',
  ].join('\n');
}
