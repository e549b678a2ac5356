import type { Transcript } from '../../../adapters/contract/index.ts';
import { pointsByRequirement } from '../../record/points.ts';
import type { RunRecord } from '../../record/record.ts';
import { standingsIn } from '../../record/standing.ts';
import { changes } from './changes.ts';
import { caseEvidence, hasEvidence } from './evidence.ts';
import { failureList } from './failures.ts';
import { header } from './head.ts';
import { legend } from './legend.ts';
import { failuresFirst, requirementRow, toolbar } from './requirements.ts';
import { pageAround } from './shell.ts';
import { summaryTables } from './summary.ts';

/** The content of a page. */
export interface PageInput {
  readonly record: RunRecord;
  /** The target's answers to a case; asked for one case at a time, and not for passing ones. */
  readonly transcriptOf: (caseId: string) => Transcript | undefined;
}

/**
 * The HTML report of a run, in pieces: they are made as they are asked for, so a long record is
 * never in memory a second time as text.
 */
export const htmlPage = (input: PageInput): Generator<string> =>
  pageAround(`allocert: ${input.record.target}`, body(input));

const EVIDENCE =
  '<section id="evidence"><h2>Evidence</h2>' +
  '<button id="open-all" type="button" hidden>Open all</button>';

function* body({ record, transcriptOf }: PageInput): Generator<string> {
  yield '<a class="jump" href="#requirements">Skip to the requirements</a>';
  yield header(record).text;
  yield '<main>';
  const points = pointsByRequirement(record);
  const standingOf = standingsIn(record);
  const ordered = failuresFirst(record, ({ id }) => points(id).map(standingOf));
  yield failureList(record, ordered, points, standingOf).text;
  yield changes(record).text;
  yield summaryTables(record).text;
  yield legend(record).text;
  yield toolbar(record).text;
  for (const requirement of ordered) {
    yield* requirementRow(record, requirement, points(requirement.id), standingOf);
  }
  yield '</div><p id="none" hidden>No requirement fits. Press Escape to clear.</p></section>';
  const shown = record.cases.filter((one) => hasEvidence(record, one));
  if (shown.length > 0) yield EVIDENCE;
  for (const one of shown) yield caseEvidence(record, one, transcriptOf(one.id)).text;
  if (shown.length > 0) yield '</section>';
  yield '</main>';
}
