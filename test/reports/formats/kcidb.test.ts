/** KCIDB: the shape that its I/O schema 5.3 allows, statuses by its priorities, ids that hold. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import t from 'tap';
import { formatKcidb, KCIDB_STATUSES } from '../../../reports/formats/kcidb.ts';
import { kcidbIds } from '../../../reports/formats/kcidb-ids.ts';
import { deriveRecord } from '../../../reports/journal/derive-record.ts';
import { pointsOf } from '../../../reports/record/points.ts';
import type { RunRecord } from '../../../reports/record/record.ts';
import type { Status } from '../../../reports/record/status.ts';
import { journalOf, sampleLines } from '../sample.ts';

const ID = { type: 'string', pattern: '^[a-z0-9_]+:.*$' };
const ORIGIN = { type: 'string', pattern: '^[a-z0-9_]+$' };
const TEXT = { type: 'string', pattern: '^[^\\0]*$' };
const TIME = {
  type: 'string',
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d+(Z|[+-]\\d\\d:\\d\\d)$',
};
const STATUS = { enum: [...KCIDB_STATUSES] };
const EXCERPT = { ...TEXT, maxLength: 16384 };

const closed = (required: readonly string[], properties: object) => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties,
});
const listOf = (items: object) => ({ type: 'array', items });

/** What kcidb_io/schema/v05_03.py says of the members that are written here; others are refused. */
const SCHEMA = closed(['version'], {
  version: closed(['major'], {
    major: { const: 5 },
    minor: { type: 'integer', minimum: 0, maximum: 3 },
  }),
  checkouts: listOf(
    closed(['id', 'origin'], { id: ID, origin: ORIGIN, comment: TEXT, valid: { type: 'boolean' } }),
  ),
  builds: listOf(
    closed(['checkout_id', 'id', 'origin'], {
      checkout_id: ID,
      id: ID,
      origin: ORIGIN,
      comment: TEXT,
      architecture: { type: 'string', pattern: '^[a-z0-9_]*$' },
      status: STATUS,
    }),
  ),
  tests: listOf(
    closed(['build_id', 'id', 'origin'], {
      build_id: ID,
      id: ID,
      origin: ORIGIN,
      environment: closed([], { comment: TEXT, misc: { type: 'object' } }),
      path: { type: 'string', pattern: '^([a-zA-Z0-9_-]+(\\.[a-zA-Z0-9_-]+)*)?$' },
      comment: TEXT,
      status: STATUS,
      log_excerpt: EXCERPT,
      start_time: TIME,
      duration: { type: 'number' },
      misc: { type: 'object' },
    }),
  ),
});

interface Data {
  readonly checkouts: readonly { readonly id: string }[];
  readonly builds: readonly { readonly id: string; readonly checkout_id: string }[];
  readonly tests: readonly {
    readonly id: string;
    readonly build_id: string;
    readonly path: string;
    readonly status: string;
    readonly misc: { readonly allocert: { readonly status: string } };
  }[];
}

const validate = new Ajv2020({ strict: true }).compile(SCHEMA);

const recordOf = (statuses: Parameters<typeof sampleLines>[0], lines = 99): RunRecord =>
  deriveRecord(journalOf(sampleLines(statuses).slice(0, lines)));

function written(t: Tap, record: RunRecord, given: Parameters<typeof kcidbIds>[0] = {}): Data {
  const data = JSON.parse(formatKcidb(record, kcidbIds(given)));
  t.ok(validate(data), JSON.stringify(validate.errors));
  return data;
}
type Tap = Pick<typeof t, 'ok'>;

t.test('every verdict has its status, and the run the one that comes first', async (t) => {
  const expected: Readonly<Record<Exclude<Status, 'flaky'>, string>> = {
    fail: 'FAIL',
    crash: 'FAIL',
    hang: 'FAIL',
    waived: 'FAIL',
    inconclusive: 'ERROR',
    pass: 'PASS',
    warn: 'PASS',
    info: 'DONE',
    skip: 'SKIP',
  };
  for (const [status, shown] of Object.entries(expected)) {
    const record = recordOf({ text: status as Status });
    const [run, ...tests] = written(t, record).tests;
    t.equal(tests.length, pointsOf(record).length, 'a test for each point');
    t.equal(tests[0]?.status, shown, status);
    t.equal(tests[0]?.misc.allocert.status, status, 'and its own word');
    t.equal(run?.status, ['DONE', 'SKIP'].includes(shown) ? 'PASS' : shown, 'PASS before those');
  }
  const all = { text: 'skip', guidance: 'skip', should: 'skip', second: 'skip' } as const;
  t.equal(written(t, recordOf(all)).tests[0]?.status, 'SKIP');
});

t.test('a run that was killed misses what it did not begin', async (t) => {
  const record = recordOf({}, 4);
  t.equal(record.interruptedCase, 'ERR-01/null');
  const statuses = written(t, record).tests.map(({ path, status }) => [path, status]);
  t.strictSame(statuses, [
    ['allocert', 'ERROR'],
    ['allocert.LIF-01.LIF-01_close', 'PASS'],
    ['allocert.ERR-01.ERR-01_null', 'ERROR'],
    ['allocert.ERR-02.ERR-01_null', 'ERROR'],
    ['allocert.ERR-01.ERR-01_kernel', 'MISS'],
  ]);
  t.equal(written(t, recordOf({}, 3)).tests[0]?.status, 'MISS', 'between two cases');
});

t.test('ids are unique, begin with the origin, and are the same each time', async (t) => {
  const record = recordOf({});
  const data = written(t, record, { origin: 'my_lab' });
  const ids = data.tests.map(({ id }) => id);
  t.equal(new Set(ids).size, ids.length);
  t.ok(ids.every((id) => id.startsWith('my_lab:allocert-')));
  t.equal(data.builds[0]?.checkout_id, data.checkouts[0]?.id);
  t.ok(data.tests.every(({ build_id }) => build_id === data.builds[0]?.id));
  t.strictSame(written(t, record, { origin: 'my_lab' }), data);
  const other = { ...record, seed: '0x2b' };
  t.notOk(written(t, other, { origin: 'my_lab' }).tests.some(({ id }) => ids.includes(id)));
});

t.test('a build that KCIDB knows is only referred to', async (t) => {
  const known = written(t, recordOf({}), { build: 'maestro:abc' });
  t.match(known, { checkouts: [], builds: [] });
  t.ok(known.tests.every(({ build_id }) => build_id === 'maestro:abc'));
  const checkout = written(t, recordOf({}), { checkout: 'maestro:tree' });
  t.match(checkout, { checkouts: [], builds: [{ checkout_id: 'maestro:tree' }] });
});

t.test('texts of a target fit the schema', async (t) => {
  const record = recordOf({ text: 'fail' });
  const [first, ...rest] = record.cases;
  const long = { ...first?.verdicts[0], reason: `a\0${'x'.repeat(20_000)}` };
  const cases = [{ ...first, verdicts: [long] }, ...rest] as RunRecord['cases'];
  const facts = { ...record.facts, architecture: 'Weird-Arch', implementation: 'a\0b' };
  t.notOk('architecture' in (written(t, { ...record, cases, facts }).builds[0] ?? {}));
});

t.test('ids that KCIDB would refuse are refused', async (t) => {
  t.throws(() => kcidbIds({ origin: 'My Lab' }), {
    blame: 'usage',
    message: /--kcidb-origin takes/,
  });
  t.throws(() => kcidbIds({ build: '1' }), { message: /--kcidb-build begins with an origin/ });
  t.throws(() => kcidbIds({ checkout: ':1' }), { message: /--kcidb-checkout begins/ });
});
