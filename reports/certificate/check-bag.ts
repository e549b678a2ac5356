import type { Bag } from './bag.ts';
import { MANIFEST, type PackageFiles, TAG_MANIFEST } from './package-files.ts';
import { refusedPackage } from './refusal.ts';

const LINE = /^([0-9a-f]{64}) {2}(\S+)$/;

/**
 * Holds the tag files of a package against those that follow from its data.
 *
 * @param bag as its data has it
 * @param found all files of the package
 * @throws {@link PackageRefusal} `digest`, `manifest` or `tag-file`
 */
export function checkBag(bag: Bag, found: PackageFiles): void {
  checkManifest(MANIFEST, found);
  checkManifest(TAG_MANIFEST, found);
  for (const [path, { sha256 }] of bag.files) {
    if (path.startsWith('data/') || found.get(path)?.sha256 === sha256) continue;
    const isManifest = path === MANIFEST || path === TAG_MANIFEST;
    throw isManifest
      ? refusedPackage('manifest', `${path} does not list exactly the files of the package, sorted`)
      : refusedPackage('tag-file', `${path} says something else than the data does`);
  }
}

/** Names the first file whose digest a manifest has wrong. */
function checkManifest(manifest: string, found: PackageFiles): void {
  const lines = found.get(manifest)?.bytes().toString('utf8').trimEnd().split('\n') ?? [];
  for (const line of lines) {
    const [, digest, path = ''] = LINE.exec(line) ?? [];
    const file = found.get(path);
    if (file === undefined) {
      throw refusedPackage('manifest', `${manifest} has a line that names no file of the package`);
    }
    if (file.sha256 !== digest) {
      throw refusedPackage(
        'digest',
        `${path} is not the file that ${manifest} lists: its digest differs`,
      );
    }
  }
}
