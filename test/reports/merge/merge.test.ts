import { createHash } from 'node:crypto';
import t from 'tap';
import { deriveRecord } from '../../../reports/journal/derive-record.ts';
import type { RecordInput } from '../../../reports/merge/input.ts';
import { mergeRecords } from '../../../reports/merge/merge.ts';
import type { JournalLine, RunStart } from '../../../reports/record/journal-lines.ts';
import type { RunRecord } from '../../../reports/record/record.ts';
import { recordText } from '../../../reports/record/record-text.ts';
import type { Status } from '../../../reports/record/status.ts';
import { END, ranCase, START, verdict } from '../sample.ts';

const ALL = START.cases.map(({ id }) => id);

interface Part {
  readonly start?: Partial<RunStart>;
  /** Cases that the run set out to run. */
  readonly cases?: readonly string[];
  /** How those that ran came out. */
  readonly ran?: Readonly<Record<string, Status>>;
  readonly end?: boolean;
}

/** A run of some of the sample's cases, all of which passed unless told otherwise. */
function runOf({ start, cases = ALL, ran, end = true }: Part): RunRecord {
  const head = {
    ...START,
    ...start,
    cases: START.cases.filter(({ id }) => cases.includes(id)),
  };
  const outcomes = ran ?? Object.fromEntries(cases.map((id) => [id, 'pass' as const]));
  const lines: JournalLine[] = Object.entries(outcomes).flatMap(([id, status]) => {
    const requirement = id.split('/')[0] ?? '';
    return ranCase(id, [verdict(requirement, 'hardened', status)]);
  });
  const all = [head, ...lines, ...(end ? [END] : [])];
  return deriveRecord({ start: head, lines: all, torn: false });
}

const input = (record: RunRecord, path: string): RecordInput => ({ path, folder: path, record });

const merge = (...records: RunRecord[]): RunRecord =>
  mergeRecords(
    records.map((record, index) => input(record, `r${index + 1}`)),
    [],
  );

const shard = (index: number, count: number, cases: readonly string[], more: Part = {}) =>
  runOf({ ...more, cases, start: { ...more.start, shard: { index, count, cases: ALL } } });

const [LIF, NULL, KERNEL] = ALL as [string, string, string];

t.test('shards make the whole run, in its order', async (t) => {
  const whole = runOf({});
  const merged = merge(shard(2, 2, [NULL]), shard(1, 2, [LIF, KERNEL]));
  const { sources, durationMs, ...rest } = merged;
  const { sources: _, durationMs: __, ...expected } = whole;
  t.strictSame(rest, expected);
  t.equal(durationMs, 2 * END.durationMs, 'the machines’ time together');
  t.strictSame(
    sources.map(({ shard, finished }) => ({ ...shard, finished })),
    [
      { index: 2, count: 2, finished: 1 },
      { index: 1, count: 2, finished: 2 },
    ],
  );
  const digest = createHash('sha256')
    .update(recordText(shard(2, 2, [NULL])))
    .digest('hex');
  t.equal(sources[0]?.digest, digest, 'the digest of its record.json');
});

t.test('a failure in any shard is one of the whole', async (t) => {
  const bad = shard(1, 2, [LIF, KERNEL], { ran: { [LIF]: 'fail', [KERNEL]: 'pass' } });
  t.equal(merge(bad, shard(2, 2, [NULL])).exitCode, 1);
});

t.test('a missing shard is said, and nothing holds', async (t) => {
  const merged = merge(shard(1, 4, [LIF]), shard(3, 4, [NULL]));
  t.match(merged, { complete: false, exitCode: 3 });
  t.equal(merged.incompleteReason, 'shards 2, 4 of 4 are missing');
  t.equal(merged.summaries[0]?.holds, false);
  t.match(
    merge(shard(1, 3, [LIF]), shard(2, 3, [NULL])).incompleteReason,
    'shard 3 of 3 is missing',
  );
});

t.test('a killed shard leaves the whole incomplete, and says where', async (t) => {
  const killed = shard(1, 2, [LIF, KERNEL], { ran: { [LIF]: 'pass' }, end: false });
  const merged = merge(killed, shard(2, 2, [NULL]));
  t.match(merged, { complete: false, exitCode: 3 });
  t.match(merged.incompleteReason, /killed between two cases; 1 of 2 cases did not finish/);
});

t.test('what does not fit together is refused with the reason', async (t) => {
  const refuses = (a: RunRecord, b: RunRecord, message: RegExp): void => {
    t.throws(() => merge(a, b), { blame: 'usage', message });
  };
  const half = shard(1, 2, [LIF]);
  const other = (start: Partial<RunStart>): RunRecord => shard(2, 2, [NULL], { start });
  refuses(half, half, /r1 and r2 are both shard 1 of 2/);
  refuses(half, runOf({}), /r1 is a shard and r2 is not/);
  refuses(runOf({}), half, /r2 is a shard and r1 is not/);
  refuses(half, shard(2, 3, [NULL]), /r1 is one of 2 shards and r2 one of 3/);
  refuses(half, other({ target: 'vm:x' }), /r1 has the target sim: and r2 vm:x/);
  refuses(half, other({ allocert: '9' }), /r1 has the allocert version 0.1.0 and r2 9/);
  refuses(half, other({ profile: 'rfc' }), /r1 has the profile hardened and r2 rfc/);
  const kernel = { release: '6.12', version: '#1' };
  refuses(half, other({ facts: { ...START.facts, kernel } }), /the kernel none and r2 6.12/);
  refuses(
    half,
    other({ facts: { ...START.facts, pageSize: 1 } }),
    /differ in what the target said/,
  );
  refuses(half, other({ environment: { commit: 'abc' } }), /the commit none and r2 abc/);
  refuses(half, other({ requirements: START.requirements.slice(1) }), /differ in requirements/);
  const divided = { ...half, shard: { index: 2, count: 2, cases: [LIF] } };
  refuses(half, divided, /divide different sets of cases/);
});

t.test('a kernel’s taint may change between shards', async (t) => {
  const tainted = (taint: string): Partial<RunStart> => ({
    facts: { ...START.facts, details: { taint } },
  });
  const parts = [shard(1, 2, [LIF], { start: tainted('0x0') })];
  parts.push(shard(2, 2, [NULL, KERNEL], { start: tainted('0x200') }));
  t.equal(merge(...parts).complete, true);
});

t.test('records that are no shards add their cases', async (t) => {
  const partial = { start: { partial: true } };
  const merged = merge(runOf({ ...partial, cases: [LIF] }), runOf({ ...partial, cases: [NULL] }));
  t.strictSame(
    merged.cases.map(({ id }) => id),
    [LIF, NULL],
  );
  t.match(merged, { complete: true, partial: true, exitCode: 0 });
  t.equal(merge(runOf({}), runOf({ ...partial, cases: [NULL] })).partial, false);
});

t.test('a case in two records: what ran counts, contradictions are refused', async (t) => {
  const killed = runOf({ ran: { [LIF]: 'pass' }, end: false });
  const rest = runOf({ cases: [NULL, KERNEL] });
  const merged = merge(killed, rest);
  t.ok(merged.cases.every(({ end }) => end === 'completed'));
  t.equal(merged.interruptedCase, '');
  const bad = runOf({ cases: [NULL], ran: { [NULL]: 'fail' } });
  t.throws(() => merge(rest, bad), {
    blame: 'usage',
    message:
      /^ERR-01\/null ended with ERR-01 pass \(hardened\) in r1 and with ERR-01 fail .* in r2, so/,
  });
});

t.test('the environment of a merged record is what its sources agree on', async (t) => {
  const part = (index: number, cases: string[], job: string): RunRecord =>
    shard(index, 2, cases, { start: { environment: { node: 'v20', job } } });
  const merged = merge(part(1, [LIF, KERNEL], '1'), part(2, [NULL], '2'));
  t.strictSame(merged.environment, { node: 'v20' });
  t.strictSame(
    merged.sources.map(({ environment }) => environment.job),
    ['1', '2'],
  );
});

t.test('a campaign must be of the record’s target and version', async (t) => {
  const campaign = {
    ...{ allocert: '0.1.0', target: 'sim:', seed: '1', profile: '', modes: [] },
    ...{ rounds: 1, operations: 1, suspects: 0, findings: [], digest: 'a'.repeat(64) },
  };
  const refuses = (of: object, message: RegExp): void => {
    const campaigns = [{ path: 'f', campaign: { ...campaign, ...of } }];
    t.throws(() => mergeRecords([input(runOf({}), 'r')], campaigns), { blame: 'usage', message });
  };
  refuses({ target: 'vm:x' }, /f fuzzed vm:x and r is of sim:/);
  refuses({ allocert: '9' }, /f is of allocert 9 and r of 0.1.0/);
  refuses({ findings: [{ requirement: 'NO-99' }] }, /f breaks NO-99, which r does not know/);
  const twice = [1, 2].map(() => ({ path: 'f', campaign }));
  t.equal(mergeRecords([input(runOf({}), 'r')], twice).fuzz.length, 1, 'each campaign once');
});
