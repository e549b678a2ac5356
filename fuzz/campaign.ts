import type { Adapter, TargetFacts } from '../adapters/contract/index.ts';
import type { Finding } from './finding.ts';
import { signatureOf } from './judge.ts';
import { type RoundDone, type RoundReport, type Rounds, Runner } from './runner.ts';
import type { Choice } from './setting.ts';

/** When a campaign ends; whichever comes first. */
export interface Budget {
  readonly rounds: number | undefined;
  readonly operations: number | undefined;
  readonly milliseconds: number | undefined;
}

/** What a campaign is made of. */
export interface CampaignOptions extends Choice {
  readonly adapter: Adapter;
  /** Version of allocert, part of what a round is a function of. */
  readonly version: string;
  readonly seed: bigint;
  readonly budget: Budget;
  /** Who runs the rounds; this thread does, on the adapter, when left out. */
  readonly rounds?: Rounds;
  /** Rounds that an earlier part of the campaign has done, and signatures that it has found. */
  readonly done?: ReadonlySet<number>;
  /** Operations of these rounds; the budget counts them. */
  readonly doneOperations?: number;
  readonly known?: ReadonlySet<string>;
  readonly signal?: AbortSignal;
  /** Candidates that shrinking one finding may run. */
  readonly shrinkBudget: number;
  readonly onStart?: (facts: TargetFacts, modes: readonly string[]) => void;
  /** Before a round is handed out: what takes the machine down was announced. */
  readonly onRound?: (index: number) => void;
  /** After a round, whose findings have been handed over. */
  readonly onRoundDone?: (round: RoundDone) => void;
  readonly onFinding?: (finding: Finding) => void;
  /** A worker died of a round, and another one again when it ran that round alone. */
  readonly onSuspect?: (index: number, why: string) => void;
}

/** How a campaign ended. */
export interface CampaignEnd {
  readonly rounds: number;
  readonly operations: number;
  readonly findings: number;
  /** Why it ended before its budget was spent; empty when it did not. */
  readonly reason: string;
}

/** Rounds that are run on one session, and by one worker. */
const BATCH = 32;

/**
 * Runs rounds on a target until the budget is spent. Batches are handed out in order and counted in
 * order, so that the same seed finds the same, however many workers there are.
 *
 * @throws {@link AllocertError} when the target cannot be reached, or has no mode to run
 */
export async function runCampaign(options: CampaignOptions): Promise<CampaignEnd> {
  return new Campaign(options).run();
}

type Batch = Promise<readonly RoundReport[]>;

class Campaign {
  readonly #options: CampaignOptions;
  readonly #known: Set<string>;
  readonly #rounds: Rounds;
  #start = performance.now();
  /** Index of the next round to be handed out. */
  #next = 0;
  /** Rounds that were handed out, or done before. */
  #given: number;
  #operations = 0;
  #done: number;
  #findings = 0;
  #suspects: number[] = [];

  constructor(options: CampaignOptions) {
    this.#options = options;
    this.#known = new Set(options.known);
    this.#done = options.done?.size ?? 0;
    this.#given = this.#done;
    this.#rounds = options.rounds ?? new Runner({ ...options, enough: () => this.#stops() });
  }

  async run(): Promise<CampaignEnd> {
    const { facts, modes } = await this.#rounds.introduce();
    this.#options.onStart?.(facts, modes);
    this.#start = performance.now();
    try {
      await this.#hammer();
    } finally {
      await this.#rounds.close();
    }
    const findings = this.#findings;
    return { rounds: this.#done, operations: this.#operations, findings, reason: this.#reason() };
  }

  async #hammer(): Promise<void> {
    const under: Batch[] = [];
    for (;;) {
      while (under.length < this.#rounds.width && !this.#stops()) {
        const indices = this.#take();
        if (indices.length === 0) break;
        const batch = this.#rounds.run(indices, this.#known);
        batch.catch(() => undefined); // Heard of when its turn comes; until then it is no surprise.
        under.push(batch);
      }
      const first = under.shift();
      if (first === undefined) return;
      for (const report of await first) {
        if (this.#stops()) break;
        await this.#count(report);
      }
    }
  }

  #reason(): string {
    if (this.#options.signal?.aborted === true) return 'it was interrupted';
    const [first] = this.#suspects;
    if (first === undefined) return '';
    return `${this.#suspects.length} rounds killed their worker, the first of them round ${first}`;
  }

  /** The next rounds that nobody has done. */
  #take(): number[] {
    const { budget, done, onRound } = this.#options;
    const left = (budget.rounds ?? Number.POSITIVE_INFINITY) - this.#given;
    const indices: number[] = [];
    while (indices.length < Math.min(BATCH, left)) {
      const index = this.#next;
      this.#next += 1;
      if (done?.has(index) === true) continue;
      indices.push(index);
      onRound?.(index);
    }
    this.#given += indices.length;
    return indices;
  }

  #stops(): boolean {
    const { budget, doneOperations, signal } = this.#options;
    const { rounds, operations, milliseconds } = budget;
    return (
      signal?.aborted === true ||
      (rounds !== undefined && this.#done >= rounds) ||
      (operations !== undefined && this.#operations + (doneOperations ?? 0) >= operations) ||
      (milliseconds !== undefined && performance.now() - this.#start >= milliseconds)
    );
  }

  async #count({ done, lost, proofs }: RoundReport): Promise<void> {
    const { onFinding, onRoundDone, onSuspect } = this.#options;
    for (const proof of proofs) {
      const finding = await this.#explained(proof);
      if (finding === undefined) continue;
      this.#findings += 1;
      onFinding?.(finding);
    }
    if (lost !== undefined) {
      this.#suspects.push(done.index);
      onSuspect?.(done.index, lost);
    }
    this.#operations += done.operations;
    this.#done += 1;
    onRoundDone?.(done);
  }

  /** Undefined when another batch has found the same meanwhile. */
  async #explained(proof: RoundReport['proofs'][number]): Promise<Finding | undefined> {
    const signature = signatureOf(proof.violation);
    if (this.#known.has(signature)) return undefined;
    this.#known.add(signature);
    return this.#rounds.explain(proof);
  }
}
