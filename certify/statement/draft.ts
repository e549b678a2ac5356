import { printable } from '../../base/clean-text.ts';
import { profilesOf } from '../../catalogue/catalogue.ts';
import type { RunRecord } from '../../reports/record/record.ts';
import type { ClaimVerdict } from './claim-verdict.ts';
import { deviationLines } from './draft-deviations.ts';
import { entries, member, shownOnLine } from './draft-lines.ts';
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
 * A statement as JSON with comments: what was probed is filled in, and what only a person knows
 * is a marked blank.
 */
export function draftStatement({ record, heaps }: DraftSource): string {
  const nothing = claimingNothing(record);
  const claims = judgeClaims(nothing, record);
  const natural = claims.find(({ claim }) => claim === 'feature natural-alignment')?.seen === 'yes';
  const page = BigInt(record.facts.pageSize);
  const parts: readonly (readonly string[])[] = [
    [...headLines(record), ...member('statement', STATEMENT_VERSION)],
    productLines(),
    ['// The interface to programs.', ...member('abi', nothing.abi)],
    [
      `// The profile of rules that is to hold: ${profilesFor(nothing)}.`,
      ...member('profile', nothing.profile),
    ],
    ['// Bytes of a page.', ...member('pageSize', record.facts.pageSize)],
    [
      '// Buffers begin at a multiple of their size, rounded to a power of two, up to this much.',
      `// Cases look at buffers of up to ${ALIGNED_PAGES} pages.`,
      ...member('alignment', bytesText(natural ? ALIGNED_PAGES * page : page)),
    ],
    regionLines(record, heaps),
    limitLines(claims),
    featureLines(nothing, claims),
    deviationLines(record),
    [
      '// Consistency rules that the statement breaks by leave of an erratum: id, contradicts, reason.',
      ...member('errata', []),
    ],
    testingLines(record, claims),
  ];
  return `{\n${parts.map(indented).join(',\n\n')}\n}\n`;
}

const ALIGNED_PAGES = 16n;

const indented = (lines: readonly string[]): string => lines.map((line) => `  ${line}`).join('\n');

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
    '// Implementation Conformance Statement of a memory allocator.',
    `// Drafted by allocert ${allocert} from what ${printable(target)} says of itself, and from`,
    `// what ${ran} cases saw. Write what is true of the product in place of each ${BLANK}, correct`,
    '// what is wrong, and run: allocert statement check FILE --target TARGET',
  ];
}

const productLines = (): readonly string[] => [
  '// The product as its customers know it. Questions about it are answered at the contact.',
  '"product": {',
  ...entries(['name', 'vendor', 'version', 'contact'].map((name) => member(name, BLANK))),
  '}',
];

const profilesFor = ({ abi }: Statement): string =>
  profilesOf(abi)
    .map(({ name }) => name)
    .join(' or ');

function regionLines({ facts }: RunRecord, heaps: DraftSource['heaps']): readonly string[] {
  const probed = facts.regions.map(({ node, bounded, sizeBytes }) => ({
    ...{ node, bounded },
    ...(sizeBytes === undefined ? {} : { size: bytesText(sizeBytes) }),
    ...npuOf(heaps.find((one) => one.node === node)),
  }));
  const declared = heaps
    .filter(({ node }) => !facts.regions.some((one) => one.node === node))
    .map((heap) => ({ node: heap.node, bounded: BLANK, ...npuOf(heap) }));
  const note =
    declared.length === 0
      ? []
      : ['// Whether a heap that was only declared is bounded, true or false, a person must say.'];
  return [
    '// Every region of the product; the first one is under test.',
    ...note,
    '"regions": [',
    ...entries([...probed, ...declared].map((one) => [shownOnLine(one)])),
    ']',
  ];
}

const npuOf = ({ npu = [] }: Partial<StatedRegion> = {}): Pick<StatedRegion, 'npu'> =>
  npu.length === 0 ? {} : { npu };

function limitLines(claims: readonly ClaimVerdict[]): readonly string[] {
  const lacks = (name: string): boolean =>
    claims.find(({ claim }) => claim === name)?.seen === 'no';
  const limits = {
    ...(lacks('limit largest buffer') ? { largestBuffer: BLANK } : {}),
  };
  return [
    '// Limits beyond those of the region and of the process: largestBuffer (such as "8 MiB"), and',
    '// descriptors (buffers that one process may hold).',
    ...member('limits', limits),
  ];
}

function featureLines({ profile }: Statement, claims: readonly ClaimVerdict[]): readonly string[] {
  const members = featuresOf(profile).map(({ name, title, requirement }) => {
    const found = claims.find(({ claim }) => claim === `feature ${name}`);
    const value = answerOf(found);
    const unseen = value === BLANK ? [`// Not seen: ${printable(found?.reason ?? '')}`] : [];
    return [`// ${requirement.id}: ${title}`, ...unseen, ...member(name, value)];
  });
  return [
    '// Optional features: whether the product has each of them.',
    '"features": {',
    ...entries(members),
    '}',
  ];
}

/** The answer that a claim which denies something shows to be true. */
function answerOf(claim: ClaimVerdict | undefined): boolean | typeof BLANK {
  if (claim?.seen === 'yes') return true;
  return claim?.seen === 'no' ? false : BLANK;
}

function testingLines({ facts }: RunRecord, claims: readonly ClaimVerdict[]): readonly string[] {
  const answer = (name: string) => answerOf(claims.find(({ claim }) => claim === name));
  return [
    '// What a tester needs to know.',
    '"testing": {',
    ...entries([
      [
        '// Bits of the programs that call, 32 or 64.',
        ...member('callerBits', 8 * facts.pointerBytes),
      ],
      ['// Operations that the target offers.', ...member('operations', facts.capabilities)],
      [
        '// Whether the kernel shows root where buffers lie.',
        ...member('pageFrames', answer('page frames shown')),
      ],
      [
        '// Whether there is a test-control node.',
        ...member('testControl', answer('test-control node')),
      ],
      [
        '// Whether nothing else allocates during a test.',
        ...member('idle', answer('idle regions')),
      ],
      ['// The person who answered.', ...member('answeredBy', BLANK)],
    ]),
    '}',
  ];
}
