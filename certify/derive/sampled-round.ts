import { createHash } from 'node:crypto';
import { type Program, toJson } from '../../adapters/contract/index.ts';

/** A line of `rounds.ndjson`. */
export interface SampledRound {
  /** Its number in the campaign. */
  readonly round: number;
  readonly mode: string;
  /** SHA-256 of its Programs in their text form: they follow from the seed. */
  readonly programs: string;
  /** Their Histories in text form; null where they are longer than a sample may be. */
  readonly histories: readonly unknown[] | null;
}

/** The digest by which the Programs of a round are recognised. */
export const programsDigest = (programs: readonly Program[]): string =>
  createHash('sha256')
    .update(JSON.stringify(toJson(programs)))
    .digest('hex');
