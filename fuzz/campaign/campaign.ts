import type { Adapter, TargetFacts } from '../../adapters/contract/index.ts';
import type { Violation } from '../../oracles/index.ts';
import {
  CORPUS_LIMITS,
  Corpus,
  type CorpusLimits,
  type CorpusState,
  EPOCH_ROUNDS,
  type Epoch,
  initialState,
  type KeptEntry,
} from '../corpus/corpus.ts';
import { entryFrom, type StoredEntry } from '../corpus/entry.ts';
import { fitsTarget } from '../corpus/fit.ts';
import type { Detection, Round, RoundDone, RoundReport } from '../judge/round-report.ts';
import { type ContextOptions, campaignContext } from '../plan/campaign-context.ts';
import type { Finding } from '../record/finding.ts';
import { Ranges } from '../record/ranges.ts';
import type { CampaignWorker } from '../workers/campaign-worker.ts';
import { LocalWorker } from '../workers/local-worker.ts';
import { type Batch, Batches } from './batches.ts';
import { Completeness } from './completeness.ts';
import { KnownFindings } from './known-findings.ts';
import { minimizingTime } from './minimizing-time.ts';

/** When a campaign ends; whichever comes first. */
export interface Budget {
  readonly rounds: number | undefined;
  readonly operations: number | undefined;
  readonly milliseconds: number | undefined;
}

/** Facts that are known when a campaign begins. */
export interface CampaignStart {
  readonly facts: TargetFacts;
  readonly modes: readonly string[];
  /** Digests of the entries of its first snapshot. */
  readonly entries: readonly string[];
  /** Entries that this target cannot run. */
  readonly unfit: number;
}

/** Figures that are known after a round. */
export interface RoundFigures {
  /** The most bytes that buffers surely had together in it. */
  readonly peakBytes: bigint;
  /** Coverage signatures and entries of the corpus by now. */
  readonly signatures: number;
  readonly entries: number;
}

/** Options of a campaign. */
export interface CampaignOptions extends ContextOptions {
  readonly adapter: Adapter;
  /** Version of allocert, part of what a round is a function of. */
  readonly version: string;
  readonly seed: bigint;
  readonly budget: Budget;
  /** Runs the rounds; this thread does, on the adapter, when left out. */
  readonly worker?: CampaignWorker;
  /** Rounds that an earlier part of the campaign has done, and signatures that it has found. */
  readonly done?: Ranges;
  /** Operations of these rounds; the budget counts them. */
  readonly doneOperations?: number;
  readonly known?: ReadonlySet<string>;
  /** Signatures that are faces of these. */
  readonly knownFaces?: ReadonlySet<string>;
  /** Entries to begin with; those that do not fit the target are left out. */
  readonly entries?: readonly StoredEntry[];
  /** The corpus as an earlier part of the campaign left it; `entries` do not count then. */
  readonly corpus?: CorpusState;
  readonly limits?: CorpusLimits;
  /** Rounds that see the same snapshot of the corpus; part of what a round is a function of. */
  readonly epochRounds?: number;
  readonly signal?: AbortSignal;
  /** Candidates that shrinking one finding may run. */
  readonly shrinkBudget: number;
  readonly onStart?: (start: CampaignStart) => void;
  /** Sees each round as it was run, where this thread runs them. */
  readonly onRoundRun?: (index: number, round: Round) => void;
  /** Before a round is handed out: what takes the machine down was announced. */
  readonly onRound?: (index: number) => void;
  /** After a round, whose findings and entry have been handed over. */
  readonly onRoundDone?: (round: RoundDone, sight: RoundFigures) => void;
  /** What was found is being minimized from now on. */
  readonly onMinimize?: (violation: Violation) => void;
  readonly onFinding?: (finding: Finding) => void;
  /** A round brought something new to the corpus. */
  readonly onEntry?: (round: number, kept: KeptEntry) => void;
  readonly onEpoch?: (epoch: Epoch) => void;
  /** A worker died of a round, and another one again when it ran that round alone. */
  readonly onSuspect?: (index: number, why: string) => void;
}

/** How a campaign ended. */
export interface CampaignEnd {
  readonly rounds: number;
  readonly operations: number;
  readonly findings: number;
  /** Violations of rules of which sixteen kinds were found before: counted, and not kept. */
  readonly dropped: number;
  /** Coverage signatures, and entries of the corpus. */
  readonly signatures: number;
  readonly entries: number;
  /** Rounds that killed their worker, also alone. */
  readonly suspects: number;
  /** Why it ended before its budget was spent; empty when it did not. */
  readonly reason: string;
}

/**
 * Runs rounds on a target until the budget is spent. Batches are handed out in order and counted in
 * order, and the corpus grows between epochs, so that the same seed finds the same, however many
 * workers there are.
 *
 * @throws {@link AllocertError} when the target cannot be reached, or has no mode to run
 */
export async function runCampaign(options: CampaignOptions): Promise<CampaignEnd> {
  const worker =
    options.worker ?? new LocalWorker({ ...options, enough: () => campaign?.stops() ?? false });
  let campaign: Campaign | undefined;
  const { facts, modes } = await worker.describeTarget();
  const { generator } = campaignContext(facts, options);
  const given = options.entries ?? [];
  const fit = given.filter((entry) => fitsTarget(generator, entryFrom(entry.text)));
  const limits = options.limits ?? CORPUS_LIMITS;
  const corpus = new Corpus(options.corpus ?? initialState(fit, limits), limits);
  const entries = corpus.snapshot.entries.map(({ digest }) => digest);
  options.onStart?.({ facts, modes, entries, unfit: given.length - fit.length });
  campaign = new Campaign(options, worker, corpus);
  return campaign.run();
}

class Campaign {
  readonly #options: CampaignOptions;
  readonly #known: KnownFindings;
  readonly #worker: CampaignWorker;
  readonly #corpus: Corpus;
  readonly #batches: Batches;
  readonly #start = performance.now();
  readonly #before: Ranges;
  readonly #completeness = new Completeness();
  #operations = 0;
  #done: number;
  #findings = 0;
  #suspects = 0;
  #firstSuspect = 0;

  constructor(options: CampaignOptions, worker: CampaignWorker, corpus: Corpus) {
    this.#options = options;
    this.#worker = worker;
    this.#corpus = corpus;
    this.#known = new KnownFindings(options.known ?? []);
    this.#known.add(options.knownFaces ?? []);
    this.#before = options.done ?? new Ranges();
    this.#done = this.#before.size;
    this.#batches = new Batches({
      epochRounds: options.epochRounds ?? EPOCH_ROUNDS,
      done: this.#before,
      most: options.budget.rounds ?? Number.POSITIVE_INFINITY,
      whole: options.adapter.independent === true,
    });
  }

  async run(): Promise<CampaignEnd> {
    try {
      await this.#runBatches();
    } finally {
      await this.#worker.close();
    }
    return {
      rounds: this.#done,
      operations: this.#operations,
      findings: this.#findings,
      dropped: this.#known.dropped,
      signatures: this.#corpus.signatures,
      entries: this.#corpus.entries,
      suspects: this.#suspects,
      reason: this.#reason(),
    };
  }

  async #runBatches(): Promise<void> {
    const under: Batch[] = [];
    for (;;) {
      while (under.length < this.#worker.width && !this.stops()) {
        if (!this.#reaches(under.length)) break;
        const indices = this.#batches.take();
        if (indices.length === 0) break;
        for (const index of indices) this.#options.onRound?.(index);
        under.push(this.#started(indices));
      }
      const first = under.shift();
      if (first === undefined) return;
      const reports = await first.reports;
      // What was run was seen, also after the time is up: only operations are counted to the
      // number.
      for (const report of reports) {
        if (this.#hasSpentOperations()) break;
        await this.#count(report);
      }
      const ran = new Set(reports.map(({ done }) => done.index));
      const rest = first.indices.filter((index) => !ran.has(index));
      if (rest.length > 0 && !this.stops()) under.unshift(this.#started(rest));
    }
  }

  #started(indices: readonly number[]): Batch {
    const reports = this.#worker.run(indices, this.#known.signatures, this.#corpus.snapshot);
    reports.catch(() => undefined); // Heard of when its turn comes; until then it is no surprise.
    return { indices, reports };
  }

  /** Whether the next batch may run now: its epoch begins when all rounds before it are counted. */
  #reaches(under: number): boolean {
    while (this.#corpus.epoch < this.#batches.epoch) {
      if (under > 0) return false;
      // Not inside of the call: that is left out, with its argument, where there is no listener.
      const epoch = this.#corpus.advance();
      this.#options.onEpoch?.(epoch);
    }
    return true;
  }

  #reason(): string {
    if (this.#options.signal?.aborted === true) return 'it was interrupted';
    if (this.#suspects > 0) {
      return `${this.#suspects} rounds killed their worker, the first of them round ${this.#firstSuspect}`;
    }
    return this.#completeness.reason(this.#done);
  }

  /** Whether it is over, between two rounds. */
  stops(): boolean {
    const { budget, signal } = this.#options;
    const { rounds, milliseconds } = budget;
    return (
      signal?.aborted === true ||
      (rounds !== undefined && this.#done >= rounds) ||
      this.#hasSpentOperations() ||
      (milliseconds !== undefined && performance.now() - this.#start >= milliseconds)
    );
  }

  #hasSpentOperations(): boolean {
    const { budget, doneOperations = 0 } = this.#options;
    return (
      budget.operations !== undefined && this.#operations + doneOperations >= budget.operations
    );
  }

  async #count(report: RoundReport): Promise<void> {
    const { done, entry, lost, peakBytes } = report;
    // It was run again for those behind it in its batch.
    if (this.#before.has(done.index)) return;
    const unserved = this.#completeness.count(report);
    const detections =
      unserved === undefined ? report.detections : [...report.detections, unserved];
    const { onEntry, onFinding, onRoundDone, onSuspect } = this.#options;
    const kept = entry === undefined ? undefined : this.#corpus.offer(entry);
    if (kept !== undefined) onEntry?.(done.index, kept);
    for (const detection of detections) {
      const finding = await this.#minimized(detection);
      if (finding === undefined) continue;
      this.#findings += 1;
      onFinding?.(finding);
    }
    if (lost !== undefined) {
      if (this.#suspects === 0) this.#firstSuspect = done.index;
      this.#suspects += 1;
      onSuspect?.(done.index, lost);
    }
    this.#operations += done.operations;
    this.#done += 1;
    const { entries, signatures } = this.#corpus;
    onRoundDone?.(done, { peakBytes, entries, signatures });
  }

  /** Undefined when another batch has found the same meanwhile, or enough of the kind is known. */
  async #minimized(detection: Detection): Promise<Finding | undefined> {
    const { onMinimize } = this.#options;
    const { violation } = detection;
    if (!this.#known.take(violation)) return undefined;
    onMinimize?.(violation);
    const { adapter, budget, signal } = this.#options;
    const spent = performance.now() - this.#start;
    const left = budget.milliseconds === undefined ? undefined : budget.milliseconds - spent;
    const allowed = minimizingTime(left, {
      isOver: signal?.aborted === true,
      isFresh: adapter.independent === true,
    });
    const finding = await this.#worker.minimize(detection, allowed);
    this.#known.add(finding.faces ?? []);
    return finding;
  }
}
