import type { CaseFinish, CaseStart, RunStart } from '../../reports/record/journal-lines.ts';

/** Functions that are called as a run goes on. */
export interface RunListener {
  readonly onStart?: (line: RunStart) => void;
  readonly onCaseStart?: (line: CaseStart) => void;
  readonly onCaseEnd?: (line: CaseFinish) => void;
}
