import { eachPoint, type Point } from '../record/points.ts';
import type { RunRecord } from '../record/record.ts';
import { isBad, type Status } from '../record/status.ts';
import { knownIn } from './gate-lines.ts';
import { printable } from './layout.ts';

/** GitHub shows that many annotations of a kind for a step and drops the others silently. */
const SHOWN = 10;

type Kind = 'error' | 'warning';

const WARNED: readonly Status[] = ['warn', 'inconclusive', 'flaky', 'waived'];

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
  const isKnown = knownIn(record);
  for (const point of eachPoint(record)) {
    if (WARNED.includes(point.status) || isKnown(point)) warnings.push(annotationOf(point));
    else if (isBad(point.status)) errors.push(annotationOf(point));
  }
  for (const message of record.gate?.warnings ?? []) warnings.push({ title: 'gate', message });
  // First, so that no number of failures can push it out.
  if (!record.complete) {
    errors.unshift({ title: 'the run is incomplete', message: record.incompleteReason });
  }
  return [...commandsOf('error', errors), ...commandsOf('warning', warnings)].join('');
}

function annotationOf({ case: case_, requirement, status, expected, reason }: Point): Annotation {
  const wanted = expected.length === 0 ? '' : ` (expected ${expected.join(' or ')})`;
  return {
    title: `${status}: ${requirement.level} ${requirement.id} in ${case_.id}`,
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
