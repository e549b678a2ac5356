import { join } from 'node:path';
import { checkedEntries } from '../../adapters/replay/decode-entries.ts';
import { forEachLine } from '../../base/lines.ts';
import { profileNamed } from '../../catalogue/catalogue.ts';
import type { PackageHead } from '../../reports/certificate/package-head.ts';
import { EvidenceBeside } from '../../reports/journal/evidence-beside.ts';
import { JournalCourse } from '../../reports/journal/journal-course.ts';
import {
  type JournalPlace,
  journalLineAt,
  scanJournal,
} from '../../reports/journal/read-journal.ts';
import { RecordBuilder } from '../../reports/record/builder.ts';
import { contradiction } from '../../reports/record/contradiction.ts';
import type { RunStart, WrittenLine } from '../../reports/record/journal-lines.ts';
import type { RunRecord } from '../../reports/record/record.ts';
import { recordDigest } from '../../reports/record/record-text.ts';
import { catalogueDifference } from '../../suites/recheck/check-catalogue.ts';
import { JudgeAgain } from '../../suites/recheck/judge-again.ts';
import { isSameTarget } from '../../suites/run/identity.ts';
import { selectCases } from '../../suites/run/select.ts';
import { type CertificationPlan, caseOrder } from '../plan/plan.ts';
import type { RefusalList } from './refusals.ts';

/** A run of a package, before anything of it is believed. */
export interface RunPlace {
  /** Counted from 0. */
  readonly at: number;
  /** Holds its journal, record and evidence. */
  readonly folder: string;
  /** SHA-256 of `record.json`. */
  readonly recordSha256: string;
  readonly head: PackageHead;
  readonly plan: CertificationPlan;
}

/** A run whose parts agree. */
export interface CheckedRun {
  /** What follows from its journal. */
  readonly record: RunRecord;
  readonly start: RunStart;
  /** Ends of cases in the journal, for judging them again. */
  readonly ends: readonly JournalPlace[];
  /** Answers of the target that were judged. */
  readonly answers: number;
}

/** Lines that a certification writes: no gate, no retry. */
const LINES: readonly string[] = ['run-start', 'case-start', 'case-end', 'notice', 'run-end'];

/**
 * Holds a run against the plan and its evidence, and judges every case again by the catalogue that
 * is in force.
 *
 * @returns undefined when it cannot be read, or its journal and its evidence are not of one run
 */
export async function checkRun(
  place: RunPlace,
  refusals: RefusalList,
): Promise<CheckedRun | undefined> {
  const walked = await walk(place, refusals);
  if (walked === undefined) return undefined;
  const { ends, record, start } = walked;
  checkStart(place, start, refusals);
  await refusals.attempt('order', () => checkOrder(place, start, refusals));
  const isQuoted = await refusals.attempt('catalogue-quoted', () => {
    const found = catalogueDifference({ ...start, incomplete: false });
    if (found !== undefined) throw contradiction(fileOf(place), 'the catalogue', found);
    return true;
  });
  if (isQuoted !== true) return undefined;
  const answers = await judgeAll(place, start, ends, refusals);
  checkRecord(place, record, refusals);
  return { record, start, ends, answers };
}

/** The runs must be of one target, one after the other. */
export function refuseMixture(runs: readonly CheckedRun[], refusals: RefusalList): void {
  for (const [at, { record, start }] of runs.entries()) {
    const before = runs[at - 1];
    if (before === undefined) continue;
    if (!isSameTarget(before.start.facts, start.facts)) {
      refusals.add('target', `run ${at + 1} met another target than run ${at}`);
    }
    if (Date.parse(record.startedAt) >= Date.parse(before.record.endedAt)) continue;
    refusals.add('run-times', `run ${at + 1} began before run ${at} ended`);
  }
}

const fileOf = ({ folder }: RunPlace, name = 'journal.ndjson'): string => join(folder, name);

type Walked = Pick<CheckedRun, 'ends' | 'record' | 'start'>;

/** Reads the journal to its end, beside the evidence. */
async function walk(place: RunPlace, refusals: RefusalList): Promise<Walked | undefined> {
  const { folder } = place;
  const cases = new Set<string>();
  const course = new JournalCourse(fileOf(place));
  const ends: JournalPlace[] = [];
  const starts: RunStart[] = [];
  const isRead = await refusals.attempt('journal', () => {
    const isTorn = scanJournal(folder, (line, at) => {
      course.add(line, at);
      if (line.type === 'run-start') starts.push(line);
      if (line.type === 'case-end') ends.push(at);
      const fault = lineFault(line, cases);
      if (fault === undefined) return;
      refusals.add('journal', `${fileOf(place)} line ${at.number} ${fault}`);
    });
    if (isTorn) refusals.add('journal', `${fileOf(place)} ends in the middle of a line`);
    return true;
  });
  const [start] = starts;
  if (isRead !== true || start === undefined) return undefined;
  const record = await refusals.attempt('journal-evidence', () => agreedRecord(place, ends.length));
  return record === undefined ? undefined : { start, ends, record };
}

/** The record of a journal that agrees with its evidence. @throws {@link AllocertError} */
function agreedRecord(place: RunPlace, cases: number): RunRecord {
  const evidence = new EvidenceBeside(place.folder);
  const builder = new RecordBuilder();
  scanJournal(place.folder, (line, at) => builder.add(line, evidence.add(line, at)));
  evidence.end();
  const file = fileOf(place, 'evidence.ndjson');
  let lines = 0;
  forEachLine(file, () => {
    lines += 1;
  });
  if (lines === cases + 1) return builder.record();
  const follows = { field: 'its number of lines', says: lines, follows: cases + 1 };
  throw contradiction(file, 'the journal beside it', follows);
}

/** What no certification writes, as the end of a sentence. */
function lineFault(line: WrittenLine, cases: Set<string>): string | undefined {
  if (!LINES.includes(line.type)) return `is a ${line.type}, which no certification writes`;
  if (line.type !== 'case-end') return undefined;
  if (cases.has(line.case)) return `ends ${line.case} once more`;
  cases.add(line.case);
  return undefined;
}

/** Holds what a run says of itself against the plan. */
function checkStart(place: RunPlace, start: RunStart, refusals: RefusalList): void {
  const { at, head, plan } = place;
  const run = `run ${at + 1}`;
  const seed = plan.runs[at] ?? '';
  if (start.allocert !== head.allocert) {
    const made = `${run} was made by allocert ${start.allocert}`;
    refusals.add('tool-version', `${made}, and the package by ${head.allocert}`);
  }
  if (start.seed !== seed) {
    refusals.add('seed', `${run} has the seed ${start.seed}, and its plan makes it ${seed}`);
  }
  if (start.target !== head.target) {
    refusals.add('target', `${run} is of ${start.target}, and the package of ${head.target}`);
  }
  const isPart = plan.only.length > 0;
  const { fixed, partial, profile, shard } = start;
  const isPlain = fixed === undefined && shard === undefined && partial === isPart;
  if (!isPlain || profile !== head.profile) {
    const how = 'with another profile, or with options that choose or excuse';
    refusals.add('option', `${run} was started ${how}`);
  }
}

/** The cases of a run are those of the plan, in the order that its seed decides. */
function checkOrder(place: RunPlace, { cases }: RunStart, refusals: RefusalList): void {
  const { at, head, plan } = place;
  const { abi } = profileNamed(head.profile);
  const chosen = selectCases(abi, plan.only).map(({ id }) => id);
  const due = caseOrder(plan.runs[at] ?? '', chosen);
  const wrong = due.findIndex((id, index) => cases[index]?.id !== id);
  if (wrong < 0 && cases.length === due.length) return;
  const index = wrong < 0 ? due.length : wrong;
  const [has, plans] = [cases[index]?.id ?? 'no case', due[index] ?? 'no case'];
  const sentence = `run ${at + 1} has ${has} in place ${index + 1}, and its seed makes it ${plans}`;
  refusals.add('order', sentence);
}

/** Judges every case again. @returns how many answers there were */
async function judgeAll(
  place: RunPlace,
  start: RunStart,
  ends: readonly JournalPlace[],
  refusals: RefusalList,
): Promise<number> {
  const file = fileOf(place);
  const judge = new JudgeAgain(start);
  let answers = 0;
  for (const end of ends) {
    const line = journalLineAt(place.folder, end);
    if (line.type !== 'case-end') continue;
    await refusals.attempt('history', async () => {
      const entries = checkedEntries(line.transcript, `${file} line ${end.number}`);
      answers += entries.length;
      const found = await judge.difference(line.case, line, entries);
      if (found === undefined) return;
      const { message } = contradiction(file, `the answers in its own line ${end.number}`, found);
      refusals.add('verdict', message);
    });
  }
  return answers;
}

/** The record must be, byte for byte, what follows from the journal. */
function checkRecord(place: RunPlace, record: RunRecord, refusals: RefusalList): void {
  if (place.recordSha256 !== recordDigest(record)) {
    const file = fileOf(place, 'record.json');
    refusals.add('record', `${file} is not the record that follows from the journal beside it`);
  }
  if (record.complete) return;
  refusals.add('incomplete', `run ${place.at + 1} is incomplete: ${record.incompleteReason}`);
}
