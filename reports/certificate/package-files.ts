import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readRegular } from '../../base/read-whole.ts';

/** A file of a package, with what its manifest says of it. */
export interface PackageFile {
  /** In bytes. */
  readonly size: number;
  /** In lower-case hexadecimal. */
  readonly sha256: string;
  /** Where it lies on the disk; undefined for one that is in memory. */
  readonly path: string | undefined;
  /**
   * Its content as a whole, for files that are small.
   *
   * @throws {@link AllocertError} (usage) when it is larger than 64 MiB
   */
  bytes(): Buffer;
  /** Its content piece by piece. */
  pieces(): AsyncIterable<Buffer>;
}

/** The files of a package by their path inside of its top folder, sorted by that path. */
export type PackageFiles = ReadonlyMap<string, PackageFile>;

/** The envelope: the one file that no manifest lists, so that signatures can be added. */
export const ATTESTATION = 'attestation.dsse.json';
/** Digests of the files below `data/`; its own digest is what is signed. */
export const MANIFEST = 'manifest-sha256.txt';
/** Digests of the files beside `data/`. */
export const TAG_MANIFEST = 'tagmanifest-sha256.txt';
/** BagIt's declaration. */
export const BAG_DECLARATION = 'bagit.txt';
/** BagIt's metadata. */
export const BAG_INFO = 'bag-info.txt';
/** The head of a package, `reports/schema/package.schema.json`. */
export const PACKAGE_HEAD = 'data/package.json';

/** Files that {@link TAG_MANIFEST} lists. */
export const TAG_FILES: readonly string[] = [BAG_INFO, BAG_DECLARATION, MANIFEST];

const RUNS = [1, 2, 3].flatMap((run) =>
  ['evidence.ndjson', 'journal.ndjson', 'record.json'].map((name) => `data/runs/${run}/${name}`),
);

/** What every package has below `data/`. */
export const REQUIRED_DATA: readonly string[] = [
  'data/catalogue.json',
  'data/environment.json',
  'data/fuzz/fuzz.json',
  'data/fuzz/fuzz.ndjson',
  'data/fuzz/rounds.ndjson',
  PACKAGE_HEAD,
  'data/qualification.json',
  ...RUNS,
  'data/statement.json',
  'data/summary.html',
];

/** What a package may have below `data/` besides. */
const OPTIONAL_DATA = /^data\/(?:waivers\.json|fuzz\/finding-[0-9a-f]{12}\.json)$/;

const REQUIRED = new Set([ATTESTATION, TAG_MANIFEST, ...TAG_FILES, ...REQUIRED_DATA]);

/** Every file that a package must have, the envelope among them. */
export const requiredFiles = (): readonly string[] => [...REQUIRED];

/** Whether a path inside of the top folder is one that packages have. */
export const isPackagePath = (path: string): boolean =>
  REQUIRED.has(path) || OPTIONAL_DATA.test(path);

/** The order of paths in archives and manifests: by their bytes, which are ASCII. */
export const byPath = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number =>
  a < b ? -1 : Number(a > b);

/** SHA-256 in lower-case hexadecimal. */
export const sha256Of = (bytes: string | Buffer): string =>
  createHash('sha256').update(bytes).digest('hex');

/** A file of a package that is in memory. */
export function fileOfBytes(content: string | Buffer): PackageFile {
  const bytes = Buffer.from(content);
  return {
    size: bytes.length,
    sha256: sha256Of(bytes),
    path: undefined,
    bytes: () => bytes,
    pieces: async function* () {
      yield bytes;
    },
  };
}

/** A file of a package on the disk, whose size and digest are known. */
export const fileOnDisk = (path: string, size: number, sha256: string): PackageFile => ({
  size,
  sha256,
  path,
  bytes: () => readRegular(path),
  pieces: () => createReadStream(path) as AsyncIterable<Buffer>,
});

const NAME_PART_MAX = 20;

/** The top folder of a package: what product it is about. */
export const packageName = (product: {
  readonly vendor: string;
  readonly name: string;
  readonly version: string;
}): string => [product.vendor, product.name, product.version].map(namePart).join('_');

/** Letters of file names that every system has, in lower case; `-` stands for anything else. */
const namePart = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/^[-.]+/, '')
    .slice(0, NAME_PART_MAX)
    .replace(/[-.]+$/, '') || 'x';
