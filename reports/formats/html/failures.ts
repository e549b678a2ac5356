import type { Point } from '../../record/points.ts';
import type { RecordedRequirement, RunRecord } from '../../record/record.ts';
import { isDeciding, type Standing } from '../../record/standing.ts';
import { STATUSES } from '../../record/status.ts';
import { html, type Markup } from './escape.ts';
import { hasEvidence } from './evidence.ts';
import { countText } from './parts.ts';
import { evidenceLink, seenInstead } from './point-parts.ts';
import { ruleAnchor } from './rule-anchor.ts';
import { badge } from './status.ts';

/** Requirements that are listed; the matrix below has all of them, in the same order. */
const SHOWN_MAX = 40;

/**
 * What decides the exit code, before anything else: one line a requirement.
 *
 * @param ordered requirements, worst first
 */
export function failureList(
  record: RunRecord,
  ordered: readonly RecordedRequirement[],
  pointsOf: (id: string) => readonly Point[],
  standingOf: (point: Point) => Standing,
): Markup {
  const worst = ordered.flatMap((requirement) => {
    const deciding = pointsOf(requirement.id).filter((point) => isDeciding(standingOf(point)));
    const [point] = deciding.toSorted((a, b) => badness(b) - badness(a));
    return point === undefined ? [] : [{ requirement, point, cases: deciding.length }];
  });
  if (worst.length === 0) return html``;
  const rows = worst.slice(0, SHOWN_MAX).map(({ cases, point, requirement }) => {
    const link = hasEvidence(record, point.case) ? evidenceLink(point.case.id) : '';
    const more = cases > 1 ? html` <span class="took">in ${cases} cases</span>` : '';
    return html`<li><span>${badge(point.status)}</span>
<a href="#${ruleAnchor(requirement.id)}">${requirement.id}</a>
<span>${requirement.statement}${seenInstead(point)}<span class="took">${point.case.id}</span>${more} ${link}</span></li>`;
  });
  const left = worst.length - rows.length;
  const rest = left > 0 ? html`<p class="quiet">${left} more are among the requirements.</p>` : '';
  return html`<section id="failures"><h2>What decides: ${countText(worst.length, 'requirement')}</h2>
<ul class="worst">${rows}</ul>${rest}</section>`;
}

const badness = ({ status }: Point): number => STATUSES.indexOf(status);
