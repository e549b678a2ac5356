/** A guest that locks up in a campaign: a finding with its last words, and the rounds go on. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  type Adapter,
  type History,
  TargetDeath,
  toJson,
} from '../../../adapters/contract/index.ts';
import { openSimulator } from '../../../adapters/simulator/adapter.ts';
import { minimizingTime } from '../../../fuzz/campaign/minimizing-time.ts';
import { Renewal } from '../../../fuzz/execute/renewal.ts';
import { pictureOf } from '../../../fuzz/findings/picture.ts';
import { readFinding } from '../../../fuzz/findings/read-finding.ts';
import { type Finding, runCampaign } from '../../../fuzz/index.ts';
import { findingSection } from '../../../reports/formats/html/finding.ts';

const REPORT = [
  'BUG: KASAN: slab-use-after-free in dma_buf_put+0x1f/0x60',
  'Write of size 8 at addr ffff888006e5c008 by task allocert/93',
  'Freed by task 93:',
  ' kfree+0xd7/0x240',
  ' dma_buf_release+0x5b/0x90',
];
const ROUNDS = 12;

/** A simulator to whose Programs something happens, counted over all its sessions. */
function befallen(fate: (history: History, program: number) => History): Adapter & {
  readonly opened: () => number;
} {
  const inner = openSimulator('sim:');
  let programs = 0;
  let opened = 0;
  return {
    url: 'sim:',
    opened: () => opened,
    open: async () => {
      opened += 1;
      const session = await inner.open();
      return {
        facts: session.facts,
        begin: (id) => session.begin(id),
        run: async (program) => {
          programs += 1;
          return fate(await session.run(program), programs);
        },
        close: () => session.close(),
      };
    },
    close: () => inner.close(),
  };
}

async function campaign(adapter: Adapter) {
  const findings: Finding[] = [];
  const course: (number | 'found')[] = [];
  const { rounds } = await runCampaign({
    adapter,
    version: 'test',
    seed: 1n,
    budget: { rounds: ROUNDS, operations: undefined, milliseconds: undefined },
    modes: ['hammer'],
    memoryLimit: 8n << 20n,
    shrinkBudget: 0,
    onRoundRun: (index) => course.push(index),
    onFinding: (finding) => {
      findings.push(finding);
      course.push('found');
    },
  });
  return { rounds, findings, course };
}

t.test('the finding names the defect, and holds the report', async (t) => {
  const target = befallen((history, program) => {
    if (program !== 9) return history;
    throw new TargetDeath('hang', 'the guest is silent', REPORT);
  });
  const { findings, rounds } = await campaign(target);
  t.equal(rounds, ROUNDS);
  t.equal(findings.length, 1);
  const [finding] = findings;
  if (finding === undefined) return;
  t.match(
    finding.kind,
    /^the target no longer answers: BUG: KASAN: slab-use-after-free in dma_buf/,
  );
  t.match(finding.detail, 'silent: BUG: KASAN');
  t.match(finding.detail, '(write of size 8; freed by dma_buf_release)');
  const file = join(t.testdir({}), 'finding.json');
  writeFileSync(file, JSON.stringify(toJson(finding)));
  const read = readFinding(file);
  t.strictSame(read.log, REPORT);
  const page = findingSection(pictureOf(read, { file: 'finding-1.json' }), 1).text;
  t.ok(page.includes(REPORT.join('\n')));
});

t.test('what complains in every round is not started anew for each of them', async (t) => {
  const complain = (history: History): History => ({ ...history, log: REPORT });
  const { findings, rounds } = await campaign(befallen(complain));
  t.equal(rounds, ROUNDS);
  t.strictSame(
    findings.map(({ oracle }) => oracle),
    ['survival'],
  );
  const renewal = new Renewal();
  const said = (line: string): History[] => [{ threads: [], log: [line] } as unknown as History];
  t.equal(renewal.isDue(said('all is well')), false);
  const due = Array.from({ length: 40 }, () => renewal.isDue(said('BUG: in f+0x12/0x30')));
  t.equal(due.filter(Boolean).length, 11, 'the first time, and ten more');
  t.equal(renewal.isDue(said('BUG: in g+0x12/0x30')), true, 'another complaint is news');
  t.equal(renewal.isDue(said('BUG: in g+0x99/0x30')), false, 'once');
});

t.test('what is found is told before the next round runs', async (t) => {
  const target = befallen((history, program) =>
    program === 9 ? { ...history, log: REPORT } : history,
  );
  const { course, rounds } = await campaign(target);
  t.equal(rounds, ROUNDS);
  const found = course.indexOf('found');
  t.ok(found > 0 && found < 4, course.join(' '));
  t.equal(course[found + 1], Number(course[found - 1]) + 1, 'and the rounds go on behind it');
  const numbers = course.filter((one) => one !== 'found');
  t.strictSame(numbers, [...numbers.keys()], 'each once, in order');
});

t.test('one finding of a target that lasts leaves time for others', async (t) => {
  const lasts = { isOver: false, isFresh: false } as const;
  t.equal(minimizingTime(580_000, lasts), 60_000);
  t.equal(minimizingTime(80_000, lasts), 20_000);
  t.equal(minimizingTime(-30_000, lasts), 0);
  t.equal(minimizingTime(undefined, lasts), undefined);
  t.equal(minimizingTime(580_000, { ...lasts, isFresh: true }), 600_000);
  t.equal(minimizingTime(580_000, { ...lasts, isOver: true }), 20_000);
});
