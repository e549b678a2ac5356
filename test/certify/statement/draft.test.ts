/** Drafts: what was seen is filled in, what only a person knows is blank, nothing else gets in. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { draftStatement } from '../../../certify/statement/draft.ts';
import { readHeapMatrix } from '../../../certify/statement/heap-matrix.ts';
import { parseStatement } from '../../../certify/statement/read-statement.ts';
import { BLANK } from '../../../certify/statement/statement.ts';
import { temporaryDirectory } from '../../reports/sample.ts';
import { recordOf } from './sample.ts';

const RECORD = await recordOf('sim:?behaviour=rfc-v2&region=256KiB');

/** The blanks of a draft, as the sentence that refuses it names them. */
function blanksOf(text: string): readonly string[] {
  try {
    parseStatement(text, 'draft');
    return [];
  } catch (thrown) {
    const { message } = thrown as Error;
    const [, list = ''] = /still has FILL-IN in (.*); write/.exec(message) ?? [];
    return list.split(', ').map((one) => one.replace(/ \(line \d+\)$/, ''));
  }
}

const PRODUCT = ['name', 'vendor', 'version', 'contact'].map((name) => `product.${name}`);

t.test('a draft asks for what only a person knows', async (t) => {
  const sound = await recordOf('sim:?region=256KiB');
  const blanks = blanksOf(draftStatement({ record: sound, heaps: [] }));
  t.strictSame(blanks, [...PRODUCT, 'testing.answeredBy']);
});

t.test('a draft says what was seen, rule by rule', async (t) => {
  const text = draftStatement({ record: RECORD, heaps: [] });
  t.match(text, '"node": "/dev/cma0", "bounded": true, "size": "256 KiB"');
  t.match(text, '"nonblocking-descriptors": true');
  t.match(text, '"natural-alignment": false');
  t.match(text, /"alignment": "4 KiB"/);
});

t.test('a rule that was seen broken is a deviation whose erratum is asked for', async (t) => {
  const verdicts = RECORD.cases.flatMap((one) => one.verdicts);
  const broken = verdicts.find(
    ({ requirement, profile, status }) =>
      requirement === 'ERR-08' && profile === 'hardened' && status === 'fail',
  );
  t.ok(broken, 'the posted code has no EMFILE');
  const text = draftStatement({ record: RECORD, heaps: [] });
  t.match(text, `// Seen: ${broken?.reason}`);
  t.match(text, `{ "requirement": "ERR-08", "erratum": "${BLANK}", "reason": "${BLANK}" }`);
});

t.test('texts of a target stay texts of the draft', async (t) => {
  const [region] = RECORD.facts.regions;
  if (region === undefined) throw new Error('the simulator has a region');
  const node = '/dev/cma0"\n}, "profile": "rfc\u202e';
  const facts = { ...RECORD.facts, regions: [{ ...region, node }] };
  const cases = RECORD.cases.map((one) => ({ ...one, reason: 'a\n"b": 1,' }));
  const hostile = { ...RECORD, facts, cases, target: 'sim:\n"statement": 2' };
  const text = draftStatement({ record: hostile, heaps: [] })
    .replaceAll(/("[a-z-]+-[a-z-]+": )"FILL-IN"/g, '$1false')
    .replaceAll(JSON.stringify(BLANK), '"Acme-1"');
  const { statement } = parseStatement(text, 'draft');
  t.equal(statement.regions[0]?.node, node);
  t.equal(statement.profile, 'hardened');
  t.notMatch(text, '\u202e', 'what no reader sees is written out');
});

/** A dma_heap.json of these contents. */
function heapFile(value: unknown): string {
  const file = join(temporaryDirectory(), 'dma_heap.json');
  writeFileSync(file, JSON.stringify(value));
  return file;
}

t.test('declared heaps stand in the draft, and whether they end is asked for', async (t) => {
  const file = heapFile({
    devices: {
      '/dev/dma_heap/system': {
        npu: [{ device_numbers: [0, 1], buffer_types: ['MODEL_WEIGHTS', 'CACHE'] }],
      },
      '/dev/dma_heap/npu-secure': {},
    },
  });
  const heaps = readHeapMatrix(file);
  t.strictSame(heaps, [
    {
      node: '/dev/dma_heap/system',
      npu: [{ deviceNumbers: [0, 1], bufferTypes: ['MODEL_WEIGHTS', 'CACHE'] }],
    },
    { node: '/dev/dma_heap/npu-secure', npu: [] },
  ]);
  const text = draftStatement({ record: RECORD, heaps });
  t.match(text, `"node": "/dev/dma_heap/npu-secure", "bounded": "${BLANK}" }`);
  const bounded = blanksOf(text).filter((one) => one.endsWith('.bounded'));
  t.strictSame(bounded, ['regions.2.bounded', 'regions.3.bounded']);
  const answers = text
    .replaceAll(`"bounded": "${BLANK}"`, '"bounded": true')
    .replaceAll(/("[a-z-]+-[a-z-]+": )"FILL-IN"/g, '$1false')
    .replaceAll(JSON.stringify(BLANK), '"Acme-1"');
  t.strictSame(parseStatement(answers, 'draft').statement.regions[2]?.npu, heaps[0]?.npu);
});

t.test('what is no dma_heap.json is refused with its place', async (t) => {
  const heap = (npu: unknown) => ({ devices: { '/dev/dma_heap/system': { npu } } });
  for (const [value, expected] of [
    [[], /the whole must be an object/],
    [{}, /declares no heap/],
    [{ devices: [] }, /devices must be an object/],
    [{ devices: { '/etc/passwd': {} } }, /"\/etc\/passwd", which is no heap/],
    [heap({}), /npu must be a list/],
    [heap([{ device_numbers: [-1] }]), /npu\[0\]\.device_numbers must be whole numbers/],
    [heap([{ buffer_types: ['cache\n'] }]), /buffer_types must be names/],
  ] as const) {
    t.throws(() => readHeapMatrix(heapFile(value)), { message: expected, exitCode: 2 });
  }
});
