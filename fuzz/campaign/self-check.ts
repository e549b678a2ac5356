import { createHash } from 'node:crypto';
import { toJson } from '../../adapters/contract/index.ts';
import { type CampaignOptions, runCampaign } from './campaign.ts';
import { PLANTED, withCanary } from './canary.ts';

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

/** The comparison of two runs of the same campaign. */
export interface SelfCheck {
  readonly rounds: number;
  readonly findings: number;
  /** Entries and snapshots of the corpus. */
  readonly entries: number;
  /** The first difference, in a few words; undefined when there is none. */
  readonly difference: string | undefined;
  /** False when a signal stopped it. */
  readonly complete: boolean;
}

/**
 * Runs a campaign twice and compares rounds, findings and the corpus byte for byte. The second run
 * has as many rounds as the first did, so that a budget of time can be checked too.
 */
export async function selfCheck(options: CampaignOptions): Promise<SelfCheck> {
  const first = await marksOf(options);
  const budget = { rounds: first.rounds.length, operations: undefined, milliseconds: undefined };
  const second = await marksOf({ ...options, budget });
  return {
    rounds: first.rounds.length,
    findings: first.findings.length,
    entries: first.entries.length,
    difference:
      firstDifference('round', first.rounds, second.rounds) ??
      firstDifference('finding', first.findings, second.findings) ??
      firstDifference('entry', first.entries, second.entries),
    complete: first.complete && second.complete,
  };
}

/** The results of a campaign: a mark of a few bytes for each, because campaigns may be long. */
interface Marks {
  readonly rounds: readonly number[];
  readonly findings: readonly number[];
  /** Entries of the corpus, and its snapshots. */
  readonly entries: readonly number[];
  readonly complete: boolean;
}

async function marksOf(options: CampaignOptions): Promise<Marks> {
  const rounds: number[] = [];
  const findings: number[] = [];
  const entries: number[] = [];
  const end = await runCampaign({
    ...options,
    onFinding: (finding) => findings.push(markOf(finding)),
    onRoundDone: (round) => rounds.push(markOf(round)),
    onEntry: (_round, { entry }) => entries.push(markOf(entry.digest)),
    onEpoch: (epoch) => entries.push(markOf(epoch)),
  });
  return { rounds, findings, entries, complete: end.reason === '' };
}

/** A mark of a value. Different values share one once in four thousand million times. */
const markOf = (value: unknown): number =>
  createHash('sha256')
    .update(JSON.stringify(toJson(value)))
    .digest()
    .readUInt32LE();

function firstDifference(
  what: string,
  first: readonly number[],
  second: readonly number[],
): string | undefined {
  const length = Math.max(first.length, second.length);
  for (let at = 0; at < length; at += 1) {
    if (first[at] !== second[at]) return `${what} ${at} of ${length}`;
  }
  return undefined;
}
