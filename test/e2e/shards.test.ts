/** Shards as CI runs them: three machines, one record. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { RunRecord } from '../../reports/record/record.ts';
import { allocert } from './command.ts';

const TARGET = 'sim:?behaviour=rfc-v2';

function folderOf(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'allocert-shards-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  return folder;
}

const recordIn = (folder: string): RunRecord =>
  JSON.parse(readFileSync(join(folder, 'record.json'), 'utf8'));

/** Verdicts in words; reasons may quote numbers that depend on what ran before. */
const verdictsOf = ({ cases }: RunRecord): string[] =>
  cases.flatMap(({ id, end, verdicts }) => [
    `${id} ${end}`,
    ...verdicts.map(({ requirement, profile, status, expected, observed }) =>
      // In which order a race shows its outcomes is the schedule's luck.
      [id, requirement, profile, status, ...expected, ...observed.toSorted()].join(' '),
    ),
  ]);

t.test('three shards merged equal one run, verdict for verdict', async (t) => {
  const folder = folderOf(t);
  const at = (name: string): string => join(folder, name);
  const whole = await allocert(['run', TARGET, '--out', at('whole')]);
  t.equal(whole.code, 1, whole.stderr);
  const shards = ['1', '2', '3'].map((number) => at(`shard-${number}`));
  for (const [index, out] of shards.entries()) {
    const ran = await allocert(['run', TARGET, '--shard', `${index + 1}/3`, '--out', out]);
    t.equal(ran.code, 1, ran.stderr);
    t.equal(recordIn(out).shard?.index, index + 1);
  }
  const merged = await allocert(['report', ...shards, '--out', at('merged')]);
  t.equal(merged.code, 1, merged.stderr);
  const [one, three] = [recordIn(at('whole')), recordIn(at('merged'))];
  t.strictSame(verdictsOf(three), verdictsOf(one));
  t.strictSame(three.requirements, one.requirements);
  t.strictSame(three.summaries, one.summaries);
  t.equal(three.sources.length, 3);
  t.match(merged.stdout, 'merged from 3 records');

  const replayed = await allocert(['run', `replay:${at('merged')}`, '--out', at('replayed')]);
  t.equal(replayed.code, 1, replayed.stderr);
  t.strictSame(recordIn(at('replayed')).summaries, three.summaries, 'the evidence is all there');

  const page = at('page.html');
  const again = await allocert(['report', at('merged'), '--reporter', `html=${page}`]);
  t.equal(again.code, 1, again.stderr);
  t.match(readFileSync(page, 'utf8'), '<section id="evidence">');

  const two = await allocert(['report', shards[0] ?? '', shards[2] ?? '']);
  t.match(two.stdout, 'The run is incomplete: shard 2 of 3 is missing.');
  const twice = await allocert(['report', shards[0] ?? '', join(shards[0] ?? '', 'record.json')]);
  t.equal(twice.code, 2);
  t.match(twice.stderr, /are both shard 1 of 3; leave one of them out/);
});

t.test('a passing shard is no verdict on the profile', async (t) => {
  const out = join(folderOf(t), 'shard');
  const ran = await allocert([
    'run',
    'sim:',
    '--only',
    'LEN-02,LIF-01',
    '--shard',
    '1/1',
    '--out',
    out,
  ]);
  t.equal(ran.code, 0, ran.stderr);
  t.match(ran.stdout, /Nothing is broken in shard 1 of 1; merge all shards/);
});

t.test('--shard and report say what is wrong', async (t) => {
  const folder = folderOf(t);
  for (const shard of ['0/3', '4/3', '1', 'a/b', '1/0', '-1/3', '1/10000']) {
    const ran = await allocert(['run', 'sim:', `--shard=${shard}`, '--out', join(folder, 'x')]);
    t.equal(ran.code, 2, shard);
    t.match(ran.stderr, 'write it as 2/3 for the second of three parts');
  }
  const run = join(folder, 'run');
  await allocert(['run', 'sim:', '--only', 'LEN-02', '--out', run]);
  const kept = await allocert(['report', run, '--out', run]);
  t.equal(kept.code, 2);
  t.match(kept.stderr, /holds the report of a run, which a merged one would no longer fit/);
  const damaged = join(folder, 'damaged.json');
  writeFileSync(damaged, '{"version": 1');
  const refused = await allocert(['report', damaged]);
  t.equal(refused.code, 2);
  t.match(refused.stderr, /damaged.json is damaged: it is not JSON/);
});
