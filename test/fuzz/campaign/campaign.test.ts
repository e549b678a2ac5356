/** Campaigns: they find what is there and nothing else, repeat, stop, and go on. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openSimulator } from '../../../adapters/simulator/adapter.ts';
import { type CampaignEnd, runCampaign } from '../../../fuzz/campaign/campaign.ts';
import { MODES } from '../../../fuzz/generate/modes.ts';
import { operationsIn } from '../../../fuzz/generate/scenario.ts';
import type { RoundDone } from '../../../fuzz/judge/round-report.ts';
import type { Finding } from '../../../fuzz/record/finding.ts';
import { readResumeState } from '../../../fuzz/record/resume-state.ts';
import { allocert, start } from '../../e2e/command.ts';

interface Ran {
  readonly end: CampaignEnd;
  readonly findings: readonly Finding[];
  readonly rounds: readonly RoundDone[];
}

async function campaign(url: string, rounds: number, seed = 1n): Promise<Ran> {
  const findings: Finding[] = [];
  const done: RoundDone[] = [];
  const adapter = openSimulator(url);
  const end = await runCampaign({
    adapter,
    version: 'test',
    seed,
    budget: { rounds, operations: undefined, milliseconds: undefined },
    modes: [],
    memoryLimit: 8n << 20n,
    shrinkBudget: 400,
    onFinding: (finding) => findings.push(finding),
    onRoundDone: (round) => done.push(round),
  });
  await adapter.close();
  return { end, findings, rounds: done };
}

t.test('a campaign that nobody listens to goes from epoch to epoch', async (t) => {
  const adapter = openSimulator('sim:');
  const options = { adapter, version: 'test', seed: 1n, modes: ['sequential'] };
  const budget = { rounds: 12, operations: undefined, milliseconds: undefined };
  const limits = { memoryLimit: 8n << 20n, shrinkBudget: 0, epochRounds: 4 };
  const { entries, rounds } = await runCampaign({ ...options, ...limits, budget });
  t.equal(rounds, 12);
  t.ok(entries > 0, 'and keeps a corpus');
  await adapter.close();
});

t.test('a right simulator is accused of nothing, whatever its regions and turns', async (t) => {
  for (const [index, url] of [
    'sim:',
    'sim:?schedule=pct',
    'sim:?region=4MiB&regions=1',
    'sim:?page=16384',
    'sim:?order=0',
  ].entries()) {
    const { end, findings, rounds } = await campaign(url, 150, BigInt(index));
    t.equal(end.rounds, 150);
    t.strictSame(
      findings.map(({ signature, detail }) => `${signature}: ${detail}`),
      [],
      url,
    );
    const usual = MODES.filter(({ onlyByName }) => onlyByName !== true);
    t.strictSame(new Set(rounds.map(({ mode }) => mode)).size, usual.length, 'every mode ran');
  }
});

const FOUND: readonly (readonly [defect: string, requirement: string])[] = [
  ['overlapping-buffers', 'CMA-03'],
  ['freed-while-mapped', 'CMA-03'],
  ['freed-on-first-close', 'CMA-03'],
  ['frees-one-page-more', 'CMA-03'],
  ['no-zeroing', 'ISO-01'],
  ['mapping-copied', 'FD-11'],
  ['leak-on-close', 'LIF-09'],
  ['leak-at-munmap', 'LIF-09'],
  ['leak-in-flight', 'LIF-09'],
  ['leak-when-killed', 'LIF-09'],
  ['message-holds-nothing', 'ERR-12'],
  ['descriptor-not-lowest', 'FD-01'],
  ['search-never-wraps', 'LEN-07'],
  ['tail-not-zeroed', 'ISO-01'],
];

/** Those that want the right instant, too. */
const RACES: typeof FOUND = [
  ['number-chosen-early', 'FD-01'],
  ['close-not-atomic', 'ERR-12'],
  ['mmap-without-reference', 'ERR-12'],
  ['efault-takes-back', 'ERR-12'],
  ['fork-during-call-leaks', 'LIF-09'],
];

t.test('defects are found, small, and show again', async (t) => {
  const sizes: number[] = [];
  for (const row of [...FOUND, ...RACES]) {
    const [defect, requirement] = row;
    const { findings } = await campaign(`sim:?defect=${defect}`, RACES.includes(row) ? 1500 : 200);
    const finding = findings.find((one) => one.requirement === requirement);
    t.ok(finding, `${defect} breaks ${requirement}: ${findings.map((one) => one.signature)}`);
    t.ok((finding?.reproduced?.times ?? 0) > 0, `${defect} shows again`);
    const programs = finding?.minimal ?? [];
    sizes.push(operationsIn({ mode: '', programs }));
  }
  const median = sizes.toSorted((a, b) => a - b)[Math.floor(sizes.length / 2)] ?? 0;
  t.ok(median <= 6, `the median of ${sizes} is ${median} operations`);
});

t.test('the same seed gives the same rounds and the same findings', async (t) => {
  const [one, two] = [0, 1].map(() => campaign('sim:?defect=leak-at-munmap', 60, 7n));
  const [first, second] = [await one, await two];
  t.strictSame(first?.rounds, second?.rounds);
  t.strictSame(first?.findings, second?.findings);
  t.ok((first?.findings.length ?? 0) > 0);
  const other = await campaign('sim:?defect=leak-at-munmap', 60, 8n);
  t.notSame(other.rounds, first?.rounds);
});

t.test('a campaign that is killed at any point goes on, and counts no round twice', async (t) => {
  const out = join(t.testdir({}), 'campaign');
  const target = 'sim:?defect=leak-on-close';
  for (let kill = 0; kill < 4; kill += 1) {
    const how = kill === 0 ? [target, '--seed', '3'] : ['--resume'];
    const words = ['fuzz', ...how, '--rounds', '9999', '--out', out];
    const child = start(words, ['ignore', 'pipe', 'ignore']);
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    // Some rounds have reached the disk by then, and some have not.
    while (roundsIn(out) < (kill + 1) * 50) await new Promise((resolve) => setImmediate(resolve));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
  }
  const before = readResumeState(out);
  const most = before.done.size + 20;
  const last = await allocert(['fuzz', '--resume', '--rounds', `${most}`, '--out', out]);
  t.equal(last.code, 1, last.stderr);
  const after = readFileSync(join(out, 'fuzz.ndjson'), 'utf8').trim().split('\n');
  const indexes = after.map((line) => JSON.parse(line)).filter(({ type }) => type === 'round');
  t.equal(indexes.length, most);
  t.equal(new Set(indexes.map(({ index }) => index)).size, most, 'no round twice');
  const files = readdirSync(out).filter((name) => /^finding-.*\.json$/.test(name));
  const named = after.map((line) => JSON.parse(line)).filter(({ type }) => type === 'finding');
  t.strictSame(files.toSorted(), named.map(({ file }) => file).toSorted(), 'no finding is lost');
  t.ok(files.length > 0);
});

function roundsIn(folder: string): number {
  try {
    return readFileSync(join(folder, 'fuzz.ndjson'), 'utf8').split('"round"').length - 1;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw thrown;
  }
}

t.test('the command says what it finds, and a finding can be run again', async (t) => {
  const out = join(t.testdir({}), 'campaign');
  const clean = await allocert(['fuzz', '--rounds', '20', '--seed', '1', '--out', `${out}-clean`]);
  t.equal(clean.code, 0, clean.stderr);
  t.match(clean.stdout, /^20 rounds, \d+ operations now, 0 findings\b/m);
  const target = 'sim:?defect=overlapping-buffers';
  const found = await allocert(['fuzz', target, '--rounds', '20', '--seed', '1', '--out', out]);
  t.equal(found.code, 1, found.stderr);
  t.match(found.stdout, /FOUND CMA-03 two live buffers share a page \(10 of 10 runs\)/);
  const [file] = readdirSync(out).filter((name) => name.startsWith('finding-'));
  const again = await allocert(['replay', join(out, file ?? '')]);
  t.equal(again.code, 0, again.stderr);
  t.match(again.stdout, /It shows in 10 of 10 runs/);
  const right = await allocert(['replay', join(out, file ?? ''), '--target', 'sim:']);
  t.equal(right.code, 1);
  t.match(right.stdout, /It shows in 0 of 10 runs on sim:/);
});

t.test('what cannot be done is refused in one sentence', async (t) => {
  const other = '{"type":"campaign","version":"0.0.0","target":"sim:","seed":"1","modes":[]}\n';
  const folder = t.testdir({
    'note.txt': 'mine',
    'bad.json': '{"version":2}',
    'null.json': 'null',
    old: { 'fuzz.ndjson': other },
  });
  for (const [words, sentence] of [
    [['fuzz', '--seed', 'x'], /--seed cannot be "x"; give a number/],
    [['fuzz', '--duration', '10'], /--duration cannot be "10"; write it as 15s/],
    [['fuzz', '--modes', 'nope'], /there is no mode "nope"; choose from hammer/],
    [['fuzz', '--memory-limit', '3'], /--memory-limit cannot be "3"/],
    [['fuzz', '--rounds', '0'], /--rounds cannot be "0"/],
    [['fuzz', '--out', folder], /holds files but no report/],
    [['fuzz', '--resume', '--out', folder], /holds no campaign to resume/],
    [['fuzz', '--resume', '--out', join(folder, 'old')], /is one of allocert 0\.0\.0/],
    [['replay', join(folder, 'none.json')], /none\.json cannot be read, there is no such file/],
    [['replay', join(folder, 'bad.json')], /is not a finding of allocert fuzz/],
    [['replay', join(folder, 'null.json')], /is not a finding of allocert fuzz/],
  ] as const) {
    const ran = await allocert([...words]);
    t.equal(ran.code, 2, words.join(' '));
    t.match(ran.stderr, sentence);
  }
});
