import type { GatePoint } from '../../record/gate-outcome.ts';
import type { RunRecord } from '../../record/record.ts';
import { html, type Markup } from './escape.ts';
import { countText, timeOf } from './parts.ts';
import { ruleAnchor } from './rule-anchor.ts';
import { badge } from './status.ts';

/** Rows of one kind that are shown; the matrix has all of those that still fail. */
const ROWS_MAX = 100;

/** What changed since the baseline; nothing where the run was compared with none. */
export function changes({ gate }: RunRecord): Markup {
  if (gate?.baseline === undefined) return html``;
  const { allocert, cases, path, startedAt, target } = gate.baseline;
  const kinds = [
    ['New failures', gate.failures, 'bad', ''],
    ['Mended', gate.fixed, 'good', 'was '],
    ['Failed then, not observed now', gate.unobserved, 'open', 'was '],
    ['Failing as before (known)', gate.known, 'quiet', ''],
  ] as const;
  const isSame = kinds.every(([, points], index) => index === 3 || points.length === 0);
  const same = html`<p class="good">Nothing changed.</p>`;
  return html`<section id="changes"><h2>Since the baseline</h2>
<p class="quiet">Compared with ${path}: ${target}, ${timeOf(startedAt)}, allocert ${allocert},
${countText(cases, 'case')} finished.</p>${isSame ? same : ''}
${kinds.map(([title, points, tone, was]) => changeList(title, points, tone, was))}</section>`;
}

function changeList(
  title: string,
  points: readonly GatePoint[],
  tone: string,
  was: string,
): Markup {
  if (points.length === 0) return html``;
  const items = points.slice(0, ROWS_MAX).map(({ case: id, reason, requirement, status }) => {
    const rule =
      requirement === '' ? html`` : html`<a href="#${ruleAnchor(requirement)}">${requirement}</a> `;
    return html`<li>${was}${badge(status)} ${rule}<code>${id}</code> ${reason}</li>`;
  });
  const more = points.length - items.length;
  const rest = more > 0 ? html`<p class="quiet">${more} more.</p>` : '';
  const open = tone === 'bad' ? html` open` : html``;
  return html`<details${open}><summary class="${tone}">${title}: ${countText(points.length, 'row')}</summary>
<ul class="changes">${items}</ul>${rest}</details>`;
}
