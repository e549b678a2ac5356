/** A page of the site as TypeDoc reads it: Markdown with a head. */
export interface SitePage {
  /** Path below the folder of pages; links between pages are relative to it. */
  readonly path: string;
  /** Address of the page on the site, without `.html`. */
  readonly address: string;
  readonly title: string;
  /** Heading of the navigation below which it stands. */
  readonly group?: string;
  /** Markdown below the title. */
  readonly text: string;
  /** Paths of the pages below it in the navigation. */
  readonly children?: readonly string[];
}

/** What is written to the page's file. */
export function fileText({ address, children = [], group, text, title }: SitePage): string {
  const head = {
    title,
    address,
    ...(group === undefined ? {} : { group }),
    ...(children.length === 0 ? {} : { children: children.map((path) => `./${path}`) }),
  };
  // JSON is YAML, and needs no rules of its own for quoting.
  const lines = Object.entries(head).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return ['---', ...lines, '---', text, ''].join('\n');
}

/** A text of the catalogue as Markdown that shows it letter by letter, with its `code` as such. */
export const escaped = (text: string): string =>
  text
    .split(/(`[^`]+`)/)
    .map((part, index) => (index % 2 === 1 ? part : part.replace(/[\\`*_{}[\]<>#|~@&]/g, '\\$&')))
    .join('');

/** A word as code of Markdown, also in a table. */
export const code = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``;
