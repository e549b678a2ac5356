import { join } from 'node:path';
import { toJson } from '../../adapters/contract/index.ts';
import { redact } from '../../base/redact.ts';
import { withDirectoryErrors } from '../../reports/files/directory.ts';
import { putFile } from '../../reports/files/new-file.ts';
import { cutText } from '../../reports/journal/cut-text.ts';
import type { FoundFile } from './found-file.ts';
import type { ResumeState } from './resume-state.ts';

/** The file with the result of a campaign. */
export const SUMMARY_FILE = 'fuzz.json';

/** The result of a campaign over all its parts; its schema is `reports/schema/fuzz.schema.json`. */
export interface CampaignSummary {
  /** Version of this shape. */
  readonly version: 1;
  /** Version of allocert. */
  readonly allocert: string;
  readonly target: string;
  readonly seed: bigint;
  readonly modes: readonly string[];
  /** Null for the profile of the target's ABI. */
  readonly profile: string | null;
  /** Bytes that the live buffers of a scenario may have together. */
  readonly memoryLimit: bigint;
  readonly rounds: number;
  readonly operations: number;
  /** Coverage signatures that were seen. */
  readonly signatures: number;
  readonly corpus: { readonly folder: string; readonly entries: number };
  readonly findings: readonly FoundFile[];
  /** Rounds that killed their worker, also alone. */
  readonly suspects: number;
  /** Whether the budget was spent, and why it was not; empty when it was. */
  readonly complete: boolean;
  readonly incompleteReason: string;
}

/** Members of the summary that say what the campaign is. */
export type CampaignFacts = Pick<
  CampaignSummary,
  'allocert' | 'target' | 'seed' | 'modes' | 'memoryLimit'
> & { readonly profile: string | undefined; readonly corpusFolder: string };

/** The figures of the part of a campaign that has just ended. */
export interface PartFigures {
  /** Of the whole campaign, like signatures and entries. */
  readonly rounds: number;
  readonly operations: number;
  readonly signatures: number;
  readonly entries: number;
  readonly suspects: number;
  /** Why the part ended before its budget was spent; empty when it did not. */
  readonly reason: string;
}

/** The summary of a campaign whose last part has ended. */
export function summaryOf(
  facts: CampaignFacts,
  before: ResumeState | undefined,
  end: PartFigures,
  findings: readonly FoundFile[],
): CampaignSummary {
  const { corpusFolder, profile, ...rest } = facts;
  return {
    version: 1,
    ...rest,
    profile: profile ?? null,
    rounds: end.rounds,
    operations: end.operations + (before?.operations ?? 0),
    signatures: end.signatures,
    corpus: { folder: corpusFolder, entries: end.entries },
    findings: [...(before?.findings ?? []), ...findings],
    suspects: end.suspects + (before?.suspects ?? 0),
    complete: end.reason === '',
    incompleteReason: cutText(end.reason, redact),
  };
}

/** Writes the summary into the folder of its campaign. */
export function writeSummary(directory: string, summary: CampaignSummary): void {
  const file = join(directory, SUMMARY_FILE);
  withDirectoryErrors(directory, () => {
    const text = `${JSON.stringify(toJson(summary), undefined, 1)}\n`;
    putFile(file, text);
  });
}
