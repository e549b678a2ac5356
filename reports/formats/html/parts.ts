import type { Point } from '../../record/points.ts';
import { html, type Markup } from './escape.ts';

/** The line above the verdict, with the switch between light and dark. */
export const themeButton = (): Markup => html`
<div class="top"><p class="brand">allocert</p>
<button id="theme" type="button" hidden>Dark</button></div>
`;

/** A time as people read it: `2026-01-31 12:00:00 UTC`. @param iso ISO 8601 in UTC, or empty */
export const timeOf = (iso: string): string => iso.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC');

/** Names and values; what is empty is left out. */
export function factList(rows: readonly (readonly [string, string | Markup])[]): Markup {
  const filled = rows.filter(([, value]) => value !== '');
  const list = filled.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`);
  return html`<dl class="facts">${list}</dl>`;
}

/** What the adapter tells of the target, folded: digests and addresses are looked up, not read. */
export function detailList(details: Readonly<Record<string, string>>): Markup {
  const rows = Object.entries(details).filter(([, value]) => value !== '');
  if (rows.length === 0) return html``;
  return html`<details><summary>${countText(rows.length, 'fact')} of the target</summary>
${factList(rows)}</details>`;
}

/** A count with its unit: `1 finding`, `2 findings`. */
export const countText = (count: number, unit: string): string =>
  `${count.toLocaleString('en')} ${unit}${count === 1 ? '' : 's'}`;

/** A time in the unit in which it is short. @param ms milliseconds */
export const durationText = (ms: number): string =>
  ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;

/** How long a case took, and in how many runs; empty for what ran nowhere. */
export function tookText({ case: { durationMs, end, id }, runs }: Point): string {
  if (end === 'not-run' || id.startsWith('fuzz/')) return '';
  return `${durationText(durationMs)}${runs > 1 ? `, ${runs} runs` : ''}`;
}
