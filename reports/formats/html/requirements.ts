import { type Point, sourceOf } from '../../record/points.ts';
import type { RecordedRequirement, RunRecord } from '../../record/record.ts';
import { isDeciding, reasonWith, type Standing } from '../../record/standing.ts';
import { isBad, STATUSES } from '../../record/status.ts';
import { anchor, html, type Markup } from './escape.ts';
import { hasEvidence } from './evidence.ts';
import { badge } from './status.ts';

/** Search and filters, and the beginning of the matrix; shown where the page's script runs. */
export function toolbar(record: RunRecord): Markup {
  const { requirements, profile } = record;
  const count = (status: string): number =>
    requirements.filter(({ statuses }) => statuses[profile] === status).length;
  const chips = STATUSES.toReversed()
    .filter((status) => count(status) > 0)
    .map(
      (status) =>
        html`<label class="chip"><input type="checkbox" name="status" value="${status}">
${badge(status)} ${count(status)}</label>`,
    );
  return html`<section id="requirements"><h2>Requirements</h2>
<form id="filter" role="search" hidden><input id="search" type="search" aria-label="Search"
 placeholder="Search ids, rules, cases, reasons  ( / )" autocomplete="off" spellcheck="false">
${select('level', requirements)}${select('group', requirements)}
<fieldset><legend class="quiet">Status</legend>${chips}</fieldset>
<p id="count" role="status"></p><p class="quiet keys"><kbd>/</kbd> search <kbd>j</kbd> <kbd>k</kbd>
 move <kbd>Enter</kbd> open <kbd>Esc</kbd> clear</p></form><div id="matrix">`;
}

function select(key: 'level' | 'group', requirements: readonly RecordedRequirement[]): Markup {
  const values = [...new Set(requirements.map((one) => one[key]))];
  const options = values.map((value) => html`<option>${value}</option>`);
  return html`<select id="${key}" aria-label="${key}"><option value="">every ${key}</option>
${options}</select>`;
}

/** One row of the matrix; it opens to the rule, its source and every case that looked. */
export function* requirementRow(
  record: RunRecord,
  requirement: RecordedRequirement,
  points: readonly Point[],
  standingOf: (point: Point) => Standing,
): Generator<string> {
  const { id, level, group, authority, statement, statuses } = requirement;
  const status = statuses[record.profile];
  const letPass = status !== undefined && isBad(status) && !points.map(standingOf).some(isDeciding);
  const known = letPass ? html` <b>known</b>` : '';
  const others = record.profiles
    .filter(({ name }) => name !== record.profile)
    .map(({ name }) => {
      const other = statuses[name];
      return html`<span class="other">${name} ${other === undefined ? '·' : badge(other)}</span>`;
    });
  yield html`<details class="requirement" id="${anchor('r', id)}" data-status="${status ?? ''}"
 data-level="${level}" data-group="${group}"><summary>
<span>${status === undefined ? '·' : badge(status)}${known}</span>
<b>${id}</b><span class="level">${level}</span><span class="rule">${statement}</span>
<span class="others">${others}</span></summary><div class="inside">
<p><span class="quiet">Rule</span> ${level}, ${authority}. ${statement}</p>
<p><span class="quiet">Source</span> ${sourceOf(requirement)}</p>`.text;
  if (points.length === 0) yield '<p>No case observed it in this profile.</p>';
  else yield '<ul class="points">';
  for (const point of points) yield pointRow(record, point, standingOf(point)).text;
  yield points.length === 0 ? '</div></details>\n' : '</ul></div></details>\n';
}

function pointRow(record: RunRecord, point: Point, standing: Standing): Markup {
  const { expected, observed, status } = point;
  const reason = reasonWith(standing, record, point);
  const mark = standing === 'known' ? html` <b>known</b>` : '';
  const { id, title } = point.case;
  const link = hasEvidence(record, point.case)
    ? html` <a href="#${anchor('c', id)}">evidence</a>`
    : '';
  const words = [
    expected.length === 0 ? html`` : html`<dt>expected</dt><dd>${expected.join(' or ')}</dd>`,
    observed.length === 0 ? html`` : html`<dt>observed</dt><dd>${observed.join(', ')}</dd>`,
  ];
  return html`<li data-standing="${standing}">${badge(status)}${mark} <code>${id}</code> ${title}${link}
<dl>${words}<dt>reason</dt><dd>${reason}</dd></dl></li>\n`;
}
