import type { History } from './history.ts';
import type { Program } from './program.ts';

/** One answer of the target, in the order in which it was asked. */
export type TranscriptEntry =
  | {
      readonly kind: 'run';
      /** SHA-256 of the Program's text form: replay answers only what was really asked. */
      readonly digest: string;
      readonly program: Program;
      readonly history: History;
    }
  | {
      readonly kind: 'death';
      readonly digest: string;
      readonly program: Program;
      readonly manner: 'crash' | 'hang';
      readonly message: string;
      readonly log: readonly string[];
    };

/** Every answer of the target to one case: the evidence from which its verdicts follow. */
export interface Transcript {
  readonly caseId: string;
  readonly entries: readonly TranscriptEntry[];
}
