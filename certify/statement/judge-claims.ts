import type { Capability, RegionFacts } from '../../adapters/contract/index.ts';
import { requirementOf } from '../../catalogue/catalogue.ts';
import type { RecordedCase, RunRecord } from '../../reports/record/record.ts';
import { isBad } from '../../reports/record/status.ts';
import { CASES } from '../../suites/cases/all.ts';
import { conditionsOf } from '../../suites/kit/conditions.ts';
import { type ClaimVerdict, presence, sameValue } from './claim-verdict.ts';
import { explanationOf, statedRegion } from './excluded.ts';
import { featuresOf } from './features.ts';
import { judgeFeatures, type Sight, sightOf } from './judge-features.ts';
import { TABLE_RULE } from './probes.ts';
import { bytesText } from './read-statement.ts';
import type { StatedDeviation, StatedRegion, Statement } from './statement.ts';

/**
 * What a run says of every claim of a statement. A function of the two alone: whoever has both
 * comes to the same.
 */
export function judgeClaims(statement: Statement, record: RunRecord): readonly ClaimVerdict[] {
  const { facts } = record;
  return [
    abiClaim(statement, record),
    sameValue(
      'page size',
      String(statement.pageSize),
      String(facts.pageSize),
      `the target has pages of ${facts.pageSize} bytes`,
    ),
    ...regionClaims(statement, record),
    alignmentClaim(statement, record),
    largestBufferClaim(statement, record),
    descriptorsClaim(statement, record),
    ...judgeFeatures(statement, record),
    ...statement.deviations.map((one) => deviationClaim(one, statement, record)),
    ...testingClaims(statement, record),
  ];
}

/** A case that did not look, and what the statement says of that. */
export interface JudgedSkip {
  readonly case: string;
  readonly reason: string;
  /** What the statement says; empty for a skip that it does not explain. */
  readonly because: string;
}

/** The cases of a run that skipped: what a statement excludes, and what it does not. */
export function judgeSkips(statement: Statement, record: RunRecord): readonly JudgedSkip[] {
  const region = statedRegion(statement, record.facts.regions[0]);
  return record.cases
    .filter(({ end }) => end === 'skip')
    .map(({ id, reason }) => {
      const because = explanationOf(statement, region, id)?.because ?? '';
      return { case: id, reason, because };
    });
}

function abiClaim({ abi }: Statement, { facts }: RunRecord): ClaimVerdict {
  const seen = facts.regions[0]?.abi;
  const reason =
    seen === undefined ? 'nothing says which ABI the target speaks' : `the target speaks ${seen}`;
  return sameValue('ABI', abi, seen, reason);
}

function regionClaims(statement: Statement, { facts }: RunRecord): readonly ClaimVerdict[] {
  const { regions } = facts;
  const unclaimed = regions.filter(
    ({ node }) => !statement.regions.some((one) => one.node === node),
  );
  return [
    ...statement.regions.flatMap((one) => {
      const found = regions.find(({ node }) => node === one.node);
      return found === undefined ? [absentRegion(one, facts)] : regionClaim(one, found);
    }),
    ...unclaimed.map(({ node }) =>
      presence(`region ${node}`, false, true, `the target has the region ${node}`),
    ),
  ];
}

function absentRegion({ node }: StatedRegion, { kind, regions }: RunRecord['facts']): ClaimVerdict {
  const claim = `region ${node}`;
  const [only] = regions;
  if (regions.length === 1 && kind !== 'sim') {
    const reason = `this target is ${only?.node} alone; test ${node} as a target of its own`;
    return presence(claim, true, undefined, reason);
  }
  return presence(
    claim,
    true,
    false,
    `the target has ${regions.map((one) => one.node).join(', ')}`,
  );
}

function regionClaim(stated: StatedRegion, seen: RegionFacts): readonly ClaimVerdict[] {
  const claim = `region ${stated.node}`;
  const bounded = seen.bounded
    ? 'the target says that it is bounded'
    : 'the target says that it is unbounded';
  const there = presence(claim, true, true, 'the target has it');
  const ends = presence(`${claim} bounded`, stated.bounded, seen.bounded, bounded);
  if (stated.sizeBytes === undefined && seen.sizeBytes === undefined) return [there, ends];
  const size = seen.sizeBytes === undefined ? undefined : bytesText(seen.sizeBytes);
  const told =
    size === undefined
      ? 'the target does not tell its size'
      : `the target says that it has ${size}`;
  const claimed = stated.sizeBytes === undefined ? 'none' : bytesText(stated.sizeBytes);
  return [there, ends, sameValue(`${claim} size`, claimed, size, told)];
}

/** What the feature of a requirement shows, by its name. */
function featureSight(name: string, { profile }: Statement, record: RunRecord): Sight {
  const feature = featuresOf(profile).find((one) => one.name === name);
  if (feature !== undefined) return sightOf(feature, profile, record);
  return { seen: undefined, reason: `no rule of the profile ${profile} looks at it` };
}

/** Cases look at alignment up to so many pages. */
const ALIGNED_PAGES = 16n;

function alignmentClaim(statement: Statement, record: RunRecord): ClaimVerdict {
  const { alignment, pageSize } = statement;
  const claim = 'alignment';
  const claimed = bytesText(alignment);
  const page = BigInt(pageSize);
  const { seen, reason } = featureSight('natural-alignment', statement, record);
  if (alignment <= page) {
    const more = presence(claim, false, seen, reason);
    if (seen === undefined) {
      const every = 'every buffer consists of whole pages';
      return { ...more, claimed, seen: claimed, result: 'verified', reason: every };
    }
    return { ...more, claimed };
  }
  const { result, ...rest } = presence(claim, true, seen, reason);
  if (result !== 'verified' || alignment <= ALIGNED_PAGES * page)
    return { ...rest, result, claimed };
  const far = `cases look at buffers of up to ${ALIGNED_PAGES} pages: ${reason}`;
  return { ...rest, claimed, seen: '', result: 'undecided', reason: far };
}

function largestBufferClaim(statement: Statement, record: RunRecord): ClaimVerdict {
  const { largestBuffer } = statement.limits;
  const claim = 'limit largest buffer';
  const size = statedRegion(statement, record.facts.regions[0])?.sizeBytes;
  const isWhole = largestBuffer === undefined || largestBuffer === size;
  const claimed = largestBuffer === undefined ? 'the region' : bytesText(largestBuffer);
  const { seen, reason } = featureSight('whole-region', statement, record);
  if (isWhole || seen === undefined) return { ...presence(claim, true, seen, reason), claimed };
  if (seen) return { ...presence(claim, false, true, reason), claimed };
  return { claim, claimed, seen: '', result: 'undecided', reason: `no case asks for ${claimed}` };
}

function descriptorsClaim(statement: Statement, record: RunRecord): ClaimVerdict {
  const { descriptors } = statement.limits;
  const claim = 'limit descriptors';
  const verdict = record.cases
    .flatMap(({ verdicts }) => verdicts)
    .find(({ requirement, observed }) => requirement === TABLE_RULE && observed.length > 0);
  if (descriptors !== undefined) {
    const reason = `no case holds ${descriptors} buffers in one process`;
    return { ...presence(claim, true, undefined, reason), claimed: String(descriptors) };
  }
  const claimed = 'the process’s table';
  if (verdict === undefined) {
    return { ...presence(claim, true, undefined, 'no case filled a table'), claimed };
  }
  // Another errno than EMFILE breaks a rule, and tells of no limit.
  const full = verdict.observed.includes('EMFILE') ? true : undefined;
  return { ...presence(claim, true, full, verdict.reason), claimed };
}

/** A deviation claims that a rule does not hold. */
function deviationClaim(
  { requirement }: StatedDeviation,
  { profile }: Statement,
  record: RunRecord,
): ClaimVerdict {
  const claim = `deviation from ${requirement}`;
  const found = record.cases
    .flatMap(({ verdicts }) => verdicts)
    .filter((one) => one.requirement === requirement && one.profile === profile)
    .map((one) => ({ ...one, status: one.waivedFrom ?? one.status }));
  const broken = found.find(({ status }) => isBad(status) || status === 'warn');
  if (broken !== undefined) return presence(claim, true, true, broken.reason);
  const holds = found.find(({ status }) => status === 'pass');
  if (holds !== undefined) {
    const reason = `${requirement} holds: ${holds.reason}`;
    return presence(claim, true, false, reason);
  }
  return presence(claim, true, undefined, `${requirementOf(requirement).id} was not observed`);
}

function testingClaims(statement: Statement, record: RunRecord): readonly ClaimVerdict[] {
  const { testing } = statement;
  const { facts } = record;
  const bits = String(8 * facts.pointerBytes);
  const used = facts.details[`${facts.regions[0]?.name} used`] ?? '0';
  const looked = (condition: 'page-frames' | 'test-control'): Sight =>
    lookedWith(condition, record.cases);
  const frames = looked('page-frames');
  const control = looked('test-control');
  return [
    sameValue('caller bits', String(testing.callerBits), bits, `the programs have ${bits} bits`),
    ...operationClaims(testing.operations, facts.capabilities),
    presence('page frames shown', testing.pageFrames, frames.seen, frames.reason),
    presence('test-control node', testing.testControl, control.seen, control.reason),
    presence('idle regions', testing.idle, used === '0', `others have ${used} pages of the region`),
  ];
}

function operationClaims(
  claimed: readonly string[],
  offered: readonly Capability[],
): readonly ClaimVerdict[] {
  const all = [...new Set([...claimed, ...offered])].toSorted();
  return all.map((name) => {
    const seen = offered.some((one) => one === name);
    const reason = `the target offers ${seen ? '' : 'no '}${name} operations`;
    return presence(`operations ${name}`, claimed.includes(name), seen, reason);
  });
}

/** Whether cases that need a condition could look: any of them did, or all of them skipped. */
function lookedWith(
  condition: 'page-frames' | 'test-control',
  cases: readonly RecordedCase[],
): Sight {
  const needing = new Set(
    CASES.filter((one) => conditionsOf(one).includes(condition)).map(({ id }) => id),
  );
  const ran = cases.filter(({ id, end }) => needing.has(id) && end !== 'not-run');
  const looker = ran.find(({ end }) => end === 'completed');
  if (looker !== undefined) return { seen: true, reason: `${looker.id} ran, and needs it` };
  const [first] = ran;
  if (first === undefined) return { seen: undefined, reason: 'no case of this run needs it' };
  const skipped = ran.every(({ end }) => end === 'skip');
  return { seen: skipped ? false : undefined, reason: `${first.id}: ${first.reason}` };
}
