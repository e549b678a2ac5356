import type { RegionFacts } from '../../adapters/contract/index.ts';
import { CASES } from '../../suites/cases/all.ts';
import type { Case } from '../../suites/kit/case.ts';
import { conditionsOf } from '../../suites/kit/conditions.ts';
import type { StatedRegion, Statement } from './statement.ts';

type Needed = ReturnType<typeof conditionsOf>[number];

/** Why a case cannot look, as a statement has it. */
export interface Exclusion {
  /** What the statement says, as a sentence without an end mark. */
  readonly because: string;
  /** Whether it is the product that lacks something; else it is the way to test it. */
  readonly ofProduct: boolean;
}

/** A buffer past 4 GiB needs a region that is larger. */
const FOUR_GIB = 1n << 32n;

/** Regions of fewer pages have no room for some cases. */
const SMALL_REGION_PAGES = 64n;

/** The region that a statement has of the one under test, which is the target's first. */
export const statedRegion = (
  { regions }: Statement,
  tested: Pick<RegionFacts, 'node'> | undefined,
): StatedRegion | undefined => regions.find(({ node }) => node === tested?.node) ?? regions[0];

/**
 * Why a case cannot look at a region, as the statement has it.
 *
 * @returns undefined when the statement excludes nothing that the case needs
 */
export function exclusionOf(
  statement: Statement,
  region: StatedRegion | undefined,
  case_: Case,
): Exclusion | undefined {
  const found = conditionsOf(case_).map((one) => missing(statement, region, one));
  return found.find((one) => one !== undefined);
}

/**
 * Why a case of that id may have skipped, by what the statement says. Beside the conditions that a
 * case declares, a region may be too small for it, or have no end at which its memory is counted.
 *
 * @returns undefined for a skip that the statement does not explain
 */
export function explanationOf(
  statement: Statement,
  region: StatedRegion | undefined,
  caseId: string,
): Exclusion | undefined {
  const case_ = CASES.find(({ id }) => id === caseId);
  const declared = case_ === undefined ? undefined : exclusionOf(statement, region, case_);
  if (declared !== undefined || region === undefined) return declared;
  const { bounded, node, sizeBytes } = region;
  if (!bounded) return { because: `the region ${node} is unbounded`, ofProduct: true };
  const small = SMALL_REGION_PAGES * BigInt(statement.pageSize);
  if (sizeBytes === undefined || sizeBytes >= small) return undefined;
  return { because: `the region ${node} has ${sizeBytes} bytes only`, ofProduct: true };
}

function missing(
  { regions, testing, features }: Statement,
  region: StatedRegion | undefined,
  condition: Needed,
): Exclusion | undefined {
  const node = region?.node ?? 'under test';
  const size = region?.sizeBytes;
  const product = (because: string): Exclusion => ({ because, ofProduct: true });
  const tester = (because: string): Exclusion => ({ because, ofProduct: false });
  switch (condition) {
    case 'bounded':
      return region?.bounded === false ? product(`the region ${node} is unbounded`) : undefined;
    case 'several-regions':
      return regions.length < 2 ? product('there is one region only') : undefined;
    case 'region-size':
      return size === undefined ? product(`the region ${node} has no size`) : undefined;
    case 'large-region':
      return size === undefined || size > FOUR_GIB
        ? undefined
        : product(`the region ${node} holds no buffer past 4 GiB`);
    case 'gauge':
      return features['free-memory-counted'] === false
        ? product('no counter follows free memory')
        : undefined;
    case 'idle':
      return testing.idle ? undefined : tester('others allocate from the regions during the test');
    case 'page-frames':
      return testing.pageFrames ? undefined : tester('page frames of buffers are not shown');
    case 'test-control':
      return testing.testControl ? undefined : tester('there is no test-control node');
    case '32-bit-programs':
      return testing.callerBits === 32 ? undefined : tester('the programs have 64 bits');
    case '64-bit-programs':
      return testing.callerBits === 64 ? undefined : tester('the programs have 32 bits');
    default:
      return testing.operations.includes(condition)
        ? undefined
        : tester(`the target offers no ${condition} operations`);
  }
}
