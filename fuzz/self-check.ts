import { toJson } from '../adapters/contract/index.ts';
import { type CampaignOptions, runCampaign } from './campaign.ts';
import { PLANTED, withCanary } from './canary.ts';
import type { Finding } from './finding.ts';
import type { RoundDone } from './runner.ts';

/** Whether the machinery found what was planted. */
export interface CanaryEnd {
  readonly found: boolean;
  readonly rounds: number;
  /** False when a signal stopped it before its budget was spent. */
  readonly complete: boolean;
}

/**
 * Runs a campaign on a target that lies, until the lie is found or the budget is spent. Nothing of
 * it is kept: what is found there is no finding about the target.
 */
export async function findCanary(options: CampaignOptions): Promise<CanaryEnd> {
  const enough = new AbortController();
  let found = false;
  const { signal } = options;
  const end = await runCampaign({
    ...options,
    adapter: withCanary(options.adapter),
    shrinkBudget: 0,
    signal: signal === undefined ? enough.signal : AbortSignal.any([signal, enough.signal]),
    onFinding: ({ detail, oracle }) => {
      if (oracle !== 'errors' || !detail.includes(PLANTED)) return;
      found = true;
      enough.abort();
    },
  });
  return { found, rounds: end.rounds, complete: found || end.reason === '' };
}

/** What two runs of the same campaign came to. */
export interface SelfCheck {
  readonly rounds: number;
  readonly findings: number;
  /** What differs first, in a few words; undefined when nothing does. */
  readonly difference: string | undefined;
  /** False when a signal stopped it. */
  readonly complete: boolean;
}

/**
 * Runs a campaign twice and compares what was found byte for byte. The second run has as many
 * rounds as the first did, so that a budget of time can be checked too.
 */
export async function selfCheck(options: CampaignOptions): Promise<SelfCheck> {
  const first = await textsOf(options);
  const budget = { rounds: first.rounds.length, operations: undefined, milliseconds: undefined };
  const second = await textsOf({ ...options, budget });
  return {
    rounds: first.rounds.length,
    findings: first.findings.length,
    difference:
      firstDifference('round', first.rounds, second.rounds) ??
      firstDifference('finding', first.findings, second.findings),
    complete: first.complete && second.complete,
  };
}

interface Texts {
  readonly rounds: readonly string[];
  readonly findings: readonly string[];
  readonly complete: boolean;
}

async function textsOf(options: CampaignOptions): Promise<Texts> {
  const rounds: string[] = [];
  const findings: string[] = [];
  const keep = (list: string[]) => (one: Finding | RoundDone) => {
    list.push(JSON.stringify(toJson(one)));
  };
  const end = await runCampaign({
    ...options,
    onFinding: keep(findings),
    onRoundDone: keep(rounds),
  });
  return { rounds, findings, complete: end.reason === '' };
}

function firstDifference(
  what: string,
  first: readonly string[],
  second: readonly string[],
): string | undefined {
  const length = Math.max(first.length, second.length);
  for (let at = 0; at < length; at += 1) {
    if (first[at] !== second[at]) return `${what} ${at} of ${length}`;
  }
  return undefined;
}
