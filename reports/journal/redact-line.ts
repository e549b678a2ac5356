import type {
  History,
  TargetFacts,
  Transcript,
  TranscriptEntry,
} from '../../adapters/contract/index.ts';
import type { JournalLine, RunStart } from '../record/journal-lines.ts';
import { cutLog } from './cut-text.ts';

/**
 * A line of the journal without secrets. Only free text changes: what a case asked and the values
 * that came back stay as they are, since `replay:` checks the one and judges the other.
 *
 * @param hide takes the secrets out of a text and cuts it; see `entering` and `redactorOf`
 */
export function redactLine(line: JournalLine, hide: (text: string) => string): JournalLine {
  switch (line.type) {
    case 'run-start':
      return redactStart(line, hide);
    case 'case-end':
      return {
        ...line,
        reason: hide(line.reason),
        verdicts: line.verdicts.map((verdict) => ({
          ...verdict,
          observed: verdict.observed.map(hide),
          reason: hide(verdict.reason),
        })),
        transcript: redactTranscript(line.transcript, hide),
      };
    case 'notice':
      return { ...line, message: hide(line.message) };
    case 'run-end':
      return { ...line, reason: hide(line.reason) };
    default:
      return line;
  }
}

function redactStart(line: RunStart, hide: (text: string) => string): RunStart {
  const { target, facts, environment } = line;
  return {
    ...line,
    target: hide(target),
    facts: redactFacts(facts, hide),
    ...(environment === undefined ? {} : { environment: hideAll(environment, hide) }),
  };
}

/** The facts of a target without secrets in their free text. */
export function redactFacts(facts: TargetFacts, hide: (text: string) => string): TargetFacts {
  return {
    ...facts,
    implementation: hide(facts.implementation),
    details: hideAll(facts.details, hide),
  };
}

const hideAll = (
  texts: Readonly<Record<string, string>>,
  hide: (text: string) => string,
): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, hide(text)]));

const redactTranscript = (
  { caseId, entries }: Transcript,
  hide: (text: string) => string,
): Transcript => ({ caseId, entries: entries.map((entry) => redactEntry(entry, hide)) });

function redactEntry(entry: TranscriptEntry, hide: (text: string) => string): TranscriptEntry {
  if (entry.kind === 'death') {
    return { ...entry, message: hide(entry.message), log: cutLog(entry.log, hide) };
  }
  return { ...entry, history: redactHistory(entry.history, hide) };
}

/** A History without secrets in the kernel's log, and with no more of it than a journal takes. */
export const redactHistory = (history: History, hide: (text: string) => string): History => ({
  ...history,
  log: cutLog(history.log, hide),
});
