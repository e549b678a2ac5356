import { catalogue } from '../../../catalogue/catalogue.ts';
import type { Point } from '../../record/points.ts';
import type { RecordedRequirement, RunRecord } from '../../record/record.ts';
import { isDeciding, reasonWith, type Standing } from '../../record/standing.ts';
import { isBad, STATUSES } from '../../record/status.ts';
import { html, type Markup } from './escape.ts';
import { hasEvidence } from './evidence.ts';
import { packedRows, splitRows } from './packed-rows.ts';
import { countText, tookText } from './parts.ts';
import { evidenceLink, seenInstead } from './point-parts.ts';
import { ruleAnchor } from './rule-anchor.ts';
import { sourceMarkup } from './source.ts';
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
        html`<label class="chip" title="${countText(count(status), 'requirement')}"><input
 type="checkbox" name="status" value="${status}"> ${badge(status)} ${count(status)}</label>`,
    );
  return html`<section id="requirements"><h2>Requirements, failures first</h2>
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

/** Whether nothing of a broken requirement decides the exit code. */
const isLetPass = (
  { profile }: RunRecord,
  { statuses }: RecordedRequirement,
  standings: readonly Standing[],
): boolean => {
  const status = statuses[profile];
  return status !== undefined && isBad(status) && !standings.some(isDeciding);
};

/** Requirements in the order in which a reader wants them: what decides first, passes last. */
export function failuresFirst(
  record: RunRecord,
  standingsOf: (requirement: RecordedRequirement) => readonly Standing[],
): readonly RecordedRequirement[] {
  const { profile, requirements } = record;
  const rank = (one: RecordedRequirement): number => {
    const status = one.statuses[profile];
    if (status === undefined) return STATUSES.length;
    if (status === 'pass') return STATUSES.length - 1;
    const place = STATUSES.length - 2 - STATUSES.indexOf(status);
    if (!isBad(status)) return place;
    return isLetPass(record, one, standingsOf(one)) ? place : place - STATUSES.length;
  };
  const ranked = requirements.map((one) => ({ one, at: rank(one) }));
  return ranked.toSorted((a, b) => a.at - b.at).map(({ one }) => one);
}

/** One row of the matrix; it opens to the rule, its source and every case that looked. */
export function* requirementRow(
  record: RunRecord,
  requirement: RecordedRequirement,
  points: readonly Point[],
  standingOf: (point: Point) => Standing,
): Generator<string> {
  const { id, level, group, authority, source, statement, statuses } = requirement;
  const status = statuses[record.profile];
  const known = isLetPass(record, requirement, points.map(standingOf)) ? html` <b>known</b>` : '';
  const others = record.profiles
    .filter(({ name }) => name !== record.profile)
    .map(({ name }) => {
      const other = statuses[name];
      return html`<span class="other">${name} ${other === undefined ? '·' : badge(other)}</span>`;
    });
  yield html`<details class="requirement" id="${ruleAnchor(id)}" data-status="${status ?? ''}"
 data-level="${level}" data-group="${group}"><summary>
<span>${status === undefined ? '·' : badge(status)}${known}</span>
<b>${id}</b><span class="level">${level}</span><span class="rule">${statement}${seen(points, status)}</span>
<span class="others">${others}</span></summary><div class="inside">
<p><span class="quiet">Rule</span> <a href="#${ruleAnchor(id)}">${id}</a>, ${level}, ${authority}. ${statement}</p>
<p><span class="quiet">Source</span> ${sourceMarkup(source)}</p>`.text;
  if (points.length === 0) yield withoutCase(record, requirement).text;
  else yield '<ul class="points">';
  const { plain, packed } = splitRows(record, points, standingOf);
  for (const point of plain) yield pointRow(record, point, standingOf(point)).text;
  if (points.length > 0) yield '</ul>';
  yield* packedRows(packed);
  yield '</div></details>\n';
}

/** What the worst case of a row observed: seen without opening it. */
function seen(points: readonly Point[], status: string | undefined): Markup {
  const worst = points.find((point) => point.status === status && point.observed.length > 0);
  return worst === undefined ? html`` : seenInstead(worst);
}

/** Why nothing looked at a rule. The catalogue says where nothing can. */
function withoutCase({ profile }: RunRecord, { cases, id, statuses }: RecordedRequirement): Markup {
  const { unobservable } = catalogue().requirements.find((one) => one.id === id) ?? {};
  if (unobservable !== undefined) {
    return html`<p><span class="quiet">No case</span> ${unobservable}</p>`;
  }
  if (statuses[profile] === undefined) {
    return html`<p>The profile ${profile} says nothing of this rule.</p>`;
  }
  return cases.length === 0
    ? html`<p>No case of this run looks at it.</p>`
    : html`<p>No case observed it in this profile.</p>`;
}

function pointRow(record: RunRecord, point: Point, standing: Standing): Markup {
  const { expected, observed, status } = point;
  const reason = reasonWith(standing, record, point);
  const mark = standing === 'known' ? html` <b>known</b>` : '';
  const { id, title } = point.case;
  const link = hasEvidence(record, point.case) ? evidenceLink(id) : '';
  const text = tookText(point);
  const took = text === '' ? '' : html` <span class="took">${text}</span>`;
  const words = [
    expected.length === 0 ? html`` : html`<dt>expected</dt><dd>${expected.join(' or ')}</dd>`,
    observed.length === 0 ? html`` : html`<dt>observed</dt><dd>${observed.join(', ')}</dd>`,
  ];
  return html`<li data-standing="${standing}">${badge(status)}${mark} <code>${id}</code> ${title}${took}${link}
<dl>${words}<dt>reason</dt><dd>${reason}</dd></dl></li>\n`;
}
