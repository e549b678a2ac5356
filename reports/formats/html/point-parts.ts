import type { Point } from '../../record/points.ts';
import { isBad } from '../../record/status.ts';
import { anchor, html, type Markup } from './escape.ts';

/** A link to the evidence of a case, where the page has it. */
export const evidenceLink = (caseId: string): Markup =>
  html` <a href="#${anchor('c', caseId)}">evidence</a>`;

/** Of what is broken, what was expected and what was observed instead. */
export function seenInstead({ expected, observed, status }: Point): Markup {
  if (!isBad(status) || observed.length === 0 || expected.length === 0) return html``;
  return html`<span class="seen">expected ${expected.join(' or ')}, observed
 <strong>${observed.join(', ')}</strong></span>`;
}
