import { join } from 'node:path';
import { checkedEntries } from '../../adapters/replay/decode-entries.ts';
import { REPORT_FILES } from '../../reports/files/directory.ts';
import { refuseContradiction } from '../../reports/gate/check-record.ts';
import { EvidenceBeside } from '../../reports/journal/evidence-beside.ts';
import { JournalCourse } from '../../reports/journal/journal-course.ts';
import {
  type JournalPlace,
  journalLineAt,
  scanJournal,
} from '../../reports/journal/read-journal.ts';
import { RecordBuilder } from '../../reports/record/builder.ts';
import { contradiction } from '../../reports/record/contradiction.ts';
import type { DerivedRun } from '../../reports/record/derived-run.ts';
import type { GateSettings } from '../../reports/record/gate-outcome.ts';
import type { RunStart } from '../../reports/record/journal-lines.ts';
import { catalogueDifference, whyUnjudged } from './check-catalogue.ts';
import { JudgeAgain } from './judge-again.ts';

/**
 * Refuses a report whose journal says otherwise than what follows from the target's answers in it,
 * or than the evidence beside it. What another version of allocert judged is not judged again.
 *
 * @param directory a folder that holds a journal
 * @param onDerived gets what follows from the journal, once nothing contradicts it
 * @returns a sentence on what could not be checked; empty when everything was
 * @throws {@link AllocertError} (machine) naming the first contradiction, and as `scanJournal` does
 */
export async function checkJournal(
  directory: string,
  onDerived: (run: DerivedRun) => void = () => {},
): Promise<string> {
  const file = join(directory, REPORT_FILES.journal);
  const { start, ends, record, settings, unjudged } = walked(directory, file);
  if (unjudged !== '') {
    refuseContradiction(record, file);
    onDerived({ record, settings });
    return unjudged;
  }
  const quoted = catalogueDifference({ ...start, incomplete: false });
  if (quoted !== undefined) throw contradiction(file, 'the catalogue of this version', quoted);
  const judge = new JudgeAgain(start);
  for (const place of ends) {
    const line = journalLineAt(directory, place);
    if (line.type !== 'case-end') continue;
    const entries = checkedEntries(line.transcript, `${file} line ${place.number}`);
    const found = await judge.difference(line.case, line, entries);
    if (found === undefined) continue;
    throw contradiction(file, `the answers in its own line ${place.number}`, found);
  }
  refuseContradiction(record, file);
  onDerived({ record, settings });
  return '';
}

/** A journal that was read to its end. */
interface Walked extends DerivedRun {
  /** Why it cannot be judged again; empty when it can be. */
  readonly unjudged: string;
  /** The first line; without its cases where they are not judged again. */
  readonly start: RunStart;
  /** Where the ends of cases stand that are judged again. */
  readonly ends: readonly JournalPlace[];
}

/** Reads a journal to its end: nothing in it may contradict its course, nor the evidence. */
function walked(directory: string, file: string): Walked {
  const ends: JournalPlace[] = [];
  const evidence = new EvidenceBeside(directory);
  const course = new JournalCourse(file);
  const builder = new RecordBuilder();
  let start: RunStart | undefined;
  let settings: GateSettings | undefined;
  let unjudged = '';
  scanJournal(directory, (line, place) => {
    course.add(line, place);
    if (line.type === 'run-start') {
      unjudged = whyUnjudged(line.allocert, file, { ...line, incomplete: false });
      // A long run has more of them than of anything else, and the builder has them, too.
      start = unjudged === '' ? line : { ...line, cases: [] };
    }
    if (line.type === 'gate') settings = line;
    if (line.type === 'case-end' && unjudged === '') ends.push(place);
    builder.add(line, evidence.add(line, place));
  });
  evidence.end();
  if (start === undefined) throw new Error('a journal was read that does not start a run');
  return { start, ends, record: builder.record(), settings, unjudged };
}
