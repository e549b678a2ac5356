import { printable } from '../../base/clean-text.ts';
import { eachPoint, groupPoints, type Point, sourceOf } from '../record/points.ts';
import type { RunRecord } from '../record/record.ts';
import { standingsIn } from '../record/standing.ts';
import { isBad, type Status } from '../record/status.ts';
import { blockedLines, isBlocked } from './blocked-lines.ts';
import { gateLines } from './gate-lines.ts';
import { type Colour, type Paint, painter, wrap } from './layout.ts';
import { label, remarkLines } from './remarks.ts';
import { finalVerdict, profileVerdict, type VerdictText } from './verdict.ts';

/** How a summary is printed. */
export interface SummaryOptions {
  /** The report directory, for the last line; left out when nothing was written. */
  readonly directory?: string;
  readonly coloured: boolean;
}

/**
 * The text that a terminal shows after a run: what failed and by which rule, what only warns, how
 * the target stands under every profile of its ABI, and where the files are.
 */
export function formatSummary(record: RunRecord, options: SummaryOptions): string {
  const paint = painter(options.coloured);
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
    headerLines(record, paint),
    ...[...broken.values()].map((group) => failureLines(group, paint)),
    blockedLines(
      of('inconclusive').filter((point) => isBlocked(point) && !isKnown(point)),
      paint,
    ),
    [
      ...of('inconclusive').filter((point) => !isBlocked(point)),
      ...of('flaky'),
      ...of('warn'),
      ...of('skip').filter(isUnobserved(record)),
    ]
      .filter((point) => !isKnown(point))
      .flatMap((point) =>
        remarkLines(point.status === 'inconclusive' ? 'open' : point.status, point, paint),
      ),
    gateLines(record, points, paint),
    record.notices.flatMap((notice) => wrap('note  ', notice)),
    profileLines(record, paint),
    verdictLines(record, options.directory, paint),
  ];
  const filled = sections.filter((lines) => lines.length > 0);
  return `${filled.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** Whether no other case observed the requirement either; of a killed run nothing is listed. */
const isUnobserved =
  ({ profile }: RunRecord) =>
  ({ requirement, case: { end } }: Point): boolean =>
    end !== 'not-run' && requirement.statuses[profile] === 'skip';

function headerLines(record: RunRecord, paint: Paint): string[] {
  const { facts, cases } = record;
  const ran = cases.filter(({ end }) => end !== 'not-run').length;
  const { release } = facts.kernel ?? { release: '' };
  const kernel = facts.implementation.includes(release) ? '' : `, Linux ${release}`;
  const what = `${facts.implementation}${kernel}, ${facts.architecture}`;
  const seconds = (record.durationMs / 1000).toFixed(1);
  return [
    ...wrap('', `allocert ${record.allocert} on ${record.target}`).map((line) =>
      paint('bold', line),
    ),
    ...wrap('', `${what}; ${ran} of ${cases.length} cases ran in ${seconds} s`),
    ...(record.sources.length > 1 ? [`merged from ${record.sources.length} records`] : []),
    ...record.fuzz.flatMap(({ seed, rounds, operations, findings }) =>
      wrap(
        '',
        `fuzzed with seed ${seed}: ${rounds} rounds, ${operations} operations, ` +
          `${findings.length} ${findings.length === 1 ? 'finding' : 'findings'}`,
      ),
    ),
  ];
}

/** A requirement that was broken: the first case in full, the others by name. */
function failureLines(points: readonly Point[], paint: Paint): string[] {
  const [point, ...more] = points;
  if (point === undefined) return [];
  const { requirement, status } = point;
  const head = `${requirement.id}  ${requirement.statement}`;
  const [title = '', ...rest] = wrap(label(status), head);
  const row = (name: string, text: string): string[] =>
    text === '' ? [] : wrap(`      ${name.padEnd(10)}`, text);
  return [
    paint('red', title),
    ...rest,
    ...row('expected', point.expected.join(' or ')),
    ...row('observed', point.observed.join(', ')),
    ...row('reason', point.reason),
    ...row('rule', `${requirement.level}, ${requirement.authority}: ${sourceOf(requirement)}`),
    ...row('case', point.case.id),
    ...row('also', more.map((one) => one.case.id).join(', ')),
  ];
}

function profileLines(record: RunRecord, paint: Paint): string[] {
  const width = Math.max(...record.summaries.map(({ profile }) => profile.length));
  const rows = record.summaries.flatMap((summary) => {
    const { tone, text: standing } = profileVerdict(summary, record);
    const decides = summary.profile === record.profile ? ' (decides)' : '';
    const name = `  ${printable(summary.profile).padEnd(width)}  `;
    const { mustObserved, mustApplicable } = summary;
    const observed = `observed ${mustObserved} of ${mustApplicable} applicable MUSTs`;
    const text = `${standing}${brokenUnder(record, summary.profile)}; ${observed}${decides}`;
    const [first = '', ...rest] = wrap(name, text);
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

function verdictLines(record: RunRecord, directory: string | undefined, paint: Paint): string[] {
  const { tone, text } = finalVerdict(record);
  const [first = '', ...rest] = wrap('', text);
  const place = directory === undefined ? [] : wrap('', `The report is in ${directory}.`);
  return [paint(TONES[tone], first), ...rest, ...place];
}
