import { setImmediate } from 'node:timers/promises';
import { type Session, TargetDeath } from '../../adapters/contract/index.ts';
import { repeatIfLost } from '../../adapters/contract/repeat-if-lost.ts';
import { type Coverage, coverageOf } from '../corpus/coverage.ts';
import { newEntry } from '../corpus/new-entry.ts';
import type { Snapshot } from '../corpus/snapshot.ts';
import { isParallel } from '../generate/mode-selection.ts';
import { operationsIn, type Scenario } from '../generate/scenario.ts';
import { isPromised, type Reading, signatureOf } from '../judge/judge-scenario.ts';
import type { Detection, Round, RoundReport } from '../judge/round-report.ts';
import { serviceIn } from '../judge/service.ts';
import { type CampaignContext, campaignContext } from '../plan/campaign-context.ts';
import { type PlannedRound, planOf } from '../plan/round-plan.ts';
import { pagesLeftBy } from './area-watch.ts';
import { CapacityWatch, isLoss, withoutRoom } from './capacity-watch.ts';
import { confirmHangs, isHang } from './confirm.ts';
import { type GaugeWatch, gaugeWatchFor } from './gauge-watch.ts';
import { isNews } from './news.ts';
import type { PartTask } from './parallel/packed-report.ts';
import { ParallelRounds } from './parallel/parallel-rounds.ts';
import { Renewal } from './renewal.ts';
import type { RoundRunnerOptions, TargetDescription } from './round-runner-options.ts';
import { RunAhead } from './run-ahead.ts';
import { judged, ranOn } from './run-scenario.ts';
import { deathOf } from './target-death.ts';

export type { RoundRunnerOptions, TargetDescription } from './round-runner-options.ts';

/** Sees what the judge reads of a run, and the edges of the kernel's code that it took. */
type Look = (reading: Reading, edges: readonly string[]) => void;

/** Signatures that earlier rounds of a batch have shown: these rounds are counted first. */
interface Seen {
  readonly findings: Set<string>;
  readonly signatures: Set<string>;
}

/**
 * Runs rounds in this thread: plans, runs and judges each, and reports what is new. A target that
 * dies is a finding, and the next round has a new session. Where sessions are targets of their own,
 * each batch has one, so that what it finds does not depend on what ran before.
 */
export class RoundRunner {
  readonly #options: RoundRunnerOptions;
  readonly #parallel: ParallelRounds;
  #session: Session | undefined;
  #context: CampaignContext | undefined;
  #watch: CapacityWatch | undefined;
  readonly #renewal = new Renewal();
  readonly #ahead = new RunAhead();
  /** Plans of rounds whose turn has not come. */
  readonly #plans = new Map<number, PlannedRound>();
  /** Of the target as it was started. */
  #gauge: GaugeWatch | undefined;
  #isLosing = false;
  /** Milliseconds of the round under way that its runs only waited. */
  #waited = 0;

  constructor(options: RoundRunnerOptions) {
    this.#options = options;
    this.#parallel = new ParallelRounds(options);
  }

  /** @throws {@link AllocertError} when the target cannot be reached, or has no mode to run */
  async describeTarget(): Promise<TargetDescription> {
    const context = await this.context();
    const modes = this.#parallel.names(context);
    const sharedWords = this.#parallel.words(modes);
    return { facts: context.facts, modes, ...(sharedWords === undefined ? {} : { sharedWords }) };
  }

  /**
   * Runs a batch; the reports are in its order. They are fewer when the campaign was to stop, and,
   * where nothing depends on the batch, when the campaign is to hear of what there is by now.
   */
  async run(
    indices: readonly number[],
    known: ReadonlySet<string>,
    snapshot: Snapshot,
  ): Promise<readonly RoundReport[]> {
    const context = await this.context();
    const modes = this.#parallel.names(context);
    const seen: Seen = { findings: new Set(known), signatures: new Set() };
    const reports: RoundReport[] = [];
    const start = performance.now();
    const whole = this.#options.adapter.independent === true;
    this.#plans.clear();
    for (const [at, index] of indices.entries()) {
      const ends =
        this.#options.enough?.() === true || (!whole && isNews(reports, performance.now() - start));
      // What has begun is brought to its end.
      if (ends && !this.#ahead.isBusy) break;
      const next = indices[at + 1];
      const ahead = ends || next === undefined || isParallel(modes, next) ? [] : [next];
      reports.push(
        isParallel(modes, index)
          ? this.#parallel.alone(context, index, seen.findings)
          : await this.#round(context, [index, ...ahead], seen, snapshot),
      );
      // A simulated target answers at once: signals and timers would never get their turn.
      await setImmediate();
    }
    // What loses memory would soon serve no round any more.
    this.#isLosing = [...seen.findings].some(isLoss);
    await this.leave();
    return reports;
  }

  /** Runs one part of parallel rounds; see {@link ParallelRounds.part}. */
  async part(task: PartTask): Promise<readonly RoundReport[]> {
    return this.#parallel.part(await this.context(), task);
  }

  /** Closes the session, so that the next run has a new one. One that dies of it accuses nobody. */
  async close(): Promise<void> {
    this.#watch?.reset();
    this.#gauge = undefined;
    this.#ahead.clear();
    const session = this.#session;
    this.#session = undefined;
    try {
      await session?.close();
    } catch (thrown) {
      if (!(thrown instanceof TargetDeath)) throw thrown;
    }
  }

  /** Closes the session where sessions are targets of their own. */
  async leave(): Promise<void> {
    if (this.#options.adapter.independent === true || this.#isLosing) await this.close();
  }

  async #open(): Promise<Session> {
    this.#session ??= await this.#options.adapter.open();
    return this.#session;
  }

  /** The context of all rounds on the target, which is opened for it. */
  async context(): Promise<CampaignContext> {
    this.#context ??= campaignContext((await this.#open()).facts, this.#options);
    return this.#context;
  }

  #planned({ generator, modes }: CampaignContext, index: number, snapshot: Snapshot): PlannedRound {
    const { version, seed } = this.#options;
    const plan =
      this.#plans.get(index) ?? planOf(generator, modes, { version, seed, index }, snapshot);
    this.#plans.set(index, plan);
    return plan;
  }

  /** Hands a round to the target, and the next one, which it runs while this one is judged. */
  async #start(
    context: CampaignContext,
    indices: readonly number[],
    snapshot: Snapshot,
    watch: CapacityWatch | undefined,
  ): Promise<void> {
    const session = await this.#open();
    // Edges are asked for around each scenario, so that none may run ahead of another.
    if (session.runCase === undefined || context.generator.tellsEdges === true) return;
    const late = watch?.isDue === true || this.#options.enough?.() === true;
    for (const index of late ? indices.slice(0, 1) : indices) {
      this.#ahead.start(session, this.#planned(context, index, snapshot).scenario);
    }
  }

  /** @param indices the round, and the one after it, if that may run meanwhile */
  async #round(
    context: CampaignContext,
    indices: readonly [number, ...number[]],
    seen: Seen,
    snapshot: Snapshot,
  ): Promise<RoundReport> {
    const [index] = indices;
    const { generator } = context;
    const { parent, scenario } = this.#planned(context, index, snapshot);
    let coverage: Coverage = { signatures: [], peakBytes: 0n };
    const start = performance.now();
    this.#waited = 0;
    const watch = this.#watched(context, seen);
    await watch?.before();
    const short = context.rules.alone === true && watch?.isShort !== false;
    await this.#start(context, indices, snapshot, watch);
    const plain = await this.attempt(scenario, ({ buffers, timeline }, edges) => {
      coverage = coverageOf(generator, timeline, buffers, edges);
    });
    this.#options.onRoundRun?.(index, plain);
    const loss = await watch?.after(scenario, seen.findings);
    const lacked = short || watch?.isShort === true || loss !== undefined;
    const round = lacked ? withoutRoom(plain) : plain;
    if (loss !== undefined || watch?.isSpent === true) await this.close();
    const fall = this.#falls(context, round);
    const again = (one: Scenario): Promise<Round> => this.attempt(one);
    const left = await pagesLeftBy(context, round, seen.findings, again);
    const rounds = [round, ...(loss === undefined ? [] : [loss]), ...fall, ...left];
    const detections = rounds.flatMap((one) =>
      one.violations
        .filter((violation) => !seen.findings.has(signatureOf(violation)))
        .map(
          (violation): Detection => ({
            ...{ index, round: one, violation },
            snapshot: snapshot.digest,
          }),
        ),
    );
    const signatures = rounds.flatMap(({ violations }) => violations.map(signatureOf));
    for (const signature of signatures) seen.findings.add(signature);
    const operations = operationsIn(scenario);
    const { signatures: shown } = coverage;
    const entry = newEntry(generator, scenario, shown, snapshot.known, seen.signatures);
    return {
      done: {
        ...{ index, mode: scenario.mode, operations, signatures },
        ...(parent === undefined ? {} : { parent }),
      },
      detections,
      peakBytes: coverage.peakBytes,
      time: { total: performance.now() - start, waited: this.#waited },
      ...([...seen.findings].some(isLoss)
        ? {}
        : serviceIn(round, { index, snapshot: snapshot.digest })),
      ...(entry === undefined ? {} : { entry }),
    };
  }

  /** The round, with what the machine's gauge proves by now. */
  #falls(context: CampaignContext, round: Round): readonly Round[] {
    if (this.#options.shared === true) return [];
    this.#gauge ??= gaugeWatchFor(context);
    const violation = this.#gauge?.take(round);
    if (violation === undefined || !isPromised(context.rules.profile, 'LIF-09')) return [];
    return [{ ...round, violations: [violation] }];
  }

  /** What watches the target's memory, where nothing else tells how much there is. */
  #watched({ generator, rules }: CampaignContext, { findings }: Seen): CapacityWatch | undefined {
    if (rules.alone !== true || [...findings].some(isLoss)) return undefined;
    this.#watch ??= new CapacityWatch(generator, {
      run: (scenario) => this.attempt(scenario),
      runFresh: async (scenario) => {
        await this.close();
        return this.attempt(scenario);
      },
    });
    return this.#watch;
  }

  /** Whether a target goes on after complaints of its kernel. */
  set bears(bears: boolean) {
    this.#renewal.bears = bears;
  }

  /** Runs a scenario, twice if it seems to hang; `look` sees what the judge reads of each run. */
  async attempt(scenario: Scenario, look?: Look): Promise<Round> {
    const context = await this.context();
    const round = await confirmHangs(() => this.#once(context, scenario, look));
    // A lock that is held for ever lets no later round through either.
    if (round.violations.some(isHang)) await this.close();
    return round;
  }

  /**
   * Runs a scenario. A target that dies under it has a violation of its own. One to which only the
   * way was lost, or that was ended from outside, says nothing of itself: it gets the scenario once
   * more.
   */
  async #once(context: CampaignContext, scenario: Scenario, look?: Look): Promise<Round> {
    const run = async (): Promise<Round> => {
      const session = await this.#open();
      const { generator, rules } = context;
      const asksEdges = look !== undefined && generator.tellsEdges === true;
      const ran = asksEdges
        ? await ranOn(session, generator, scenario, true)
        : { histories: await this.#ahead.run(session, scenario), edges: [] };
      return judged(generator, rules, scenario, ran, look);
    };
    const start = performance.now();
    try {
      const round = await repeatIfLost(run, () => this.close());
      if (
        round.histories.some(({ deadlineHit, progressing }) => deadlineHit && progressing !== true)
      ) {
        this.#waited += performance.now() - start;
      }
      if (this.#renewal.isDue(round.histories)) await this.close();
      return round;
    } catch (thrown) {
      await this.close();
      if (!(thrown instanceof TargetDeath)) throw thrown;
      if (thrown.manner === 'hang') this.#waited += performance.now() - start;
      const { log } = thrown;
      return { scenario, histories: [], violations: [deathOf(thrown)], log };
    }
  }
}
