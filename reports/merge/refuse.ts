import type { TargetFacts } from '../../adapters/contract/index.ts';
import { steadyDetails, toJson } from '../../adapters/contract/index.ts';
import { usageError } from '../../base/errors.ts';
import type { RunRecord } from '../record/record.ts';
import type { CampaignInput, RecordInput } from './input.ts';

/** Facts that must be the same in all records, in words, and how to get them. */
const SAME: readonly (readonly [what: string, of: (record: RunRecord) => string])[] = [
  ['allocert version', ({ allocert }) => allocert],
  ['target', ({ target }) => target],
  ['profile', ({ profile }) => profile],
  ['implementation', ({ facts }) => facts.implementation],
  ['kernel', ({ facts }) => facts.kernel?.release ?? 'none'],
  ['architecture', ({ facts }) => facts.architecture],
  ['commit', ({ environment }) => environment.commit ?? 'none'],
];

/** Facts that must be the same and are too long to quote. */
const ALIKE: readonly (readonly [what: string, of: (record: RunRecord) => unknown])[] = [
  ['what the target said of itself', ({ facts }) => steady(facts)],
  ['profiles', ({ profiles }) => profiles],
  [
    'requirements',
    ({ requirements }) => requirements.map(({ statuses: _, cases: __, ...facts }) => facts),
  ],
];

/** The facts that every part of a run shares. */
const steady = (facts: TargetFacts): unknown => toJson({ ...facts, details: steadyDetails(facts) });

/**
 * Refuses to make one record of runs that are not of one thing.
 *
 * @throws {@link AllocertError} (usage) naming two of them and what differs
 */
export function refuseStrangers(records: readonly RecordInput[]): void {
  const [first, ...others] = records;
  if (first === undefined) return;
  for (const other of others) {
    for (const [what, of] of SAME) {
      const [mine, theirs] = [of(first.record), of(other.record)];
      if (mine === theirs) continue;
      throw differ(`${first.path} has the ${what} ${mine} and ${other.path} ${theirs}`);
    }
    for (const [what, of] of ALIKE) {
      if (JSON.stringify(of(first.record)) === JSON.stringify(of(other.record))) continue;
      throw differ(`${first.path} and ${other.path} differ in ${what}`);
    }
  }
}

const differ = (sentence: string): Error =>
  usageError(`${sentence}; merge only records of one target, profile and version`);

/**
 * Refuses campaigns that say nothing of the record's target.
 *
 * @throws {@link AllocertError} (usage) naming the campaign and what differs
 */
export function refuseCampaigns(
  { path, record }: RecordInput,
  campaigns: readonly CampaignInput[],
): void {
  const known = new Set(record.requirements.map(({ id }) => id));
  for (const { path: folder, campaign } of campaigns) {
    if (campaign.target !== record.target) {
      throw differ(`${folder} fuzzed ${campaign.target} and ${path} is of ${record.target}`);
    }
    if (campaign.allocert !== record.allocert) {
      throw differ(
        `${folder} is of allocert ${campaign.allocert} and ${path} of ${record.allocert}`,
      );
    }
    const stranger = campaign.findings.find(({ requirement }) => !known.has(requirement));
    if (stranger === undefined) continue;
    throw differ(`${folder} breaks ${stranger.requirement}, which ${path} does not know`);
  }
}
