import { wordOf } from '../../../adapters/contract/index.ts';
import type { Axis } from './axis.ts';
import { html, type Markup } from './escape.ts';
import type { FuzzPicture, FuzzStep } from './fuzz-picture.ts';
import { lane } from './holders.ts';
import { describeAnswer } from './operation-text.ts';

const ROWS_MAX = 200;

/** A step with its number in the order of calls. */
interface Row extends FuzzStep {
  readonly number: number;
  /** Place in the picture's schedule. */
  readonly place: number;
}

/** Steps in the order in which they were called, Program by Program. */
export function orderedRows({ schedule }: FuzzPicture): readonly Row[] {
  return schedule
    .map((step, place) => ({ ...step, place }))
    .toSorted((a, b) => a.program - b.program || byCall(a, b))
    .map((step, index) => ({ ...step, number: index + 1 }));
}

/** By the time of the call; operations that did not run come last. */
function byCall({ result: a }: FuzzStep, { result: b }: FuzzStep): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  return a.call < b.call ? -1 : Number(a.call > b.call);
}

/**
 * The schedule with a column for each thread. The cell of a call goes down over the rows of all
 * calls that began while it was under way, so that what overlapped lies side by side.
 */
export function scheduleTable(rows: readonly Row[], axis: Axis): Markup {
  const shown = rows.slice(0, ROWS_MAX);
  const programs = [...new Set(shown.map(({ program }) => program))];
  const parts = programs.map((program) => shown.filter((row) => row.program === program));
  const widest = Math.max(1, ...parts.map((part) => columnsOf(part).length));
  const bodies = parts.map((part) => programRows(part, axis, widest));
  const left = rows.length - shown.length;
  const cut =
    left > 0 ? html`<p class="quiet">${left} more are only in the finding's file.</p>` : '';
  return html`<h3>Smallest schedule</h3><p class="quiet">Programs run one after the other, the threads
of one at the same time; a cell reaches over the calls that began before it came back</p>
<div class="scroll"><table class="schedule">${bodies}</table></div>${cut}`;
}

const columnsOf = (rows: readonly Row[]): number[] =>
  [...new Set(rows.map(({ thread }) => thread))].toSorted((a, b) => a - b);

function programRows(rows: readonly Row[], axis: Axis, widest: number): Markup {
  const columns = columnsOf(rows);
  // The last thread has the room that Programs with more threads need.
  const wide = (at: number): number => (at < columns.length - 1 ? 1 : widest - at);
  const names = columns.map((column) => rows.find(({ thread }) => thread === column)?.client ?? '');
  const heads = names.map((name, at) => html`<th scope="col" colspan="${wide(at)}">${name}</th>`);
  const spans = rows.map((_, index) => spanOf(rows, index));
  const lines = rows.map((row, index) => {
    const cells = columns.map((column, at) => {
      if (column === row.thread) {
        const span = html`rowspan="${spans[index] ?? 1}" colspan="${wide(at)}"`;
        return cell(row, names[at] ?? '', span, rows);
      }
      const covered = rows.some(
        (other, before) =>
          before < index && other.thread === column && before + (spans[before] ?? 1) > index,
      );
      return covered ? html`` : html`<td class="empty" colspan="${wide(at)}"></td>`;
    });
    const { call, return: back } = row.result ?? {};
    const bar = call === undefined ? '' : lane(axis, [{ from: call, until: back }], 'life');
    return html`<tr><td class="number">${row.number}</td>
<td class="time">${call === undefined ? '' : axis.micro(call)}</td>${cells}<td>${bar}</td></tr>`;
  });
  return html`<tbody><tr class="heads"><th scope="col">#</th><th scope="col">at µs</th>${heads}
<th scope="col">under way</th></tr>${lines}</tbody>`;
}

/** Rows from this one to the last that began while it was under way, and before its thread's next. */
function spanOf(rows: readonly Row[], index: number): number {
  const row = rows[index];
  if (row?.result === undefined) return 1;
  const end = row.result.return;
  let span = 1;
  for (const other of rows.slice(index + 1)) {
    const began = other.result?.call;
    if (other.thread === row.thread || began === undefined) break;
    if (end !== undefined && began >= end) break;
    span += 1;
  }
  return span;
}

function cell(row: Row, thread: string, span: Markup, rows: readonly Row[]): Markup {
  const { asks, broken, came, result } = row;
  const ok = result !== undefined && wordOf(result) === 'ok';
  const others = rows.filter((other) => other !== row && ranTogether(row, other));
  const during = others.map(({ number }) => `#${number}`).join(' ');
  const note = during === '' ? '' : html` <span class="during">overlaps ${during}</span>`;
  const mark =
    broken === true
      ? html` <span class="badge fail"><span aria-hidden="true">✗</span> breaks the promise</span>`
      : '';
  const kind = `${during === '' ? '' : ' met'}${broken === true ? ' broken' : ''}`;
  return html`<td class="call${kind}" ${span} data-thread="${thread}"><code>${asks}</code>
 <span class="${ok ? '' : 'odd'}">→ ${came === '' ? describeAnswer(result) : came}</span>${mark}${note}</td>`;
}

/** Whether two calls were under way at once. */
function ranTogether({ result: a }: FuzzStep, { result: b }: FuzzStep): boolean {
  if (a === undefined || b === undefined) return false;
  return (
    (b.return === undefined || a.call < b.return) && (a.return === undefined || b.call < a.return)
  );
}
