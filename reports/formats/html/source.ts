import { sourceParts } from '../../../catalogue/source-link.ts';
import { html, type Markup } from './escape.ts';

/** Where a rule comes from, with links to what can be read in public. */
export function sourceMarkup({ document, place }: { document: string; place: string }): Markup {
  const parts = sourceParts(document).map(({ href, text }) =>
    href === undefined ? html`${text}` : outside(href, text),
  );
  return html`${parts}, ${place}`;
}

/** A link that leaves the page, and tells the other side nothing of it. */
export const outside = (href: string, text: string): Markup =>
  html`<a href="${href}" rel="noreferrer">${text}</a>`;

/** An address as a link if a browser may follow it; any other text stays text. */
export const linkIfWeb = (text: string): Markup =>
  /^https?:\/\/[^\s/]+\S*$/.test(text) ? outside(text, text) : html`${text}`;
