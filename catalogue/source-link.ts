/** A piece of a source's name, with the address of its public text where it has one. */
export interface SourcePart {
  readonly text: string;
  readonly href?: string;
}

const KERNEL = 'https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git';
const THREAD =
  'https://lore.kernel.org/r/1486997106-23277-1-git-send-email-benjamin.gaignard@linaro.org';

/** What a source's name is made of, and where that can be read. */
const PLACES: readonly (readonly [RegExp, (found: readonly string[]) => string])[] = [
  [/Simple Allocator RFC(?: v2)?/, () => THREAD],
  [/Documentation\/([\w/-]+)\.rst/, ([, page]) => `https://docs.kernel.org/${page}.html`],
  [/(?:drivers|fs|include|kernel|lib|mm)\/[\w/-]+\.[ch]\b/, ([path]) => `${KERNEL}/tree/${path}`],
  [/\bCVE-\d{4}-\d{4,7}\b/, ([id]) => `https://www.cve.org/CVERecord?id=${id}`],
  [/\bLinux commit ([0-9a-f]{8,40})\b/, ([, hash]) => `${KERNEL}/commit/?id=${hash}`],
  [
    /\b([a-z_]+)\(([2-8])\)/,
    ([, name, section]) => `https://man7.org/linux/man-pages/man${section}/${name}.${section}.html`,
  ],
  [/POSIX\.1-2017/, () => 'https://pubs.opengroup.org/onlinepubs/9699919799/'],
  [/AOSP libion/, () => 'https://android.googlesource.com/platform/system/memory/libion/'],
  [
    /AOSP libdmabufheap/,
    () => 'https://android.googlesource.com/platform/system/memory/libdmabufheap/',
  ],
];

const ANY = new RegExp(PLACES.map(([{ source }]) => source).join('|'), 'g');

/**
 * A source's document, cut into pieces that can be read somewhere and those between them. Addresses
 * are made of the parts that a pattern allows, so no text of others becomes a link as it is.
 */
export function sourceParts(document: string): readonly SourcePart[] {
  const parts: SourcePart[] = [];
  let at = 0;
  for (const found of document.matchAll(ANY)) {
    const [text] = found;
    if (found.index > at) parts.push({ text: document.slice(at, found.index) });
    parts.push({ text, href: addressOf(text) });
    at = found.index + text.length;
  }
  if (at < document.length) parts.push({ text: document.slice(at) });
  return parts;
}

function addressOf(text: string): string {
  for (const [pattern, address] of PLACES) {
    const found = pattern.exec(text);
    if (found?.[0] === text) return address(found);
  }
  return '';
}

/** Where the public texts of a source can be read: an address for each document that is public. */
export const sourceLinks = (document: string): readonly string[] =>
  sourceParts(document).flatMap(({ href }) => href ?? []);
