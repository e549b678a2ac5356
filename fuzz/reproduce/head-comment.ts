import type { Requirement } from '../../catalogue/catalogue.ts';
import { requirementOf } from '../../catalogue/catalogue.ts';
import { wilsonInterval } from '../judge/confidence-interval.ts';
import { tokenOf } from '../record/finding.ts';
import { blockComment } from './c-text.ts';
import type { ProgramLayout } from './program-layout.ts';

const EXITS =
  'Exit status: 0 the promise held, 1 it was broken, 2 it could not be run or nothing can be said.';

/** The comment at the top: what is broken, where it was seen, and how to run it. */
export function headComment({
  check,
  evidence,
  races: meets,
  times,
  unjudged,
}: ProgramLayout): string[] {
  const { abi, finding } = evidence;
  const rule = requirementOf(finding.requirement);
  const { document, place } = abi.sources?.[rule.id] ?? rule.source;
  const races = meets
    ? ['Calls that did not overlap when it was seen keep their order here; the others race.']
    : [];
  const judged =
    unjudged === undefined
      ? check.means
      : `It cannot judge itself: ${unjudged}. Compare what it prints with the results below.`;
  return blockComment([
    `${finding.kind[0]?.toUpperCase()}${finding.kind.slice(1)}.`,
    `Broken: ${sentence(rule)} (${rule.id}, ${rule.level}; ${document}: ${place})`,
    `Seen: ${finding.detail}`,
    `Found by allocert on ${finding.target}, which is ${kernelOf(finding.facts)}.`,
    `Signature: ${finding.signature}. Origin: ${finding.token ?? tokenOf(finding.origin)}. ` +
      `It showed again ${often(finding)}.`,
    judged,
    ...races,
    ...(unjudged === undefined ? [] : [recorded(evidence)]),
    `\tcc -Wall -Wextra -pthread -o reproducer THIS-FILE.c\n\t./reproducer [DEVICE [ATTEMPTS]]`,
    `Without arguments it makes ${times === 1 ? 'one attempt' : `${times} attempts`} on ` +
      `${devicePath(finding.facts)}. ${EXITS}`,
  ]);
}

const sentence = ({ statement }: Requirement): string => statement;

/** The device node of the region that findings are about. */
export const devicePath = ({ regions }: ProgramLayout['evidence']['finding']['facts']): string =>
  regions[0]?.node ?? '/dev/dma_heap/system';

function kernelOf({
  architecture,
  implementation,
  kernel,
}: ProgramLayout['evidence']['finding']['facts']) {
  return `${kernel === undefined ? implementation : `Linux ${kernel.release}`} on ${architecture}`;
}

function often({ reproduced }: ProgramLayout['evidence']['finding']): string {
  if (reproduced === undefined || reproduced.of === 0) return 'in no further run, as none was made';
  const { low, high } = wilsonInterval(reproduced.times, reproduced.of);
  const percent = (part: number): number => Math.round(100 * part);
  const { of, times } = reproduced;
  return `in ${times} of ${of} runs (95 % confidence: ${percent(low)} to ${percent(high)} %)`;
}

/** The results that were recorded, call by call. */
function recorded({ histories, programs }: ProgramLayout['evidence']): string {
  const lines = programs.flatMap(({ threads }, program) =>
    threads.flatMap(({ client, operations }, thread) =>
      operations.map(({ op }, index) => {
        const result = histories[program]?.threads[thread]?.[index];
        const came = result === undefined ? 'nothing' : (result.errno ?? String(result.value));
        return `\t${client}: ${op} = ${came}`;
      }),
    ),
  );
  return lines.join('\n');
}
