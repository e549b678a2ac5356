import { printable } from '../../base/clean-text.ts';
import { eachPoint, type Point } from '../record/points.ts';
import type { RunRecord } from '../record/record.ts';
import {
  extraRows,
  isDeciding,
  reasonWith,
  type Standing,
  standingsIn,
} from '../record/standing.ts';
import { finalVerdict } from './verdict.ts';

/** GitHub shows that many annotations of a kind for a step and drops the others silently. */
const SHOWN = 10;

type Kind = 'error' | 'warning' | 'notice';

interface Annotation {
  readonly title: string;
  readonly message: string;
}

/**
 * The record as workflow commands, which GitHub shows as annotations. Where there are more than it
 * shows, the last one says how many are left out.
 */
export function formatGithub(record: RunRecord): string {
  const errors: Annotation[] = [];
  const warnings: Annotation[] = [];
  const notices: Annotation[] = [];
  const standingOf = standingsIn(record);
  for (const point of eachPoint(record)) {
    const standing = standingOf(point);
    const list = isDeciding(standing) ? errors : standing === 'remark' ? warnings : notices;
    if (standing === 'passes' || standing === 'skipped') continue;
    list.push(annotationOf(record, point, standing));
  }
  for (const message of record.gate?.warnings ?? []) warnings.push({ title: 'gate', message });
  // First, so that no number of failures can push it out.
  for (const { name, reason, word } of extraRows(record, eachPoint(record))) {
    const title = word === 'incomplete' ? 'the run is incomplete' : `not so: ${name}`;
    errors.unshift({ title, message: reason });
  }
  const said = finalVerdict(record);
  if (record.gate !== undefined || said.excused) {
    notices.unshift({ title: 'allocert', message: said.text });
  }
  return [
    ...commandsOf('error', errors),
    ...commandsOf('warning', warnings),
    ...commandsOf('notice', notices),
  ].join('');
}

function annotationOf(record: RunRecord, point: Point, standing: Standing): Annotation {
  const { case: case_, requirement, status, expected } = point;
  const reason = reasonWith(standing, record, point);
  const wanted = expected.length === 0 ? '' : ` (expected ${expected.join(' or ')})`;
  return {
    title: `${standing === 'known' ? `known ${status}` : status}: ${requirement.level} ${requirement.id} in ${case_.id}`,
    message: `${reason}${wanted}\n${requirement.statement}`,
  };
}

function commandsOf(kind: Kind, all: readonly Annotation[]): readonly string[] {
  const fits = all.length <= SHOWN;
  const shown = fits ? all : all.slice(0, SHOWN - 1);
  const rest = all.length - shown.length;
  const more = { title: `${rest} more`, message: 'the reports of allocert list all of them' };
  return (fits ? shown : [...shown, more]).map(
    ({ title, message }) => `::${kind} title=${property(title)}::${data(message)}\n`,
  );
}

/** A target's words must not start a command of their own, so every line break is escaped. */
const data = (text: string): string =>
  text
    .split('\n')
    .map((line) => printable(line).replaceAll('%', '%25'))
    .join('%0A');

const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
