import type { FaultFinding, FaultReport, FaultWarning } from './fault-report.ts';

/** Findings that are shown; the file has all of them. */
const SHOWN_MAX = 40;
const CALL_COLUMNS = 160;

/** Exit code of a sweep: 1 for a finding, 3 where it is not complete. */
export function faultExitCode({ counts, findings, unfinished }: FaultReport): 0 | 1 | 3 {
  if (findings.length > 0) return 1;
  return unfinished.length > 0 || counts.points === 0 ? 3 : 0;
}

/** What a sweep came to, in lines of text. */
export function faultLines(report: FaultReport): string[] {
  const { counts, findings, unfinished, warnings } = report;
  return [
    ...findings.slice(0, SHOWN_MAX).flatMap(findingLines),
    ...(findings.length > SHOWN_MAX
      ? [`and ${findings.length - SHOWN_MAX} findings more`, '']
      : []),
    ...warnings.flatMap(warningLines),
    ...unfinished.map(({ caseId, reason }) => `not swept to its end: ${caseId}: ${reason}`),
    `${counts.calls} system calls of ${counts.cases} cases swept, ${counts.kinds} of them different` +
      ` (${counts.apart} of loops and threads, in a child beforehand)`,
    `${counts.points} allocations failed; ${counts.absorbed} of these calls succeeded all the same` +
      (counts.cut === 0 ? '' : `, and ${counts.cut} of them could not be undone to go on`),
    `memory was counted over many failures of ${counts.counted} allocations`,
    ...(counts.unarmed === 0
      ? []
      : [
          `for ${counts.unarmed} calls the kernel could not be told to fail: nothing failed in them`,
        ]),
    ...(counts.bounded === 0
      ? []
      : [`${counts.bounded} calls have more than ${report.bound} allocations: see --points`]),
    findings.length === 0 ? 'Nothing was found.' : `${findings.length} findings.`,
  ];
}

const findingLines = ({ call, caseId, detail, kind, more, nth }: FaultFinding): string[] => [
  `FAULT ${kind}: ${detail}`,
  `      call      ${call.length > CALL_COLUMNS ? `${call.slice(0, CALL_COLUMNS)}…` : call}`,
  `      case      ${caseId}${more === 0 ? '' : ` (and ${more} more like it)`}`,
  ...(nth === 0 ? [] : [`      failed    allocation ${nth} of the call`]),
  '',
];

/** Warnings stand beside findings, and are none. */
const warningLines = ({ caseId, source, summary }: FaultWarning): string[] => [
  `warning: ${summary}`,
  `      case      ${caseId}`,
  `      source    ${source}`,
  '',
];

/** The same as a page of Markdown. */
export function faultMarkdown(report: FaultReport): string {
  const rows = Object.entries(report.byOperation).map(
    ([op, { calls, points }]) => `| \`${op}\` | ${calls} | ${points} |`,
  );
  const table = [
    '| operation | calls | allocations that failed |',
    '| --- | ---: | ---: |',
    ...rows,
  ];
  const text = faultLines(report).map((line) => (line === '' ? '' : `    ${line}`));
  return [`# Faults of ${report.target}`, '', ...text, '', ...table, ''].join('\n');
}
