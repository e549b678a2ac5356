/** Reads each format as its readers do, so that tests can compare what they count. */
import { Parser } from 'tap-parser';
import { pointsOf } from '../../../reports/record/points.ts';

/** What a format says was counted. */
export interface Counts {
  readonly tests: number;
  readonly bad: number;
  readonly skipped: number;
}

const attribute = (xml: string, name: string): number =>
  [...xml.matchAll(new RegExp(`<testsuite [^>]*\\b${name}="(\\d+)"`, 'g'))].reduce(
    (sum, match) => sum + Number(match[1]),
    0,
  );

function countedStatuses(matches: readonly RegExpMatchArray[]): Counts {
  const statuses = matches.map((match) => match[1] ?? '');
  const among = (...wanted: string[]): number =>
    statuses.filter((status) => wanted.includes(status)).length;
  return {
    tests: statuses.length,
    bad: among('fail', 'crash', 'hang', 'inconclusive'),
    skipped: among('skip', 'waived'),
  };
}

/** How each format says what was counted; the run's own point of JUnit and CTRF is taken off. */
export const PARSERS: Readonly<Record<string, (text: string, ended: number) => Counts>> = {
  tap: (text) => {
    const parser = new Parser({ strict: true });
    parser.end(text);
    const { count = 0, fail = 0, skip = 0 } = parser.results ?? {};
    return { tests: count, bad: fail, skipped: skip };
  },
  junit: (text, ended) => ({
    tests: attribute(text, 'tests') - ended,
    bad: attribute(text, 'failures') + attribute(text, 'errors') - ended,
    skipped: attribute(text, 'skipped'),
  }),
  ctrf: (text, ended) => {
    const { tests, failed, skipped } = JSON.parse(text).results.summary;
    return { tests: tests - ended, bad: failed - ended, skipped };
  },
  json: (text) => {
    const points = pointsOf(JSON.parse(text));
    const among = (statuses: readonly string[]): number =>
      points.filter(({ status }) => statuses.includes(status)).length;
    return {
      tests: points.length,
      bad: among(['fail', 'crash', 'hang', 'inconclusive']),
      skipped: among(['skip', 'waived']),
    };
  },
  html: (text) =>
    countedStatuses([...text.matchAll(/<li data-standing="\w+"><span class="badge (\w+)">/g)]),
  markdown: (text) => {
    const rows = [...text.matchAll(/^\| ([a-z]+) \| (\d+) \|$/gm)];
    const sum = (...statuses: string[]): number =>
      rows
        .filter((row) => statuses.length === 0 || statuses.includes(row[1] ?? ''))
        .reduce((total, row) => total + Number(row[2]), 0);
    return {
      tests: sum(),
      bad: sum('fail', 'crash', 'hang', 'inconclusive'),
      skipped: sum('skip', 'waived'),
    };
  },
};
