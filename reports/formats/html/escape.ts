import { markupWithoutCommands } from '../../../base/clean-text.ts';

/** A piece of finished markup; everything else that enters a page is escaped. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A value that may stand between the pieces of {@link html}. */
export type MarkupPiece = Markup | string | number | readonly Markup[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Controls would vanish, and marks of direction would reorder what a reader sees. */
const UNSEEN = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029\ufffe\uffff]/gu;

/** Text with everything in it that no reader would see written out. */
export const visibleText = (text: string): string =>
  text.replace(UNSEEN, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);

/** Text made harmless, in an element as well as in a quoted attribute. */
export const escapeText = (text: string): string =>
  markupWithoutCommands(
    visibleText(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? ''),
  );

/** Markup from a template: what is put in is escaped unless it is markup already. */
export function html(strings: TemplateStringsArray, ...pieces: readonly MarkupPiece[]): Markup {
  const parts = strings.map((text, index) => text + textOf(pieces[index] ?? ''));
  return new Markup(parts.join(''));
}

function textOf(piece: MarkupPiece): string {
  if (piece instanceof Markup) return piece.text;
  if (typeof piece === 'string' || typeof piece === 'number') return escapeText(String(piece));
  return piece.map(({ text }) => text).join('');
}

/** The id of an element: names from outside hold characters that a link could not point at. */
export const anchor = (kind: string, name: string): string =>
  `${kind}-${Buffer.from(name).toString('hex')}`;
