import type { RunRecord } from '../../record/record.ts';
import { STATUSES, type Status } from '../../record/status.ts';
import { finalVerdict, profileVerdict, type VerdictText } from '../verdict.ts';
import { html, type Markup } from './escape.ts';
import { factList, themeButton, timeOf } from './parts.ts';
import { badge } from './status.ts';

/** The head of the page: the verdict first, then on what it was given. */
export function header(record: RunRecord): Markup {
  const { facts } = record;
  const rows: readonly (readonly [string, string])[] = [
    ['Target', record.target],
    ['Implementation', facts.implementation],
    ['Kernel', facts.kernel?.release ?? ''],
    ['Architecture', `${facts.architecture}, ${facts.pageSize} byte pages`],
    ['Devices', facts.regions.map(({ name, node }) => `${node} (${name})`).join(', ')],
    ['Started', timeOf(record.startedAt)],
    ['Took', `${(record.durationMs / 1000).toFixed(1)} s, ${record.cases.length} cases`],
    ['Seed', record.seed],
    ['allocert', record.allocert],
    ...Object.entries(facts.details),
  ];
  const notices = [...record.notices, ...(record.gate?.warnings ?? [])].map(
    (notice) => html`<p class="note">${notice}</p>`,
  );
  return html`<header>
${themeButton()}${verdict(record)}${factList(rows)}${notices}
</header>`;
}

const SIGNS = { good: '✓', bad: '✗', open: '?' } as const;

const signed = ({ tone, text }: VerdictText): string => `${SIGNS[tone]} ${text}`;

function verdict(record: RunRecord): Markup {
  const shown = finalVerdict(record);
  return html`<h1 class="${shown.tone}">${signed(shown)}</h1>`;
}

/** How every profile stands, then the deciding one by level and by group. */
export function summaryTables(record: RunRecord): Markup {
  const profiles = record.summaries.map((summary) => {
    const { profile, mustObserved, mustApplicable } = summary;
    const shown = profileVerdict(summary, record);
    return html`<tr><th scope="row">${profile}${profile === record.profile ? ' (decides)' : ''}</th>
<td class="${shown.tone}">${signed(shown)}</td>
<td>${mustObserved} of ${mustApplicable} applicable MUSTs observed</td></tr>`;
  });
  return html`<section id="summary"><h2>Summary</h2><div class="tables">
<div><table><caption>Profiles</caption><tbody>${profiles}</tbody></table>
${counted(record, 'Level', ({ level }) => level)}</div>
${counted(record, 'Group', ({ group }) => group)}
</div></section>`;
}

function counted(
  { requirements, profile }: RunRecord,
  title: string,
  keyOf: (requirement: RunRecord['requirements'][number]) => string,
): Markup {
  const table = new Map<string, Map<Status, number>>();
  const seen = new Set<Status>();
  for (const requirement of requirements) {
    const status = requirement.statuses[profile];
    if (status === undefined) continue;
    const row = table.get(keyOf(requirement)) ?? new Map<Status, number>();
    table.set(keyOf(requirement), row.set(status, (row.get(status) ?? 0) + 1));
    seen.add(status);
  }
  const columns = STATUSES.toReversed().filter((status) => seen.has(status));
  const heads = columns.map((status) => html`<th scope="col">${badge(status)}</th>`);
  const rows = [...table].map(([key, row]) => {
    const cells = columns.map((status) => {
      const number = row.get(status) ?? 0;
      return html`<td class="${number === 0 ? 'zero' : status}">${number}</td>`;
    });
    return html`<tr><th scope="row">${key}</th>${cells}</tr>`;
  });
  return html`<div class="scroll"><table class="counts"><caption>By ${title.toLowerCase()}</caption>
<thead><tr><th scope="col">${title}</th>${heads}</tr></thead><tbody>${rows}</tbody></table></div>`;
}
