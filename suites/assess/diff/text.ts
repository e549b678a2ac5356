import type { Paragraph } from '../table.ts';
import type { PlacedDifference } from './entries.ts';
import type { CaseDiff, SuiteDiff } from './suite.ts';

/** Differences of one case or Program that the text shows; the JSON has all. */
const SHOWN = 5;

const paragraph = (first: string, text: string): Paragraph => ({ first, text });

/** Differences in words, the first few of them. */
export function differenceParagraphs(
  differences: readonly PlacedDifference[],
  indent: string,
): Paragraph[] {
  const shown = differences
    .slice(0, SHOWN)
    .flatMap((one) => [
      paragraph(`${indent}`, placeOf(one)),
      paragraph(`${indent}  ${one.field.padEnd(10)} left  `, one.left),
      paragraph(`${indent}  ${''.padEnd(10)} right `, one.right),
    ]);
  const more = differences.length - SHOWN;
  return more > 0 ? [...shown, paragraph(indent, `and ${more} more`)] : shown;
}

function placeOf({ program, thread, operation, what, raced }: PlacedDifference): string {
  const place = [
    `Program ${program}`,
    ...(thread === undefined ? [] : [`thread ${thread}`]),
    ...(operation === undefined ? [] : [`operation ${operation}`]),
  ].join(', ');
  return `${place}: ${what}${raced ? ' (raced: it does not count)' : ''}`;
}

/** A comparison of the suites, requirement by requirement. */
export function suiteParagraphs(diff: SuiteDiff): Paragraph[] {
  const lines = diff.requirements.flatMap((one) => [
    paragraph(`${one.requirement.padEnd(7)} `, one.statement),
    ...(one.differs
      ? [
          paragraph('        left   ', statusText(one.statuses[0], one.observed[0])),
          paragraph('        right  ', statusText(one.statuses[1], one.observed[1])),
        ]
      : [paragraph('        ', `the same was observed: ${one.statuses[0]}`)]),
    ...one.cases.flatMap((id) => caseParagraphs(diff.cases.find((each) => each.case === id))),
    paragraph('', ''),
  ]);
  return [...lines, paragraph('', suiteVerdict(diff))];
}

const statusText = (status: string, observed: string): string =>
  status === '' ? 'not observed' : `${status}${observed === '' ? '' : `; observed ${observed}`}`;

function caseParagraphs(one: CaseDiff | undefined): Paragraph[] {
  if (one === undefined) return [];
  return [
    paragraph('        case   ', one.case),
    ...differenceParagraphs(one.differences, '          '),
  ];
}

function suiteVerdict({
  same,
  requirements,
  compared,
  cases,
  profile,
  incomplete,
}: SuiteDiff): string {
  const observed = requirements.filter(({ differs }) => differs).length;
  const histories = cases.filter(({ differences }) => differences.length > 0).length;
  const stopped = incomplete === '' ? '' : ` A run stopped early: ${incomplete}.`;
  if (same && histories === 0) {
    return `The targets differ nowhere: ${cases.length} cases, ${compared} requirements.${stopped}`;
  }
  return (
    `Of ${compared} requirements ${observed} are observed otherwise under profile ${profile}; ` +
    `Histories differ in ${histories} of ${cases.length} cases.${stopped}`
  );
}
