import { OPERATION_ROWS } from '../../adapters/contract/index.ts';
import { nearest } from '../../base/nearest.ts';
import { catalogue, type Profile, profilesOf, requirementsFor } from '../../catalogue/catalogue.ts';
import { isDay } from '../../reports/gate/read-waivers.ts';
import { CASES } from '../../suites/cases/all.ts';
import { exclusionOf } from './excluded.ts';
import { featuresOf } from './features.ts';
import { bytesText } from './read-statement.ts';
import type { StatedDeviation, Statement } from './statement.ts';

/** Something that is wrong in a statement by itself. */
export interface StatementFault {
  /** Name of the rule. */
  readonly rule: string;
  readonly sentence: string;
  /** Whether an erratum may allow it. */
  readonly excusable?: true;
}

/** Everything that is wrong in a statement, by every rule; see {@link StatementFault}. */
export function statementFaults(statement: Statement, today: string): readonly StatementFault[] {
  const profile = catalogue().profiles.find(({ name }) => name === statement.profile);
  return [
    ...profileFaults(statement, profile),
    ...sizeFaults(statement),
    ...regionFaults(statement),
    ...(profile === undefined ? [] : featureFaults(statement)),
    ...(profile === undefined ? [] : deviationFaults(statement, profile, today)),
    ...testingFaults(statement),
  ];
}

function profileFaults({ abi, profile: name }: Statement, profile?: Profile): StatementFault[] {
  const fitting = profilesOf(abi)
    .map((one) => one.name)
    .join(' or ');
  if (profile === undefined) {
    const sentence = `there is no profile ${name}; choose ${fitting}`;
    return [{ rule: 'profile-unknown', sentence }];
  }
  if (profile.abi === abi) return [];
  const sentence = `the profile ${name} judges the ${profile.abi} ABI, not ${abi}; choose ${fitting}`;
  return [{ rule: 'profile-of-another-abi', sentence }];
}

const isPowerOfTwo = (value: bigint): boolean => value > 0n && (value & (value - 1n)) === 0n;

function sizeFaults(statement: Statement): StatementFault[] {
  const { alignment, pageSize, limits, regions } = statement;
  const page = BigInt(pageSize);
  const found: StatementFault[] = [];
  const excusable = true;
  const not = (rule: string, sentence: string): void => {
    found.push({ rule, sentence, excusable });
  };
  if (!isPowerOfTwo(page)) {
    // What counts in pages means nothing then.
    not('page-size', `pageSize is ${pageSize}, which is no power of two`);
    return found;
  }
  if (!isPowerOfTwo(alignment)) {
    not('alignment-power-of-two', `alignment is ${alignment}, which is no power of two`);
  }
  if (alignment % page !== 0n) {
    const sentence = `alignment is ${alignment}, which is no multiple of the page size ${page}`;
    not('alignment-of-pages', sentence);
  }
  const { largestBuffer } = limits;
  if (largestBuffer === undefined) return found;
  if (largestBuffer % page !== 0n) {
    const sentence = `largestBuffer is ${largestBuffer}, which is no multiple of the page size ${page}`;
    not('largest-buffer-of-pages', sentence);
  }
  const sizes = regions.map((one) => one.sizeBytes);
  const largest = sizes.reduce((a, b) => (a === undefined || b === undefined || a > b ? a : b));
  if (largest !== undefined && sizes.every((one) => one !== undefined) && largestBuffer > largest) {
    const all = bytesText(largest);
    const sentence = `largestBuffer is ${bytesText(largestBuffer)}, and no region has more than ${all}`;
    not('largest-buffer-beyond-regions', sentence);
  }
  return found;
}

/** Where the ABIs have their nodes. */
const PLACES = { 'dma-heap': /^\/dev\/dma_heap\//, 'simple-allocator': /^\/dev\/cma\d+$/ };

function regionFaults({ abi, regions, pageSize }: Statement): StatementFault[] {
  return regions.flatMap(({ node, bounded, sizeBytes }, index) => {
    const found: StatementFault[] = [];
    if (regions.findIndex((one) => one.node === node) < index) {
      found.push({ rule: 'region-twice', sentence: `the region ${node} is there twice` });
    }
    const other = Object.entries(PLACES).find(([name, place]) => name !== abi && place.test(node));
    if (other !== undefined) {
      const sentence = `the region ${node} has the place of the ${other[0]} ABI, not of ${abi}`;
      found.push({ rule: 'region-of-another-abi', sentence, excusable: true });
    }
    if (!bounded && sizeBytes !== undefined) {
      const sentence = `the region ${node} is unbounded and has a size; remove one of them`;
      found.push({ rule: 'size-of-unbounded', sentence });
    }
    if (sizeBytes !== undefined && sizeBytes % BigInt(pageSize) !== 0n) {
      const what = `the region ${node} has ${sizeBytes} bytes`;
      const sentence = `${what}, which is no multiple of the page size ${pageSize}`;
      found.push({ rule: 'region-of-pages', sentence, excusable: true });
    }
    return found;
  });
}

function featureFaults(statement: Statement): StatementFault[] {
  const { features, profile } = statement;
  const all = featuresOf(profile);
  const names = all.map(({ name }) => name);
  const unknown = Object.keys(features).filter((name) => !names.includes(name));
  const absent = all.filter(({ name }) => features[name] === undefined);
  return [
    ...unknown.map((name) => {
      const near = nearest(name, names);
      const hint = near === undefined ? 'remove it' : `did you mean ${near}?`;
      const sentence = `the profile ${profile} has no feature ${name}; ${hint}`;
      return { rule: 'feature-unknown', sentence };
    }),
    ...absent.map(({ name, title }) => ({
      rule: 'feature-unanswered',
      sentence: `the feature ${name} is missing; say with true or false whether ${title}`,
    })),
    ...prerequisiteFaults(statement),
    ...alignmentFaults(statement),
    ...wholeRegionFaults(statement),
  ];
}

/** A feature that no case could see on the product that is described. */
function prerequisiteFaults(statement: Statement): StatementFault[] {
  const [region] = statement.regions;
  return featuresOf(statement.profile).flatMap(({ name, requirement }) => {
    if (statement.features[name] !== true) return [];
    const cases = CASES.filter(({ requirements }) => requirements.includes(requirement.id));
    const excluded = cases.map((one) => exclusionOf(statement, region, one));
    const [first] = excluded;
    if (first === undefined || !excluded.every((one) => one?.ofProduct === true)) return [];
    const sentence = `the feature ${name} is claimed, but ${first.because}`;
    return [{ rule: 'feature-without-prerequisite', sentence, excusable: true as const }];
  });
}

function alignmentFaults({ alignment, features, pageSize }: Statement): StatementFault[] {
  const natural = features['natural-alignment'];
  const beyond = alignment > BigInt(pageSize);
  if (natural === undefined || natural === beyond) return [];
  const claim = natural ? 'is claimed' : 'is not claimed';
  const sentence = `the feature natural-alignment ${claim}, but alignment is ${bytesText(alignment)}`;
  return [{ rule: 'alignment-of-feature', sentence, excusable: true }];
}

function wholeRegionFaults({ features, limits, regions }: Statement): StatementFault[] {
  const { largestBuffer } = limits;
  const size = regions[0]?.sizeBytes;
  if (size === undefined || largestBuffer === undefined) return [];
  const whole = largestBuffer >= size;
  const claimed = features['whole-region'];
  if (claimed === undefined || claimed === whole) return [];
  const claim = claimed ? 'is claimed' : 'is not claimed';
  const limit = bytesText(largestBuffer);
  const sentence = `the feature whole-region ${claim}, but largestBuffer is ${limit} of ${bytesText(size)}`;
  return [{ rule: 'largest-buffer-of-feature', sentence, excusable: true }];
}

function deviationFaults(statement: Statement, profile: Profile, today: string): StatementFault[] {
  const { deviations } = statement;
  return deviations.flatMap((one, index) => {
    const first = deviations.findIndex(({ requirement }) => requirement === one.requirement);
    const sentence = `the deviation from ${one.requirement} is there twice`;
    return [
      ...(first < index ? [{ rule: 'deviation-twice', sentence }] : []),
      ...deviationFault(one, profile),
      ...expiryFault(one, today),
    ];
  });
}

function deviationFault(
  { requirement: id, erratum }: StatedDeviation,
  { abi, known, name }: Profile,
): StatementFault[] {
  const found = catalogue().requirements.find((one) => one.id === id);
  if (found === undefined) {
    const near = nearest(
      id,
      catalogue().requirements.map((one) => one.id),
    );
    const hint = near === undefined ? 'see allocert list' : `did you mean ${near}?`;
    const sentence = `there is no requirement ${id} to deviate from; ${hint}`;
    return [{ rule: 'deviation-unknown', sentence }];
  }
  if (!requirementsFor(abi).includes(found) || found.expect[name] === undefined) {
    const sentence = `${id} does not apply to the profile ${name}; remove the deviation from it`;
    return [{ rule: 'deviation-inapplicable', sentence }];
  }
  if (erratum !== undefined || known.some((one) => one.requirement === id)) return [];
  const why = 'name the erratum that allows it, or mend the product';
  const sentence = `the deviation from ${id} names no erratum, and the profile ${name} knows none; ${why}`;
  return [{ rule: 'erratum-missing', sentence }];
}

function expiryFault({ requirement, expires }: StatedDeviation, today: string): StatementFault[] {
  if (expires === undefined) return [];
  const what = `the deviation from ${requirement} expires on ${expires}`;
  if (!isDay(expires)) return [{ rule: 'expiry-no-day', sentence: `${what}, which is no day` }];
  if (expires >= today) return [];
  const sentence = `${what}, which is past; mend the product, or have the erratum renewed`;
  return [{ rule: 'deviation-expired', sentence }];
}

function testingFaults({ testing }: Statement): StatementFault[] {
  const offered = OPERATION_ROWS.map(([, { capability }]) => capability);
  const known = [...new Set<string>([...offered, ...CASES.flatMap(({ needs = [] }) => needs)])];
  const unknown = testing.operations.filter((name) => !known.includes(name));
  return unknown.map((name) => {
    const near = nearest(name, known);
    const hint = near === undefined ? `known are ${known.join(', ')}` : `did you mean ${near}?`;
    return { rule: 'operations-unknown', sentence: `there are no operations ${name}; ${hint}` };
  });
}
