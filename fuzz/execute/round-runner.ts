import { setImmediate } from 'node:timers/promises';
import {
  type Adapter,
  ConnectionLost,
  type Session,
  TargetDeath,
} from '../../adapters/contract/index.ts';
import { type Coverage, coverageOf } from '../corpus/coverage.ts';
import { entryOf, type StoredEntry } from '../corpus/entry.ts';
import { isSafe } from '../corpus/safety.ts';
import type { Snapshot } from '../corpus/snapshot.ts';
import { isParallel, PARALLEL } from '../generate/mode-selection.ts';
import type { Scenario, World } from '../generate/scenario.ts';
import { type Reading, signatureOf } from '../judge/judge-scenario.ts';
import type { Introduction, Proof, RoundDone, RoundReport, Rounds } from '../judge/round-report.ts';
import { shrink } from '../minimize/shrink.ts';
import { type Choice, type Setting, settingFor } from '../plan/campaign-context.ts';
import { type Finding, tokenOf } from '../record/finding.ts';
import { redactFinding } from '../record/redact-finding.ts';
import { confirmed } from './confirm.ts';
import { DEATH, deathOf } from './death.ts';
import type { PartTask } from './parallel/packed-report.ts';
import { onSchedule, ParallelRounds, SCHEDULES } from './parallel/parallel-rounds.ts';
import { operationsIn, planOf, type Round, runScenario } from './run-scenario.ts';

export type { Introduction, Proof, RoundDone, RoundReport, Rounds };

/** What rounds are a function of, and the target that they run on. */
export interface RunnerOptions extends Choice {
  readonly adapter: Adapter;
  /** Version of allocert, part of what a round is a function of. */
  readonly version: string;
  readonly seed: bigint;
  /** Candidates that shrinking one finding may run. */
  readonly shrinkBudget: number;
  /** Asked between two rounds. */
  readonly enough?: () => boolean;
}

/** Times that a finding is run again to say how often it shows. */
const REPEATS = 10;

/** What earlier rounds of a batch have shown: it is counted before what comes behind it. */
interface Seen {
  readonly findings: Set<string>;
  readonly signatures: Set<string>;
}

/**
 * Runs rounds in this thread: generate, run, judge, and shrink what is new. A target that dies is a
 * finding, and the next round has a new session. Where sessions are targets of their own, each
 * batch has one, so that what it finds does not depend on who ran what before.
 */
export class Runner implements Rounds {
  readonly width = 1;
  readonly #options: RunnerOptions;
  readonly #parallel: ParallelRounds;
  #session: Session | undefined;
  #setting: Setting | undefined;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#parallel = new ParallelRounds(options);
  }

  async introduce(): Promise<Introduction> {
    const setting = await this.#settle();
    const modes = this.#parallel.names(setting);
    const sharedWords = this.#parallel.words(modes);
    return { facts: setting.facts, modes, ...(sharedWords === undefined ? {} : { sharedWords }) };
  }

  async run(
    indices: readonly number[],
    known: ReadonlySet<string>,
    snapshot: Snapshot,
  ): Promise<readonly RoundReport[]> {
    const setting = await this.#settle();
    const modes = this.#parallel.names(setting);
    const seen: Seen = { findings: new Set(known), signatures: new Set() };
    const reports: RoundReport[] = [];
    for (const index of indices) {
      if (this.#options.enough?.() === true) break;
      reports.push(
        isParallel(modes, index)
          ? this.#parallel.alone(setting, index, seen.findings)
          : await this.#round(setting, index, seen, snapshot),
      );
      // A simulated target answers at once: signals and timers would never get their turn.
      await setImmediate();
    }
    await this.#leave();
    return reports;
  }

  async explain({ index, round, snapshot, violation }: Proof): Promise<Finding> {
    const { adapter, seed, shrinkBudget, version } = this.#options;
    const setting = await this.#settle();
    const signature = signatureOf(violation);
    const dead = violation.oracle === DEATH;
    const shows = async (candidate: Scenario): Promise<boolean> => {
      const again = await this.#attempt(setting, candidate);
      return again.violations.some((one) => signatureOf(one) === signature);
    };
    const { scenario } = round;
    const found = scenario.mode === PARALLEL ? await onSchedule(scenario, shows) : scenario;
    const budget = dead || found === undefined ? 0 : shrinkBudget;
    const { scenario: minimal } = await shrink(found ?? scenario, { shows, budget });
    const { last, ...reproduced } =
      found === undefined
        ? { last: round, times: 0, of: SCHEDULES }
        : await this.#repeated(setting, minimal, { signature, round, of: dead ? 0 : REPEATS });
    await this.#leave();
    const { detail } = last.violations.find((one) => signatureOf(one) === signature) ?? violation;
    const origin = {
      ...{ allocert: version, seed, round: index },
      ...(snapshot === undefined ? {} : { corpus: snapshot }),
    };
    return redactFinding({
      version: 1,
      signature,
      oracle: violation.oracle,
      requirement: violation.requirement,
      kind: violation.kind,
      detail,
      mode: round.scenario.mode,
      target: adapter.url,
      facts: setting.facts,
      profile: setting.rules.profile.name,
      ...(this.#options.strict === true ? { strict: true } : {}),
      origin,
      token: tokenOf(origin),
      programs: round.scenario.programs,
      minimal: minimal.programs,
      histories: last.histories,
      reproduced,
    });
  }

  /** Runs one part of parallel rounds; see {@link ParallelRounds.part}. */
  async part(task: PartTask): Promise<readonly RoundReport[]> {
    return this.#parallel.part(await this.#settle(), task);
  }

  async close(): Promise<void> {
    await this.#session?.close();
    this.#session = undefined;
  }

  /** Leaves a target that nobody else uses. */
  async #leave(): Promise<void> {
    if (this.#options.adapter.independent === true) await this.close();
  }

  async #open(): Promise<Session> {
    this.#session ??= await this.#options.adapter.open();
    return this.#session;
  }

  async #settle(): Promise<Setting> {
    this.#setting ??= settingFor((await this.#open()).facts, this.#options);
    return this.#setting;
  }

  async #round(
    setting: Setting,
    index: number,
    seen: Seen,
    snapshot: Snapshot,
  ): Promise<RoundReport> {
    const { version, seed } = this.#options;
    const { modes, world } = setting;
    const { parent, scenario } = planOf(world, modes, { version, seed, index }, snapshot);
    let coverage: Coverage = { signatures: [], peakBytes: 0n };
    const round = await this.#attempt(setting, scenario, ({ buffers, timeline }) => {
      coverage = coverageOf(world, timeline, buffers);
    });
    const proofs = round.violations
      .filter((violation) => !seen.findings.has(signatureOf(violation)))
      .map((violation): Proof => ({ index, round, violation, snapshot: snapshot.digest }));
    const signatures = round.violations.map(signatureOf);
    for (const signature of signatures) seen.findings.add(signature);
    const operations = operationsIn(scenario);
    const entry = newEntry(world, scenario, coverage.signatures, snapshot.known, seen.signatures);
    return {
      done: {
        ...{ index, mode: scenario.mode, operations, signatures },
        ...(parent === undefined ? {} : { parent }),
      },
      proofs,
      peakBytes: coverage.peakBytes,
      ...(entry === undefined ? {} : { entry }),
    };
  }

  /** Runs a scenario, twice if it seems to hang; `look` sees each run. */
  #attempt(
    setting: Setting,
    scenario: Scenario,
    look?: (reading: Reading) => void,
  ): Promise<Round> {
    return confirmed(() => this.#once(setting, scenario, look));
  }

  /**
   * Runs a scenario. A target that dies under it has a violation of its own. One to which only the
   * way was lost, or that was ended from outside, says nothing of itself: it gets the scenario once
   * more.
   */
  async #once(
    setting: Setting,
    scenario: Scenario,
    look?: (reading: Reading) => void,
    again = true,
  ): Promise<Round> {
    const session = await this.#open();
    try {
      return await runScenario(session, setting.world, setting.rules, scenario, look);
    } catch (thrown) {
      await this.close();
      if (thrown instanceof TargetDeath && !(thrown.forced && again)) {
        return { scenario, histories: [], violations: [deathOf(thrown)] };
      }
      const blameless = thrown instanceof ConnectionLost || thrown instanceof TargetDeath;
      if (!blameless || !again) throw thrown;
      return this.#once(setting, scenario, look, false);
    }
  }

  async #repeated(
    setting: Setting,
    scenario: Scenario,
    { of, round, signature }: { of: number; round: Round; signature: string },
  ): Promise<{ times: number; of: number; last: Round }> {
    let times = 0;
    let last = round;
    for (let run = 0; run < of; run += 1) {
      const again = await this.#attempt(setting, scenario);
      if (!again.violations.some((one) => signatureOf(one) === signature)) continue;
      times += 1;
      last = again;
    }
    return { times, of, last };
  }
}

/** An entry that shows what neither its snapshot knows nor an entry of its batch has shown. */
function newEntry(
  world: World,
  scenario: Scenario,
  signatures: readonly string[],
  known: ReadonlySet<string>,
  shown: Set<string>,
): StoredEntry | undefined {
  const isNew = signatures.some((one) => !known.has(one) && !shown.has(one));
  if (!isNew || !isSafe(world, scenario)) return undefined;
  for (const one of signatures) shown.add(one);
  return entryOf(world, scenario, signatures);
}
