import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../base/package-root.ts';

/** Documents whose names fit a pattern, and where their text is, with the pattern's groups in it. */
interface PublicSource {
  readonly document: string;
  readonly link: string;
}

let loaded: readonly PublicSource[] | undefined;

const publicSources = (): readonly PublicSource[] => {
  loaded ??= JSON.parse(
    readFileSync(join(packageRoot(), 'catalogue', 'sources.json'), 'utf8'),
  ) as readonly PublicSource[];
  return loaded;
};

/**
 * Where the public text of a source can be read, as `catalogue/sources.json` says.
 *
 * @param document as a requirement names it; it may name several, separated by `;` or `,`
 * @returns a URL for each document that is public; none for the others
 */
export function sourceLinks(document: string): readonly string[] {
  const whole = linkOf(document);
  if (whole !== undefined) return [whole];
  return document.split(/[;,] /).flatMap((part) => linkOf(part) ?? []);
}

function linkOf(document: string): string | undefined {
  for (const { document: pattern, link } of publicSources()) {
    const form = new RegExp(pattern);
    if (form.test(document)) return document.replace(form, link);
  }
  return undefined;
}
