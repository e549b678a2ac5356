import { printable } from '../../base/clean-text.ts';
import { counted } from '../../base/counted.ts';
import { eachPoint, groupPoints, type Point, sourceOf } from '../record/points.ts';
import type { RunRecord } from '../record/record.ts';
import { standingsIn } from '../record/standing.ts';
import { isBad, type Status } from '../record/status.ts';
import { blockedLines, isBlocked } from './blocked-lines.ts';
import { gateLines } from './gate-lines.ts';
import { COLUMNS, type Colour, painter, type Style, wrap } from './layout.ts';
import { labelled, remarkLines, remarksByReason } from './remarks.ts';
import { finalVerdict, profileVerdict, type VerdictText } from './verdict.ts';

/** How a summary is printed. */
export interface SummaryOptions {
  /** The report directory, for the last line; left out when nothing was written. */
  readonly directory?: string;
  readonly coloured: boolean;
  /** Columns of a line; {@link COLUMNS} when left out. */
  readonly columns?: number;
  /** Only failures and the verdict. */
  readonly brief?: boolean;
}

/**
 * The text that a terminal shows after a run: what failed and by which rule, what only warns, how
 * the target stands under every profile of its ABI, and where the files are.
 */
export function formatSummary(record: RunRecord, options: SummaryOptions): string {
  const { coloured, columns = COLUMNS, brief = false } = options;
  const style: Style = { paint: painter(coloured), columns };
  const points: Point[] = [];
  for (const point of eachPoint(record)) {
    if (point.status !== 'pass' && point.status !== 'info') points.push(point);
  }
  const of = (status: Status): Point[] => points.filter((point) => point.status === status);
  const standingOf = standingsIn(record);
  const isKnown = (point: Point): boolean => standingOf(point) === 'known';
  const bad = points.filter((point) => isBad(point.status) && !isKnown(point));
  const broken = groupPoints(bad, ({ requirement, status }) => `${status} ${requirement.id}`);
  const sections = [
    ...(brief ? [] : [headerLines(record, style)]),
    ...[...broken.values()].map((group) => failureLines(group, style)),
    ...(brief
      ? []
      : [
          ...remarkSections(record, (status) => of(status).filter((one) => !isKnown(one)), style),
          gateLines(record, points, style),
          record.notices.flatMap((notice) => labelled('note', notice, style)),
          profileLines(record, style),
        ]),
    verdictLines(record, options.directory, style),
  ];
  const filled = sections.filter((lines) => lines.length > 0);
  return `${filled.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** What could not be decided or observed, and what only warns. */
function remarkSections(
  record: RunRecord,
  of: (status: Status) => readonly Point[],
  style: Style,
): string[][] {
  const open = of('inconclusive').filter((point) => !isBlocked(point));
  return [
    blockedLines(of('inconclusive').filter(isBlocked), style),
    [
      ...[...open, ...of('flaky'), ...of('warn')].flatMap((point) =>
        remarkLines(point.status, point, style),
      ),
      ...remarksByReason('skip', of('skip').filter(isUnobserved(record)), style),
    ],
  ];
}

/** Whether no other case observed the requirement either; of a killed run nothing is listed. */
const isUnobserved =
  ({ profile }: RunRecord) =>
  ({ requirement, case: { end } }: Point): boolean =>
    end !== 'not-run' && requirement.statuses[profile] === 'skip';

function headerLines(record: RunRecord, { columns, paint }: Style): string[] {
  const { facts, cases } = record;
  const ran = cases.filter(({ end }) => end !== 'not-run').length;
  const { release } = facts.kernel ?? { release: '' };
  const kernel = facts.implementation.includes(release) ? '' : `, Linux ${release}`;
  const what = `${facts.implementation}${kernel}, ${facts.architecture}`;
  const seconds = (record.durationMs / 1000).toFixed(1);
  return [
    ...wrap('', `allocert ${record.allocert} on ${record.target}`, columns).map((line) =>
      paint('bold', line),
    ),
    ...wrap('', `${what}; ${ran} of ${cases.length} cases ran in ${seconds} s`, columns),
    ...(record.sources.length > 1 ? [`merged from ${record.sources.length} records`] : []),
    ...record.fuzz.flatMap(({ seed, rounds, operations, findings }) =>
      wrap(
        '',
        `fuzzed with seed ${seed}: ${counted(rounds, 'round')}, ` +
          `${counted(operations, 'operation')}, ${counted(findings.length, 'finding')}`,
        columns,
      ),
    ),
  ];
}

/** A requirement that was broken: the first case in full, the others by name. */
function failureLines(points: readonly Point[], style: Style): string[] {
  const [point, ...more] = points;
  if (point === undefined) return [];
  const { requirement, status } = point;
  const head = `${requirement.id}  ${requirement.statement}`;
  const [title = '', ...rest] = labelled(status, head, style);
  const row = (name: string, text: string): string[] =>
    text === '' ? [] : wrap(`      ${name.padEnd(10)}`, text, style.columns);
  return [
    style.paint('red', title),
    ...rest,
    ...row('expected', point.expected.join(' or ')),
    ...row('observed', point.observed.join(', ')),
    ...row('reason', point.reason),
    ...row('rule', `${requirement.level}, ${requirement.authority}: ${sourceOf(requirement)}`),
    ...row('case', point.case.id),
    ...row('also', more.map((one) => one.case.id).join(', ')),
  ];
}

function profileLines(record: RunRecord, { columns, paint }: Style): string[] {
  const width = Math.max(...record.summaries.map(({ profile }) => profile.length));
  const rows = record.summaries.flatMap((summary) => {
    const { tone, text: standing } = profileVerdict(summary, record);
    const decides = summary.profile === record.profile ? ' (decides)' : '';
    const name = `  ${printable(summary.profile).padEnd(width)}  `;
    const { mustObserved, mustApplicable } = summary;
    const observed = `observed ${mustObserved} of ${mustApplicable} applicable MUSTs`;
    const text = `${standing}${brokenUnder(record, summary.profile)}; ${observed}${decides}`;
    const [first = '', ...rest] = wrap(name, text, columns);
    return [first.replace(standing, paint(TONES[tone], standing)), ...rest];
  });
  const abi = record.profiles[0]?.abi ?? 'unknown';
  return [`Profiles of the ${printable(abi)} ABI:`, ...rows];
}

/** Which requirements a profile sees broken, by id. */
function brokenUnder({ requirements }: RunRecord, profile: string): string {
  const broken = requirements.filter(({ statuses }) => isBad(statuses[profile] ?? 'skip'));
  return broken.length === 0 ? '' : `, ${broken.map(({ id }) => id).join(', ')} broken`;
}

const TONES: Readonly<Record<VerdictText['tone'], Colour>> = {
  good: 'green',
  bad: 'red',
  open: 'yellow',
};

function verdictLines(
  record: RunRecord,
  directory: string | undefined,
  { columns, paint }: Style,
): string[] {
  const { tone, text } = finalVerdict(record);
  const [first = '', ...rest] = wrap('', text, columns);
  const place = directory === undefined ? [] : wrap('', `The report is in ${directory}.`, columns);
  return [paint(TONES[tone], first), ...rest, ...place];
}
