import { withoutGate } from '../gate/without-gate.ts';
import { nameBlockers } from '../record/blockers.ts';
import { conclusionsOf } from '../record/conclusions.ts';
import type { RecordedCampaign, RecordSource, RunRecord } from '../record/record.ts';
import { recordDigest } from '../record/record-text.ts';
import { mergeCases } from './cases.ts';
import type { CampaignInput, RecordInput } from './input.ts';
import { refuseCampaigns, refuseStrangers } from './refuse.ts';
import { missingSentence, wholeOf } from './shards.ts';

/**
 * One record of several, and of fuzz campaigns on the same target. It says from which records it
 * came, and its verdicts on requirements and profiles are derived anew from all cases. Gates of the
 * parts are undone: what each of them was let off says nothing of the whole.
 *
 * @param given at least one; a single one without campaigns stays as it is
 * @throws {@link AllocertError} (usage) when they are not of one target, profile and version, when
 *   a shard is given twice, or when they contradict each other
 */
export function mergeRecords(
  given: readonly RecordInput[],
  campaigns: readonly CampaignInput[],
): RunRecord {
  const [only] = given;
  if (only !== undefined && given.length === 1 && campaigns.length === 0) return only.record;
  const records = given.map((one) => ({ ...one, record: withoutGate(one.record) }));
  const [first] = records;
  if (first === undefined) throw new Error('there is nothing to merge');
  refuseStrangers(records);
  refuseCampaigns(first, campaigns);
  const all = records.map(({ record }) => record);
  // A single shard is still one, whatever campaigns come with it.
  const whole = records.length === 1 ? undefined : wholeOf(records);
  const cases = nameBlockers(mergeCases(records, whole?.cases ?? []), first.record);
  const missing = whole === undefined ? '' : missingSentence(whole);
  const reasons = [missing, ...all.map(({ incompleteReason }) => incompleteReason)];
  const complete = missing === '' && all.every((one) => one.complete);
  const fuzz = fuzzOf(all, campaigns);
  const { shard, ...rest } = first.record;
  const head = {
    ...rest,
    ...(whole === undefined && shard !== undefined ? { shard } : {}),
    partial: all.every(({ partial }) => partial),
  };
  return {
    ...head,
    ...timesOf(all),
    complete,
    incompleteReason: reasons.filter((reason) => reason !== '').join('; '),
    interruptedCase: interruptedCase(all, cases),
    environment: common(all.map(({ environment }) => environment)),
    // Digests are those of the files, gates and all.
    sources: given.map(({ record }) => sourceOf(record)),
    ...conclusionsOf(head, cases, complete, fuzz),
    cases,
    notices: all.flatMap(({ notices }) => notices),
    waivers: [],
    fuzz,
  };
}

/** From the first beginning to the last end; the duration is the machines' time together. */
function timesOf(
  all: readonly RunRecord[],
): Pick<RunRecord, 'startedAt' | 'endedAt' | 'durationMs'> {
  const sorted = (times: readonly string[]): string[] =>
    times.toSorted((a, b) => Date.parse(a) - Date.parse(b));
  return {
    startedAt: sorted(all.map(({ startedAt }) => startedAt))[0] ?? '',
    endedAt: sorted(all.map(({ endedAt }) => endedAt)).at(-1) ?? '',
    durationMs: all.reduce((sum, { durationMs }) => sum + durationMs, 0),
  };
}

/** The case that ran when a run was killed, unless another run has finished it. */
function interruptedCase(all: readonly RunRecord[], cases: RunRecord['cases']): string {
  const open = new Set(cases.filter(({ end }) => end === 'not-run').map(({ id }) => id));
  return all.map((one) => one.interruptedCase).find((id) => open.has(id)) ?? '';
}

function common(
  environments: readonly Readonly<Record<string, string>>[],
): Readonly<Record<string, string>> {
  const [first = {}, ...others] = environments;
  const shared = Object.entries(first).filter(([name, value]) =>
    others.every((one) => one[name] === value),
  );
  return Object.fromEntries(shared);
}

function sourceOf(record: RunRecord): RecordSource {
  const { startedAt, endedAt, seed, complete, shard, environment } = record;
  return {
    digest: recordDigest(record),
    ...{ startedAt, endedAt, seed, complete },
    finished: record.cases.filter(({ end }) => end !== 'not-run').length,
    ...(shard === undefined ? {} : { shard: { index: shard.index, count: shard.count } }),
    environment,
  };
}

/** Each campaign once. */
function fuzzOf(
  all: readonly RunRecord[],
  campaigns: readonly CampaignInput[],
): readonly RecordedCampaign[] {
  const found = [...all.flatMap(({ fuzz }) => fuzz), ...campaigns.map(({ campaign }) => campaign)];
  return [...new Map(found.map((one) => [one.digest, one])).values()];
}
