/** Each consistency rule is broken alone, and allowed by an erratum where that may be. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { inconsistencies } from '../../../certify/statement/consistency.ts';
import { featuresOf } from '../../../certify/statement/features.ts';
import type { Statement } from '../../../certify/statement/statement.ts';
import { recordOf, truthful } from './sample.ts';

const TODAY = '2026-06-15';
const RIGHT = truthful(await recordOf('sim:?region=1MiB'));

const deviation = (change: object): Partial<Statement> => ({
  deviations: [{ requirement: 'IOC-02', erratum: 'E-1', reason: 'historic', ...change }],
});

const region = (change: object): Partial<Statement> => ({
  regions: RIGHT.regions.map((one, at) => (at === 0 ? { ...one, ...change } : one)),
});

const features = (change: Readonly<Record<string, boolean>>): Partial<Statement> => ({
  features: { ...RIGHT.features, ...change },
});

/** A rule, a change that breaks it alone, words of the sentence, whether an erratum may do. */
const RULES: readonly (readonly [string, Partial<Statement>, RegExp, boolean])[] = [
  ['profile-unknown', { profile: 'strict' }, /choose hardened or rfc/, false],
  [
    'profile-of-another-abi',
    { profile: 'dma-heap', ...dmaHeapFeatures() },
    /judges the dma-heap ABI, not simple-allocator/,
    false,
  ],
  [
    'page-size',
    { pageSize: 12288, ...pagesOf(12288n) },
    /12288, which is not a power of two/,
    true,
  ],
  ['alignment-power-of-two', { alignment: 12288n }, /12288, which is not a power of two/, true],
  ['alignment-of-pages', { alignment: 2048n, ...unaligned() }, /not a multiple of the page/, true],
  ['largest-buffer-of-pages', limit(5000n), /5000, which is not a multiple/, true],
  ['largest-buffer-beyond-regions', { limits: { largestBuffer: 2n << 20n } }, /2 MiB, and/, true],
  ['region-twice', { regions: [...RIGHT.regions, ...RIGHT.regions.slice(0, 1)] }, /twice/, false],
  ['region-of-another-abi', region({ node: '/dev/dma_heap/system' }), /place of the/, true],
  ['size-of-unbounded', { ...region({ bounded: false }), ...unfilled() }, /unbounded/, false],
  ['region-of-pages', region({ sizeBytes: 1050000n }), /1050000 bytes/, true],
  ['feature-unknown', features({ 'whole-regions': true }), /did you mean whole-region\?/, false],
  ['feature-unanswered', { features: without('ready-to-poll') }, /ready-to-poll is missing/, false],
  [
    'feature-without-prerequisite',
    { ...region({ bounded: false, sizeBytes: undefined }), ...unfilled('region-quota') },
    /region-quota is claimed, but the region \/dev\/cma0 is unbounded/,
    true,
  ],
  ['alignment-of-feature', { alignment: 4096n }, /is claimed, but alignment is 4 KiB/, true],
  ['largest-buffer-of-feature', { limits: { largestBuffer: 4096n } }, /4 KiB of 1 MiB/, true],
  ['deviation-twice', twice(), /IOC-02 is there twice/, false],
  ['deviation-unknown', deviation({ requirement: 'IOC-92' }), /did you mean IOC-02\?/, false],
  ['deviation-inapplicable', deviation({ requirement: 'RES-05' }), /does not apply/, false],
  ['erratum-missing', { deviations: [{ requirement: 'IOC-02', reason: 'no' }] }, /erratum/, false],
  ['expiry-no-day', deviation({ expires: '2026-02-30' }), /not a day/, false],
  ['deviation-expired', deviation({ expires: '2026-06-14' }), /2026-06-14, which is past/, false],
  [
    'operations-unknown',
    { testing: { ...RIGHT.testing, operations: [...RIGHT.testing.operations, 'socket'] } },
    /did you mean sockets\?/,
    false,
  ],
];

function twice(): Partial<Statement> {
  const { deviations = [] } = deviation({});
  return { deviations: [...deviations, ...deviations] };
}

function pagesOf(page: bigint): Partial<Statement> {
  return {
    alignment: 1n << 18n,
    regions: RIGHT.regions.map((one) => ({ ...one, sizeBytes: page * 256n })),
  };
}

/** Alignment below a page claims no more than that of pages. */
function unaligned(): Partial<Statement> {
  return features({ 'natural-alignment': false });
}

function limit(largestBuffer: bigint): Partial<Statement> {
  return { limits: { largestBuffer }, ...features({ 'whole-region': false }) };
}

function without(name: string): Statement['features'] {
  return Object.fromEntries(Object.entries(RIGHT.features).filter(([one]) => one !== name));
}

/** Features without those that only a region with an end can have. */
function unfilled(...kept: readonly string[]): Partial<Statement> {
  const names = ['free-pages-join', 'memory-reclaimed', 'full-region-fails-at-once'];
  const off = [...names, 'whole-region', 'region-quota'].map((name): [string, boolean] => [
    name,
    kept.includes(name),
  ]);
  return features(Object.fromEntries(off));
}

function dmaHeapFeatures(): Partial<Statement> {
  const names = featuresOf('dma-heap').map(({ name }): [string, boolean] => [name, false]);
  return { features: { ...Object.fromEntries(names), 'whole-region': true } };
}

t.test('what a target shows is consistent', async (t) => {
  t.strictSame(inconsistencies(RIGHT, TODAY), []);
  const known = { ...RIGHT, ...deviation({ expires: TODAY }) };
  t.strictSame(inconsistencies(known, TODAY), [], 'a deviation counts on its last day');
});

for (const [rule, change, words, excusable] of RULES) {
  t.test(rule, async (t) => {
    const wrong = { ...RIGHT, ...change };
    const found = inconsistencies(wrong, TODAY);
    t.strictSame([...new Set(found.map((one) => one.rule))], [rule]);
    t.match(found[0]?.sentence, words);
    t.equal(found[0]?.erratum, undefined);
    const errata = [{ id: 'TSE-7', contradicts: rule, reason: 'filed' }];
    const allowed = inconsistencies({ ...wrong, errata }, TODAY);
    if (excusable) {
      t.strictSame([...new Set(allowed.map(({ erratum }) => erratum))], ['TSE-7']);
    } else {
      t.strictSame(new Set(allowed.map((one) => one.rule)), new Set([rule, 'erratum-unused']));
    }
  });
}

t.test('every rule is broken above', async (t) => {
  const code = readFileSync('certify/statement/faults-in-statement.ts', 'utf8');
  const named = [...code.matchAll(/(?:rule: |not\()'([a-z-]+)'/g)].map(([, name]) => name);
  t.strictSame(new Set(named), new Set(RULES.map(([rule]) => rule)));
});
