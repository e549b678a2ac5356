import type { RunRecord } from '../../record/record.ts';
import { STATUSES, type Status } from '../../record/status.ts';
import { profileVerdict } from '../verdict.ts';
import { html, type Markup } from './escape.ts';
import { signed } from './head.ts';
import { countText } from './parts.ts';
import { badge } from './status.ts';

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
${countTable(record, 'level', ({ level }) => level)}</div>
${countTable(record, 'group', ({ group }) => group)}
</div></section>`;
}

/** Requirements by a key and by status; each count leads to the rows that it counts. */
function countTable(
  { requirements, profile }: RunRecord,
  key: 'level' | 'group',
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
  const rows = [...table].map(([name, row]) => {
    const cells = columns.map((status) => {
      const number = row.get(status) ?? 0;
      if (number === 0) return html`<td class="zero">0</td>`;
      const what = `${countText(number, 'requirement')} of ${key} ${name}: ${status}`;
      const where = new URLSearchParams({ status, [key]: name });
      return html`<td class="${status}"><a href="#${String(where)}" title="${what}"
 aria-label="${what}">${number}</a></td>`;
    });
    return html`<tr><th scope="row">${name}</th>${cells}</tr>`;
  });
  const head = key === 'level' ? 'Level' : 'Group';
  return html`<div class="scroll"><table class="counts"><caption>Requirements by ${key}</caption>
<thead><tr><th scope="col">${head}</th>${heads}</tr></thead><tbody>${rows}</tbody></table></div>`;
}
