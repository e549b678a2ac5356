/** The numbers of a certification: docs/certification.md has them, and no option lowers them. */
export interface PlanTerms {
  /** How often the suites run; packages have a folder for each run. */
  readonly repetitions: number;
  /** The least number of rounds that a campaign has. */
  readonly fuzzRoundsMin: number;
  /** Bytes that the live buffers of a round may have together. */
  readonly memoryLimit: bigint;
  /** Rounds of which a package holds every answer. */
  readonly sampledRounds: number;
  /** Bytes that the answers of one sampled round may have; what is longer counts as not sampled. */
  readonly sampleBytesMax: number;
  /** Cases or requirements that run; empty for all. Only tests of certify choose some. */
  readonly only: readonly string[];
}

/** The terms of every certificate. */
export const PUBLISHED_TERMS: PlanTerms = {
  repetitions: 3,
  fuzzRoundsMin: 1024,
  memoryLimit: 8n << 20n,
  sampledRounds: 64,
  sampleBytesMax: 4 << 20,
  only: [],
};
