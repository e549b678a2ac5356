import { printable } from '../../base/clean-text.ts';
import { profilesOf } from '../../catalogue/catalogue.ts';
import type { RunRecord } from '../../reports/record/record.ts';
import type { ClaimVerdict } from './claim-verdict.ts';
import { deviationLines } from './draft-deviations.ts';
import { featuresOf } from './features.ts';
import { judgeClaims } from './judge-claims.ts';
import { bytesText } from './read-statement.ts';
import { BLANK, STATEMENT_VERSION, type StatedRegion, type Statement } from './statement.ts';

/** What a draft is made of. */
export interface DraftSource {
  /** A run of the probes of {@link Statement.profile}, see probes.ts. */
  readonly record: RunRecord;
  /** Heaps that the vendor declares elsewhere; see heap-matrix.ts. */
  readonly heaps: readonly Omit<StatedRegion, 'bounded'>[];
}

/**
 * A statement as YAML with comments: what was probed is filled in, and what only a person knows is
 * a marked blank.
 */
export function draftStatement({ record, heaps }: DraftSource): string {
  const nothing = claimingNothing(record);
  const claims = judgeClaims(nothing, record);
  const natural = claims.find(({ claim }) => claim === 'feature natural-alignment')?.seen === 'yes';
  const page = BigInt(record.facts.pageSize);
  return [
    ...headLines(record),
    `abi: ${nothing.abi}`,
    `profile: ${nothing.profile}${otherProfiles(nothing)}`,
    '',
    '# Bytes of a page.',
    `pageSize: ${record.facts.pageSize}`,
    '',
    '# Buffers begin at a multiple of their size, rounded to a power of two, up to this much.',
    `# Cases look at buffers of up to ${ALIGNED_PAGES} pages.`,
    `alignment: ${bytesText(natural ? ALIGNED_PAGES * page : page)}`,
    '',
    ...regionLines(record, heaps),
    '',
    ...limitLines(claims),
    '',
    ...featureLines(nothing, claims),
    '',
    ...deviationLines(record),
    '',
    ...testingLines(record, claims),
    '',
  ].join('\n');
}

const ALIGNED_PAGES = 16n;

/** A statement that denies whatever can be denied: how each claim is judged tells what was seen. */
function claimingNothing({ facts, profile, profiles }: RunRecord): Statement {
  const abi = profiles.find(({ name }) => name === profile)?.abi as Statement['abi'];
  const regions = facts.regions.map(
    ({ node, bounded, sizeBytes }): StatedRegion =>
      sizeBytes === undefined ? { node, bounded } : { node, bounded, sizeBytes },
  );
  const features = featuresOf(profile).map(({ name }): [string, boolean] => [name, false]);
  return {
    product: { name: '', vendor: '', version: '', contact: '' },
    ...{ abi, profile, regions },
    pageSize: facts.pageSize,
    alignment: BigInt(facts.pageSize),
    limits: {},
    features: Object.fromEntries(features),
    deviations: [],
    errata: [],
    testing: {
      callerBits: facts.pointerBytes === 4 ? 32 : 64,
      operations: facts.capabilities,
      ...{ pageFrames: false, testControl: false, idle: true },
      answeredBy: '',
    },
  };
}

function headLines({ allocert, target, cases }: RunRecord): readonly string[] {
  const ran = cases.filter(({ end }) => end !== 'not-run').length;
  return [
    '# Implementation Conformance Statement of a memory allocator.',
    `# Drafted by allocert ${allocert} from what ${printable(target)} says of itself, and from`,
    `# what ${ran} cases saw. Write what is true of the product in place of each ${BLANK}, correct`,
    '# what is wrong, and run: allocert statement check FILE --target TARGET',
    `statement: ${STATEMENT_VERSION}`,
    '',
    '# The product as its customers know it.',
    'product:',
    `  name: ${BLANK}`,
    `  vendor: ${BLANK}`,
    `  version: ${BLANK} # in quotes if it looks like a number, such as "1.10"`,
    `  contact: ${BLANK} # where questions about the product are answered`,
    '',
    '# The interface to programs, and the profile of rules that is to hold.',
  ];
}

function otherProfiles({ abi, profile }: Statement): string {
  const others = profilesOf(abi).map(({ name }) => name).filter((name) => name !== profile);
  return others.length === 0 ? '' : ` # or ${others.join(', ')}`;
}

function regionLines({ facts }: RunRecord, heaps: DraftSource['heaps']): readonly string[] {
  const probed = facts.regions.flatMap(({ node, bounded, sizeBytes }) => [
    `  - node: ${text(node)}`,
    `    bounded: ${bounded}`,
    ...(sizeBytes === undefined ? [] : [`    size: ${bytesText(sizeBytes)}`]),
    ...npuLines(heaps.find((one) => one.node === node)),
  ]);
  const declared = heaps
    .filter(({ node }) => !facts.regions.some((one) => one.node === node))
    .flatMap((heap) => [
      `  - node: ${text(heap.node)} # declared, and not probed`,
      `    bounded: ${BLANK} # true or false: whether filling it ends in ENOMEM`,
      ...npuLines(heap),
    ]);
  const head = '# Every region of the product; the first one is under test.';
  return [head, 'regions:', ...probed, ...declared];
}

function npuLines(heap: DraftSource['heaps'][number] | undefined): readonly string[] {
  const { npu = [] } = heap ?? {};
  if (npu.length === 0) return [];
  const rows = npu.map(
    ({ deviceNumbers, bufferTypes }) =>
      `      - { deviceNumbers: [${deviceNumbers.join(', ')}], bufferTypes: [${bufferTypes.join(', ')}] }`,
  );
  return ['    npu: # as declared; it is carried along and not judged', ...rows];
}

function limitLines(claims: readonly ClaimVerdict[]): readonly string[] {
  const whole = claims.find(({ claim }) => claim === 'limit largest buffer')?.seen;
  const own = claims.find(({ claim }) => claim === 'limit descriptors')?.seen;
  const largest = whole === 'no' ? [`  largestBuffer: ${BLANK} # such as 8 MiB`] : [];
  const descriptors = own === 'no' ? [`  descriptors: ${BLANK} # buffers that a process may hold`] : [];
  const both = [...largest, ...descriptors];
  return [
    '# Limits beyond those of the region and of the process: largestBuffer, descriptors.',
    ...(both.length === 0 ? ['limits: {}'] : ['limits:', ...both]),
  ];
}

function featureLines(
  { profile }: Statement,
  claims: readonly ClaimVerdict[],
): readonly string[] {
  const lines = featuresOf(profile).flatMap(({ name, title, requirement }) => {
    const found = claims.find(({ claim }) => claim === `feature ${name}`);
    const value = answerOf(found);
    const unseen = value === BLANK ? [`  # Not seen: ${printable(found?.reason ?? '')}`] : [];
    return [`  # ${requirement.id}: ${title}`, ...unseen, `  ${name}: ${value}`];
  });
  return ['# Optional features: whether the product has each of them.', 'features:', ...lines];
}

/** The answer that a claim which denies something shows to be true. */
function answerOf(claim: ClaimVerdict | undefined): string {
  if (claim?.seen === 'yes') return 'true';
  return claim?.seen === 'no' ? 'false' : BLANK;
}

function testingLines({ facts }: RunRecord, claims: readonly ClaimVerdict[]): readonly string[] {
  const answer = (name: string): string => answerOf(claims.find(({ claim }) => claim === name));
  return [
    '# What a tester needs to know.',
    'testing:',
    `  callerBits: ${8 * facts.pointerBytes} # of the programs that call`,
    `  operations: [${facts.capabilities.map(text).join(', ')}]`,
    `  pageFrames: ${answer('page frames shown')} # whether the kernel shows root where buffers lie`,
    `  testControl: ${answer('test-control node')} # whether devices can be registered, see docs`,
    `  idle: ${answer('idle regions')} # whether nothing else allocates during a test`,
    `  answeredBy: ${BLANK} # a person`,
  ];
}

/** A text of the target in YAML: plain where it can mean nothing else. */
const text = (value: string): string =>
  /^[\w/][\w/.@+-]*$/.test(value) ? value : JSON.stringify(printable(value));
