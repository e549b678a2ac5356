import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../base/package-root.ts';

/** The list of catalogues that releases had. */
const FILE = join('certify', 'released.json');

/**
 * SHA-256 of the catalogues of releases whose cases and generators this version still has. A
 * package that pins one of them is judged by it; any other is refused: anybody can write one.
 */
export function releasedCatalogues(): readonly string[] {
  const list = JSON.parse(readFileSync(join(packageRoot(), FILE), 'utf8'));
  return (list as readonly { readonly catalogue: string }[]).map(({ catalogue }) => catalogue);
}
