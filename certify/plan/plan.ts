import { createHash } from 'node:crypto';
import type { PlanTerms } from './terms.ts';

/** Everything that a plan follows from. */
export interface PlanSource {
  /** What the certifier gave; null where the plan has a nonce of its own. */
  readonly challenge: string | null;
  /** Drawn by `certify` where no challenge was given, so that two runs differ; else null. */
  readonly nonce: string | null;
  /** SHA-256 of the statement and of the catalogue, in lower-case hexadecimal. */
  readonly statement: string;
  readonly catalogue: string;
  /** Rounds of the campaign. */
  readonly rounds: number;
}

/** What a certification does, as the head of its package holds it. */
export interface CertificationPlan {
  readonly version: 1;
  readonly nonce: string | null;
  /** SHA-256 of the statement. */
  readonly statement: string;
  /** Seeds of the runs, `0x…`; the order of cases follows from each. */
  readonly runs: readonly string[];
  readonly only: readonly string[];
  readonly fuzz: {
    /** `0x…`. */
    readonly seed: string;
    readonly rounds: number;
    /** Bytes, in decimal digits. */
    readonly memoryLimit: string;
    /** How many rounds are kept with every answer. */
    readonly sampled: number;
  };
}

/**
 * The plan: the same for the same source and terms. Its seeds depend on the statement and the
 * catalogue too, so that what was recorded under one statement fits no other.
 */
export function certificationPlan(source: PlanSource, terms: PlanTerms): CertificationPlan {
  const { nonce, rounds, statement } = source;
  const runs = Array.from({ length: terms.repetitions }, (_, at) =>
    seedOf(source, `run ${at + 1}`),
  );
  return {
    version: 1,
    nonce,
    statement,
    runs,
    only: terms.only,
    fuzz: {
      seed: seedOf(source, 'fuzz'),
      rounds,
      memoryLimit: String(terms.memoryLimit),
      sampled: terms.sampledRounds,
    },
  };
}

/** A seed of 64 bits for one purpose. */
function seedOf({ catalogue, challenge, nonce, statement }: PlanSource, purpose: string): string {
  const parts = ['allocert certificate 1', purpose, challenge, nonce, statement, catalogue];
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest();
  return `0x${digest.readBigUInt64BE().toString(16)}`;
}

/** The order in which a run takes its cases: by chance, as the run's seed decides. */
export const caseOrder = (seed: string, ids: readonly string[]): readonly string[] =>
  sortedByChance(ids, (id) => `${seed} ${id}`);

/** The rounds of a campaign that are kept with every answer, in the order of their numbers. */
export function sampledRounds({ fuzz }: Pick<CertificationPlan, 'fuzz'>): ReadonlySet<number> {
  const all = Array.from({ length: fuzz.rounds }, (_, index) => index);
  const chosen = sortedByChance(all, (index) => `${fuzz.seed} sample ${index}`);
  return new Set(chosen.slice(0, fuzz.sampled).toSorted((a, b) => a - b));
}

function sortedByChance<T>(values: readonly T[], nameOf: (value: T) => string): readonly T[] {
  return values
    .map((value) => ({
      value,
      place: createHash('sha256').update(nameOf(value)).digest('hex'),
    }))
    .toSorted((a, b) => (a.place < b.place ? -1 : 1))
    .map(({ value }) => value);
}
