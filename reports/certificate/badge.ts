import { html } from '../formats/html/escape.ts';
import type { Strength } from './read-policy.ts';

/** What a badge says of a package; all of it is what verification concluded. */
export interface BadgeFacts {
  readonly isCertified: boolean;
  /** Undefined where the package cannot even be read. */
  readonly profile: string | undefined;
  /** The version of allocert that made it. */
  readonly allocert: string | undefined;
  /** Undefined where no trusted key signed. */
  readonly strength: Strength | undefined;
}

const SIGNED: Readonly<Record<Strength, string>> = {
  self: 'signed by its vendor',
  confirmed: 'confirmed',
  lab: 'signed by a lab',
};

/** What a badge says, in words. */
export function badgeText({ isCertified, profile, strength }: BadgeFacts): string {
  if (!isCertified) return 'not certified';
  const signed = strength === undefined ? 'signer unknown' : SIGNED[strength];
  return `certified: ${profile ?? ''}, ${signed}`;
}

/** Units of the picture. A letter is about so wide, and the text is stretched to fit. */
const LETTER = 6.6;
const MARGIN = 7;
const HEIGHT = 20;

const LABEL_COLOUR = '#454545';
const GOOD_COLOUR = '#1f6f3a';
const BAD_COLOUR = '#a4262c';

/** A picture for a README, as SVG. */
export function badgeSvg(facts: BadgeFacts): string {
  const label = facts.allocert === undefined ? 'allocert' : `allocert ${facts.allocert}`;
  const text = badgeText(facts);
  const [left, right] = [label, text].map(({ length }) => Math.ceil(length * LETTER)) as [
    number,
    number,
  ];
  const [split, width] = [left + 2 * MARGIN, left + right + 4 * MARGIN];
  const colour = facts.isCertified ? GOOD_COLOUR : BAD_COLOUR;
  const svg = html`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${HEIGHT}" role="img" aria-label="${label}: ${text}">
<title>${label}: ${text}</title>
<rect width="${width}" height="${HEIGHT}" rx="3" fill="${LABEL_COLOUR}"/>
<path d="M${split} 0h${width - split - 3}a3 3 0 0 1 3 3v${HEIGHT - 6}a3 3 0 0 1-3 3h-${width - split - 3}z" fill="${colour}"/>
<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">
<text x="${MARGIN}" y="14" textLength="${left}" lengthAdjust="spacingAndGlyphs">${label}</text>
<text x="${split + MARGIN}" y="14" textLength="${right}" lengthAdjust="spacingAndGlyphs">${text}</text>
</g>
</svg>
`;
  return svg.text;
}
