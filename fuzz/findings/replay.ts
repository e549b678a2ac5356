import { setImmediate } from 'node:timers/promises';
import {
  type Adapter,
  ConnectionLost,
  machineError,
  type Session,
  TargetDeath,
  usageError,
} from '../../adapters/contract/index.ts';
import { repeatIfLost } from '../../adapters/contract/repeat-if-lost.ts';
import { confirmHangs } from '../execute/confirm.ts';
import { runScenario } from '../execute/run-scenario.ts';
import { deathOf } from '../execute/target-death.ts';
import { wilsonInterval } from '../judge/confidence-interval.ts';
import { signatureOf } from '../judge/judge-scenario.ts';
import { isSameFinding, signaturesOf } from '../judge/round-report.ts';
import { campaignContext } from '../plan/campaign-context.ts';
import { type Finding, recordedRun } from '../record/finding.ts';

/** How often a finding showed again. */
export interface Replayed {
  readonly times: number;
  readonly of: number;
  /** Runs that the target did not survive. */
  readonly deaths: number;
  /** Whether the target does the same each time, so that nothing is left to chance. */
  readonly certain: boolean;
}

/** How often in words, and with what confidence where chance has a hand in it. */
export function shareText({ certain, of, times }: Omit<Replayed, 'deaths'>): string {
  const share = `${times} of ${of} runs`;
  if (certain) return share;
  const { low, high } = wilsonInterval(times, of);
  const percent = (part: number): string =>
    (100 * part).toFixed(part > 0.01 && part < 0.99 ? 0 : 1);
  return `${share} (95 % confidence: ${percent(low)} to ${percent(high)} %)`;
}

/** Ends a replay between two runs, and hears of each. */
export interface ReplayListener {
  readonly signal?: AbortSignal;
  onRun?(times: number, of: number): void;
}

/**
 * Runs the Programs of a finding again and counts how often its signature shows. A target that dies
 * is started again for the next run.
 *
 * @returns what the runs showed, which are fewer than `of` after an interruption
 * @throws {@link AllocertError} when the target cannot be reached, or speaks another ABI
 */
export async function replayFinding(
  adapter: Adapter,
  finding: Finding,
  of: number,
  { onRun, signal }: ReplayListener = {},
): Promise<Replayed> {
  const replayer = new Replayer(adapter, finding);
  let [times, runs] = [0, 0];
  try {
    while (runs < of) {
      // A target in this process never waits; without this no signal or timer would be heard.
      await setImmediate();
      if (signal?.aborted === true) break;
      if (await replayer.shows()) times += 1;
      runs += 1;
      onRun?.(times, runs);
    }
  } finally {
    await replayer.close();
  }
  return { times, of: runs, deaths: replayer.deaths, certain: replayer.certain };
}

class Replayer {
  readonly #adapter: Adapter;
  readonly #finding: Finding;
  #session: Session | undefined;
  deaths = 0;
  certain = true;

  constructor(adapter: Adapter, finding: Finding) {
    this.#adapter = adapter;
    this.#finding = finding;
  }

  /** Where sessions are targets of their own, each run has one: all begin alike. */
  async shows(): Promise<boolean> {
    const run = async (): Promise<boolean> => {
      if (this.#adapter.independent === true) await this.close();
      this.#session ??= await this.#adapter.open();
      const seen = await this.#signatures(this.#session);
      return seen.some((one) => isSameFinding(this.#finding.signature, one));
    };
    try {
      return await repeatIfLost(run, () => this.close());
    } catch (thrown) {
      await this.close();
      if (thrown instanceof ConnectionLost) {
        throw machineError(`the connection was lost twice: ${thrown.message}`, thrown);
      }
      if (!(thrown instanceof TargetDeath)) throw thrown;
      this.deaths += 1;
      return isSameFinding(this.#finding.signature, signatureOf(deathOf(thrown)));
    }
  }

  async close(): Promise<void> {
    await this.#session?.close();
    this.#session = undefined;
  }

  async #signatures(session: Session): Promise<string[]> {
    const { mode, profile, strict } = this.#finding;
    const { facts } = session;
    this.certain &&= facts.kind === 'sim';
    const { rules, generator } = campaignContext(facts, {
      modes: [],
      memoryLimit: 1n << 20n,
      profile,
      strict,
    });
    const spoken = generator.region.abi ?? rules.profile.abi;
    if (spoken !== rules.profile.abi) {
      throw usageError(
        `the finding is about the ABI ${rules.profile.abi}, and ${this.#adapter.url} speaks ` +
          `${spoken}; name a target of the same ABI`,
      );
    }
    const { programs } = recordedRun(this.#finding);
    const run = () => runScenario(session, generator, rules, { mode, programs });
    const round = await confirmHangs(run);
    return signaturesOf(round);
  }
}
