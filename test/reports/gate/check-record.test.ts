/** What a record says of itself is what its cases come to: every such field is edited in turn. */
import t from 'tap';
import { AllocertError } from '../../../base/errors.ts';
import { refuseContradiction } from '../../../reports/gate/check-record.ts';
import { gate } from '../../../reports/gate/gate.ts';
import { deriveRecord } from '../../../reports/journal/derive-record.ts';
import { mergeRecords } from '../../../reports/merge/merge.ts';
import type { RunRecord } from '../../../reports/record/record.ts';
import { another, edited, leavesOf, type Path } from '../leaves.ts';
import { END, journalOf, ranCase, START, sampleLines, verdict } from '../sample.ts';
import { baselineOf, recordWith, settings, WAIVER } from './sample.ts';

const RETRY = { type: 'retry-start', startedAt: '2026-01-03T03:04:05.000Z' } as const;

/** A run with a failure that was gone in a retry, one that stayed, and a SHOULD that warns. */
const RETRIED = deriveRecord(
  journalOf([
    ...sampleLines({ text: 'fail', guidance: 'fail', should: 'warn' }),
    { ...RETRY, cases: ['LIF-01/close', 'ERR-01/null'] },
    ...ranCase('LIF-01/close', [verdict('LIF-01', 'hardened', 'pass')]),
    ...ranCase('ERR-01/null', [verdict('ERR-01', 'hardened', 'fail')]),
    END,
  ]),
);

const GATED = gate(
  RETRIED,
  settings({
    failOn: 'should',
    failOnFlaky: true,
    maxSkips: 3,
    waivers: [
      { ...WAIVER, id: 'ERR-01' },
      { ...WAIVER, id: 'ERR-02', expires: '2025-01-31' },
      { ...WAIVER, target: 'native:*' },
    ],
  }),
);

const COMPARED = gate(
  recordWith({ text: 'fail', guidance: 'inconclusive', second: 'fail' }),
  settings({
    baseline: baselineOf(recordWith({ text: 'fail', guidance: 'fail', should: 'warn' })),
  }),
);

const ALL = START.cases.map(({ id }) => id);

function shardOf(index: number, cases: readonly string[]): RunRecord {
  const shard = { index, count: 2, cases: ALL };
  const head = { ...START, shard, cases: START.cases.filter(({ id }) => cases.includes(id)) };
  const ran = cases.flatMap((id) => ranCase(id, [verdict('LIF-01', 'hardened', 'pass')]));
  return deriveRecord({ start: head, lines: [head, ...ran, END], torn: false });
}

const MERGED = mergeRecords(
  [shardOf(1, ALL.slice(0, 1)), shardOf(2, ALL.slice(1))].map((record, at) => ({
    ...{ path: `${at}`, folder: `${at}` },
    record,
  })),
  [],
);

/** A killed run, and one of which nothing but the verdicts of older versions is known. */
const KILLED = deriveRecord(journalOf(sampleLines().slice(0, 4)));

const RECORDS: Readonly<Record<string, RunRecord>> = {
  plain: recordWith({ text: 'fail', second: 'inconclusive' }),
  retried: RETRIED,
  gated: GATED,
  compared: COMPARED,
  merged: MERGED,
  killed: KILLED,
};

/** Fields that say what was given or observed: from nothing in a record do they follow. */
const GIVEN: readonly RegExp[] = [
  /^(version|allocert|target|facts|fixed|notices|partial|shard)\b/,
  /^(startedAt|endedAt|durationMs|seed|incompleteReason|environment)\b/,
  /^profiles\.\d+\.(abi|authorities)/,
  /^requirements\.\d+\.(id|group|level|authority|statement|source)\b/,
  /^cases\.\d+\.(id|title|requirements|reason|durationMs|evidence|retried)\b/,
  /^cases\.\d+\.(attempts\.\d+\.)?verdicts\.\d+\.(requirement|profile|expected|observed|reason)\b/,
  /^cases\.\d+\.(attempts\.\d+\.)?(reason|evidence|end|durationMs)\b/,
  /^(gate\.\w+|waivers)\.\d+\.(target|reason|owner|issue|expires|id)$/,
  /^gate\.(fixed|unobserved)\.\d+\.(status|reason)$/,
  /^gate\.(baseline|today|maxSkips|failOn|failOnFlaky)\b/,
  /^sources\.\d+\.(digest|shard|environment|startedAt|endedAt|seed)\b/,
];

const isDerived = (path: Path): boolean => !GIVEN.some((one) => one.test(path.join('.')));

function isBelieved(record: RunRecord): boolean {
  try {
    refuseContradiction(record, 'record.json');
    return true;
  } catch (thrown) {
    if (thrown instanceof AllocertError && thrown.exitCode === 3) return false;
    throw thrown;
  }
}

for (const [name, record] of Object.entries(RECORDS)) {
  t.test(`${name}: each field that follows from others is named when it is edited`, async (t) => {
    t.doesNotThrow(() => refuseContradiction(record, 'record.json'), 'as it is');
    const derived = leavesOf(record).filter(isDerived);
    t.ok(derived.length > 10, `${derived.length} fields`);
    const believed = derived.filter((path) => isBelieved(edited(record, path, another)));
    t.strictSame(
      believed.map((path) => path.join('.')),
      [],
    );
  });
}

t.test('the sentence names the field, what it says and what follows', async (t) => {
  const refuses = (record: RunRecord, message: RegExp): void => {
    t.throws(() => refuseContradiction(record, 'record.json'), { message });
  };
  const { plain, gated } = RECORDS as { readonly plain: RunRecord; readonly gated: RunRecord };
  refuses(
    { ...plain, exitCode: 0 },
    /^record\.json is contradicted by its own cases: exitCode says 0, and 1 follows/,
  );
  const counts = ['summaries', 0, 'counts', 'fail'];
  refuses(
    edited(plain, counts, () => 0),
    /summaries\[hardened\]\.counts\.fail says 0, and 1 follows/,
  );
  const status = ['requirements', 0, 'statuses', 'hardened'];
  refuses(
    edited(plain, status, () => 'pass'),
    /requirements\[LIF-01\]\.statuses\.hardened says "pass", and "fail" follows/,
  );
  refuses(
    edited(plain, ['cases', 0, 'verdicts', 0, 'status'], () => 'pass'),
    /cases\[LIF-01\/close\]\.verdicts\[LIF-01 hardened\]\.status says "pass"/,
  );
  const failures = ['gate', 'failures'];
  refuses(
    edited(gated, failures, () => []),
    /gate\.failures\[.*\] is missing, and .* follows/,
  );
});

t.test('older records say less, and are believed', async (t) => {
  const record = recordWith();
  const older = record.summaries.map(({ claim: _, ...rest }) => rest);
  refuseContradiction({ ...record, summaries: older }, 'record.json');
  const { open: _, flaked: __, ...gateOfOld } = GATED.gate as NonNullable<RunRecord['gate']>;
  refuseContradiction({ ...GATED, gate: gateOfOld }, 'record.json');
  t.end();
});
