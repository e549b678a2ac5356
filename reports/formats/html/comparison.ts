import type { Status } from '../../record/status.ts';
import { html, type Markup } from './escape.ts';
import { themeButton } from './parts.ts';
import { ruleAnchor } from './rule-anchor.ts';
import { pageAround } from './shell.ts';
import { badge } from './status.ts';

/** A target as a column of the page. */
interface Column {
  readonly target: string;
  readonly implementation: string;
  readonly profile: string;
  /** Why it is not wholly observed; empty when it is. */
  readonly problem: string;
}

/** What a target was seen to do about a requirement; null where that does not apply. */
type ComparedCell = {
  readonly status: Status;
  readonly observed: readonly string[];
  readonly reason: string;
} | null;

/** Targets side by side, as the page shows them. */
export interface ComparedTargets {
  readonly columns: readonly Column[];
  readonly rows: readonly {
    readonly requirement: string;
    readonly level: string;
    readonly group: string;
    readonly statement: string;
    readonly differs: boolean;
    readonly cells: readonly ComparedCell[];
  }[];
}

/**
 * The page of a comparison, in pieces; see `pageAround`.
 *
 * @param summary how many rows differ, in a sentence
 */
export const comparisonPage = (compared: ComparedTargets, summary: string): Generator<string> =>
  pageAround('allocert: targets side by side', body(compared, summary));

function* body({ columns, rows }: ComparedTargets, summary: string): Generator<string> {
  yield html`<header>${themeButton()}<h1>Targets side by side</h1><p>${summary}</p>
<ol class="columns">${columns.map(columnText)}</ol>
<p class="quiet">A cell has the verdict of the target’s own profile and what was observed. ≠ marks rows
in which targets were observed to do different things, – a requirement that does not apply, ? a
target that never answered.</p></header><main><div class="scroll"><table class="compared"><thead><tr>
<th scope="col">requirement</th>
${columns.map((_, index) => html`<th scope="col">[${index + 1}]</th>`)}</tr></thead><tbody>`.text;
  for (const { cells, differs, level, requirement, statement } of rows) {
    const shown = cells.map((cell, index) => cellMarkup(cell, columns[index]));
    yield html`<tr class="${differs ? 'differs' : ''}" id="${ruleAnchor(requirement)}"><th scope="row"><b>${requirement}</b>
${differs ? '≠' : ''} <span class="level">${level}</span><span class="seen">${statement}</span></th>${shown}</tr>\n`
      .text;
  }
  yield '</tbody></table></div>';
  if (rows.length === 0) yield '<p>No row is left to be shown.</p>';
  yield '</main>';
}

function columnText({ implementation, problem, profile, target }: Column): Markup {
  const facts = [implementation, profile === '' ? '' : `profile ${profile}`].filter(Boolean);
  const why = problem === '' ? '' : html` <span class="open">${problem}</span>`;
  return html`<li><b>${target}</b> ${facts.join(', ')}${why}</li>`;
}

function cellMarkup(cell: ComparedCell, column: Column | undefined): Markup {
  if (cell === null) return html`<td>${column?.profile === '' ? '?' : '–'}</td>`;
  const { observed, reason, status } = cell;
  return html`<td title="${reason}">${badge(status)} ${observed.join(', ')}</td>`;
}
