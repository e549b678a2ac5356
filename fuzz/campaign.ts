import { setImmediate } from 'node:timers/promises';
import {
  type Adapter,
  machineError,
  type Session,
  TargetDeath,
  type TargetFacts,
  usageError,
} from '../adapters/contract/index.ts';
import { abiNamed, type Profile, profileNamed, profilesOf } from '../suites/catalogue.ts';
import type { Violation } from '../suites/oracles/index.ts';
import type { Finding } from './finding.ts';
import { type Mode, modesFor } from './generate/modes.ts';
import { type Rules, signatureOf } from './judge.ts';
import { operationsIn, type Round, runScenario, scenarioOf } from './round.ts';
import { type Scenario, type World, worldOf } from './scenario.ts';
import { shrink } from './shrink.ts';

/** When a campaign ends; whichever comes first. */
export interface Budget {
  readonly rounds: number | undefined;
  readonly operations: number | undefined;
  readonly milliseconds: number | undefined;
}

/** What a campaign is made of. */
export interface CampaignOptions {
  readonly adapter: Adapter;
  /** Version of allocert, part of what a round is a function of. */
  readonly version: string;
  readonly seed: bigint;
  readonly budget: Budget;
  /** Names of modes; all that the target can run when empty. */
  readonly modes: readonly string[];
  /** Bytes that the live buffers of a scenario may have together. */
  readonly memoryLimit: bigint;
  /** The profile that predicts errors; the one of the target's ABI when left out. */
  readonly profile?: string;
  /** Rounds that an earlier part of the campaign has done, and signatures that it has found. */
  readonly done?: ReadonlySet<number>;
  /** Operations of these rounds; the budget counts them. */
  readonly doneOperations?: number;
  readonly known?: ReadonlySet<string>;
  readonly signal?: AbortSignal;
  /** Candidates that shrinking one finding may run. */
  readonly shrinkBudget: number;
  readonly onStart?: (facts: TargetFacts, modes: readonly string[]) => void;
  /** Before a round runs: what takes the machine down is the last that was announced. */
  readonly onRound?: (index: number) => void;
  /** After a round, whose findings have been handed over. */
  readonly onRoundDone?: (round: RoundDone) => void;
  readonly onFinding?: (finding: Finding) => void;
}

/** A round that is over. */
export interface RoundDone {
  readonly index: number;
  readonly mode: string;
  readonly operations: number;
  /** Signatures of everything that it proved, also of what was known. */
  readonly signatures: readonly string[];
}

/** How a campaign ended. */
export interface CampaignEnd {
  readonly rounds: number;
  readonly operations: number;
  readonly findings: number;
  /** Why it ended before its budget was spent; empty when it did not. */
  readonly reason: string;
}

/**
 * Runs rounds on a target until the budget is spent: generate, run, judge, and shrink what is new.
 * A target that dies is a finding, and the campaign goes on with a new session.
 *
 * @throws {@link AllocertError} when the target cannot be reached, or has no mode to run
 */
export async function runCampaign(options: CampaignOptions): Promise<CampaignEnd> {
  const campaign = new Campaign(options);
  return campaign.run();
}

/** Times that a finding is run again to say how often it shows. */
const REPEATS = 10;

class Campaign {
  readonly #options: CampaignOptions;
  readonly #known: Set<string>;
  #session: Session | undefined;
  #operations = 0;
  #rounds = 0;
  #findings = 0;

  constructor(options: CampaignOptions) {
    this.#options = options;
    this.#known = new Set(options.known);
  }

  async run(): Promise<CampaignEnd> {
    const { done, onRound, onStart, signal } = this.#options;
    const session = await this.#open();
    const setting = settingFor(session.facts, this.#options);
    onStart?.(
      session.facts,
      setting.modes.map(({ name }) => name),
    );
    const start = performance.now();
    for (let index = 0; !this.#spent(performance.now() - start); index += 1) {
      if (signal?.aborted === true) break;
      if (done?.has(index) === true) {
        this.#rounds += 1;
        continue;
      }
      onRound?.(index);
      await this.#round(setting, index);
      // A simulated target answers at once: signals and timers would never get their turn.
      await setImmediate();
    }
    await this.#session?.close();
    const reason = signal?.aborted === true ? 'it was interrupted' : '';
    const rounds = this.#rounds;
    return { rounds, operations: this.#operations, findings: this.#findings, reason };
  }

  #spent(elapsed: number): boolean {
    const { budget, doneOperations } = this.#options;
    const { rounds, operations, milliseconds } = budget;
    return (
      (rounds !== undefined && this.#rounds >= rounds) ||
      (operations !== undefined && this.#operations + (doneOperations ?? 0) >= operations) ||
      (milliseconds !== undefined && elapsed >= milliseconds)
    );
  }

  async #open(): Promise<Session> {
    this.#session ??= await this.#options.adapter.open();
    return this.#session;
  }

  async #round(setting: Setting, index: number): Promise<void> {
    const { version, seed } = this.#options;
    const scenario = scenarioOf(setting.world, setting.modes, { version, seed, index });
    const round = await this.#run(setting, scenario);
    const signatures: string[] = [];
    for (const violation of round.violations) {
      const signature = signatureOf(violation);
      signatures.push(signature);
      if (this.#known.has(signature)) continue;
      this.#known.add(signature);
      await this.#found(setting, index, round, violation);
    }
    const operations = operationsIn(scenario);
    this.#operations += operations;
    this.#rounds += 1;
    this.#options.onRoundDone?.({ index, mode: scenario.mode, operations, signatures });
  }

  /** Runs a scenario; a target that dies under it has a violation of its own. */
  async #run({ world, rules }: Setting, scenario: Scenario): Promise<Round> {
    const session = await this.#open();
    try {
      return await runScenario(session, world, rules, scenario);
    } catch (thrown) {
      if (!(thrown instanceof TargetDeath)) throw thrown;
      await session.close();
      this.#session = undefined;
      return { scenario, histories: [], violations: [deathOf(thrown)] };
    }
  }

  async #found(setting: Setting, index: number, round: Round, violation: Violation): Promise<void> {
    const { adapter, onFinding, shrinkBudget, seed, version } = this.#options;
    const signature = signatureOf(violation);
    const shows = async (candidate: Scenario): Promise<boolean> => {
      const again = await this.#run(setting, candidate);
      return again.violations.some((one) => signatureOf(one) === signature);
    };
    const budget = violation.oracle === DEATH ? 0 : shrinkBudget;
    const { scenario: minimal } = await shrink(round.scenario, { shows, budget });
    let times = 0;
    let last = round;
    const of = violation.oracle === DEATH ? 0 : REPEATS;
    for (let run = 0; run < of; run += 1) {
      const again = await this.#run(setting, minimal);
      const shown = again.violations.some((one) => signatureOf(one) === signature);
      if (shown) {
        times += 1;
        last = again;
      }
    }
    const { detail } = last.violations.find((one) => signatureOf(one) === signature) ?? violation;
    this.#findings += 1;
    onFinding?.({
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
      origin: { allocert: version, seed, round: index },
      programs: round.scenario.programs,
      minimal: minimal.programs,
      histories: last.histories,
      reproduced: { times, of },
    });
  }
}

const DEATH = 'target';

const deathOf = ({ manner, message }: TargetDeath): Violation => ({
  oracle: DEATH,
  requirement: 'ERR-12',
  kind: manner === 'crash' ? 'the target died' : 'the target no longer answers',
  detail: message,
  events: [],
});

/** What holds for all rounds. */
export interface Setting {
  readonly facts: TargetFacts;
  readonly world: World;
  readonly modes: readonly Mode[];
  readonly rules: Rules;
}

/**
 * What holds for all rounds on a target.
 *
 * @throws {@link AllocertError} for a mode that it cannot run, and for an ABI that nobody knows
 */
export function settingFor(
  facts: TargetFacts,
  options: Pick<CampaignOptions, 'modes' | 'memoryLimit' | 'profile'>,
): Setting {
  const [region] = facts.regions;
  if (region === undefined) throw machineError('the target has no region');
  const profile = profileFor(region.abi, options.profile);
  const world = worldOf(facts, region, abiNamed(profile.abi), options.memoryLimit);
  const able = modesFor(world);
  const unknown = options.modes.find((name) => !able.some((mode) => mode.name === name));
  if (unknown !== undefined) {
    const names = able.map(({ name }) => name).join(', ');
    throw usageError(`there is no mode "${unknown}" on this target; it has ${names}`);
  }
  const modes =
    options.modes.length === 0 ? able : able.filter(({ name }) => options.modes.includes(name));
  return { facts, world, modes, rules: rulesFor(facts, world, profile) };
}

function profileFor(abi: Profile['abi'] | undefined, name: string | undefined): Profile {
  if (name !== undefined) return profileNamed(name);
  if (abi === undefined) {
    throw usageError('nothing says which ABI the target speaks; name a --profile');
  }
  const profiles = profilesOf(abi);
  const profile = profiles.find((one) => one.default === true) ?? profiles[0];
  if (profile === undefined) throw usageError(`the ABI ${abi} has no profile`);
  return profile;
}

/** The largest order that a simulated allocator aligns buffers to, unless told otherwise. */
const ORDER_MAX = 10;

/**
 * On a real kernel a page may fail to move and others use the counters; only where the region is
 * ours alone may memory be counted, and only where nothing fails by chance may room be claimed.
 */
function rulesFor(facts: TargetFacts, world: World, profile: Profile): Rules {
  const { page, region } = world;
  if (facts.kind !== 'sim' || region.sizeBytes === undefined) return { profile };
  const room = { pages: region.sizeBytes / page, page, orderMax: ORDER_MAX };
  return { profile, room, ...(region.gauge === undefined ? {} : { gauge: region.gauge }) };
}
