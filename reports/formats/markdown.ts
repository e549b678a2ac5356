import { printable } from '../../base/clean-text.ts';
import type { GateOutcome } from '../record/gate-outcome.ts';
import { eachPoint, type Point } from '../record/points.ts';
import type { RunRecord } from '../record/record.ts';
import { isDeciding, reasonWith, type Standing, standingsIn } from '../record/standing.ts';
import { STATUSES, type Status } from '../record/status.ts';
import { finalVerdict } from './verdict.ts';

/** GitHub refuses a job summary of more than 1 MiB; some room is left for others in the step. */
const LIMIT_BYTES = 900 * 1024;

const COLUMNS =
  '| verdict | level | requirement | case | reason |\n| --- | --- | --- | --- | --- |';

/**
 * The record as a job summary: the counts, then what did not pass, worst first, as far as it fits
 * in the size that GitHub accepts.
 */
export function formatMarkdown(record: RunRecord): string {
  const telling: readonly Status[] = STATUSES.toReversed().filter(
    (status) => status !== 'pass' && status !== 'skip' && status !== 'info',
  );
  const points: Point[] = [];
  for (const point of eachPoint(record)) if (telling.includes(point.status)) points.push(point);
  const standingOf = standingsIn(record);
  const rank = (point: Point): number => (isDeciding(standingOf(point)) ? 0 : 1);
  const shown = telling
    .flatMap((status) => points.filter((point) => point.status === status))
    .toSorted((a, b) => rank(a) - rank(b));
  const head = `${headOf(record)}\n\n${countsOf(record, standingOf)}\n`;
  if (shown.length === 0) return head;
  return `${head}\n${tableOf(record, shown, LIMIT_BYTES - Buffer.byteLength(head))}\n`;
}

function headOf(record: RunRecord): string {
  const { target, profile, summaries, complete, incompleteReason } = record;
  const summary = summaries.find((one) => one.profile === profile);
  const observed = `${summary?.mustObserved ?? 0} of ${summary?.mustApplicable ?? 0}`;
  const lines = [
    `## allocert: ${markdownCell(profile)} on ${markdownCell(target)}`,
    `**${markdownCell(finalVerdict(record).text)}**`,
    `Observed ${observed} applicable MUSTs.`,
  ];
  if (record.gate !== undefined) lines.push(...gateParagraphs(record.gate));
  if (!complete) lines.push(`**Incomplete:** ${markdownCell(incompleteReason)}.`);
  return lines.join('\n\n');
}

function gateParagraphs({ fixed, warnings }: GateOutcome): string[] {
  const mended = fixed.map(
    (one) => `- fixed: ${markdownCell(`${one.requirement} in ${one.case}`)}`,
  );
  const rows = [...mended, ...warnings.map((warning) => `- ${markdownCell(warning)}`)];
  return rows.length > 0 ? [rows.join('\n')] : [];
}

/** Rows by verdict; where the baseline has some of them too, how many. */
function countsOf(record: RunRecord, standingOf: (point: Point) => Standing): string {
  const counts = new Map(STATUSES.map((status) => [status, { rows: 0, known: 0 }]));
  for (const point of eachPoint(record)) {
    const count = counts.get(point.status);
    if (count === undefined) continue;
    count.rows += 1;
    if (standingOf(point) === 'known') count.known += 1;
  }
  const seen = [...counts].filter(([, { rows }]) => rows > 0);
  if (!seen.some(([, { known }]) => known > 0)) {
    const lines = seen.map(([status, { rows }]) => `| ${status} | ${rows} |`);
    return ['| verdict | rows |', '| --- | ---: |', ...lines].join('\n');
  }
  const lines = seen.map(([status, { rows, known }]) => `| ${status} | ${rows} | ${known} |`);
  const head = ['| verdict | rows | known in the baseline |', '| --- | ---: | ---: |'];
  return [...head, ...lines].join('\n');
}

function tableOf(record: RunRecord, points: readonly Point[], room: number): string {
  const standingOf = standingsIn(record);
  const rows: string[] = [];
  // 200 bytes are kept for the sentence on what does not fit.
  let left = room - Buffer.byteLength(COLUMNS) - 200;
  for (const point of points) {
    const row = rowOf(record, point, standingOf(point));
    left -= Buffer.byteLength(row) + 1;
    if (left < 0) break;
    rows.push(row);
  }
  const missing = points.length - rows.length;
  const table = [COLUMNS, ...rows].join('\n');
  return missing === 0 ? table : `${table}\n\n${missing} more do not fit here.`;
}

function rowOf(record: RunRecord, point: Point, standing: Standing): string {
  const { status, requirement, case: case_ } = point;
  const reason = reasonWith(standing, record, point);
  const cells = [
    standing === 'known' ? `known ${status}` : status,
    requirement.level,
    requirement.id,
    case_.id,
    reason,
  ];
  return `| ${cells.map(markdownCell).join(' | ')} |`;
}

/** Targets write some of these words: none may become markup, a mention or another cell. */
export const markdownCell = (text: string): string =>
  [...printable(text)]
    .slice(0, 1000)
    .join('')
    .replace(/[&<>|\\`*_[\]#@~!]/g, (one) => `&#${one.charCodeAt(0)};`);
