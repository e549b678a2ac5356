/** Goal: the page of a campaign says what its journal says, whatever became of the campaign. */
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { writeCampaignReport } from '../../../fuzz/findings/report.ts';
import { CampaignJournal } from '../../../fuzz/record/campaign-journal.ts';
import { CAMPAIGN_FILE, type CampaignHeader } from '../../../reports/journal/campaign-lines.ts';
import { allocert } from '../../e2e/command.ts';

const CAMPAIGN: CampaignHeader = {
  type: 'campaign',
  ...{ version: 'test', target: 'sim:', seed: '7' },
  ...{ modes: ['hammer'], profile: undefined, memoryLimit: '8388608' },
  ...{ corpus: undefined, entries: [], epochRounds: 256 },
};

const round = (index: number) => {
  return { index, mode: 'hammer', operations: 10, signatures: [] };
};

/** A campaign of two parts, the first of which was killed. */
function twoParts(folder: string): CampaignJournal {
  const first = new CampaignJournal(folder, false);
  first.start(CAMPAIGN);
  for (const index of [0, 1, 2]) first.round(round(index), BigInt(5 + index));
  first.close();
  const second = new CampaignJournal(folder, true);
  second.resume();
  second.round(round(3), 2n);
  return second;
}

t.test('rounds, speed and occupancy add up over parts', async (t) => {
  const folder = t.testdir({});
  const journal = twoParts(folder);
  journal.end('');
  journal.close();
  const picture = writeCampaignReport(folder);
  t.strictSame(picture?.modes, [{ name: 'hammer', rounds: 4, operations: 40, broken: 0 }]);
  t.strictSame(
    picture?.samples.map(({ operations, peakBytes }) => [operations, peakBytes]),
    [
      [30, 7n],
      [10, 2n],
    ],
  );
  t.ok(picture?.samples.every(({ ms }) => ms > 0));
  t.equal(picture?.unfinished, '');
});

t.test('a campaign is unfinished until its last part has ended', async (t) => {
  const folder = t.testdir({});
  const journal = twoParts(folder);
  journal.close();
  t.match(writeCampaignReport(folder)?.unfinished, 'killed');
  t.match(
    readFileSync(join(folder, 'report.html'), 'utf8'),
    'Nothing was found in 4 rounds so far',
  );
  const third = new CampaignJournal(folder, true);
  third.end('it was interrupted');
  third.close();
  t.equal(writeCampaignReport(folder)?.unfinished, 'it was interrupted');
  appendFileSync(join(folder, CAMPAIGN_FILE), '{"type":"rou');
  t.equal(writeCampaignReport(folder)?.unfinished, 'it was interrupted', 'a torn line is left out');
});

t.test('allocert report makes the page of a campaign again', async (t) => {
  const out = join(t.testdir({}), 'campaign');
  const target = 'sim:?defect=no-zeroing';
  const words = ['--seed', '7', '--rounds', '20', '--workers', '1'];
  const ran = await allocert(['fuzz', target, ...words, '--out', out]);
  t.equal(ran.code, 1, ran.stderr);
  const page = join(out, 'report.html');
  const text = readFileSync(page, 'utf8');
  rmSync(page);
  const again = await allocert(['report', out]);
  t.equal(again.code, 1, 'the exit code of the campaign');
  t.match(again.stdout, /ISO-01 a new buffer is not zero: finding-\w+\.json/);
  t.equal(readFileSync(page, 'utf8'), text);
  t.ok(writeCampaignReport(out)?.modes.some(({ broken }) => broken > 0));
  const [file = ''] = /finding-\w+\.json/.exec(again.stdout) ?? [];
  t.notMatch(text, /\.c"/);
  writeFileSync(join(out, file.replace('.json', '.c')), '');
  await allocert(['report', out]);
  t.match(
    readFileSync(page, 'utf8'),
    `href="${file.replace('.json', '.c')}"`,
    'a C program is linked',
  );
  for (const [option, value] of [
    ['--reporter', 'tap=-'],
    ['--out', 'elsewhere'],
    ['--baseline', 'nowhere'],
    ['--max-skips', '1'],
  ] as const) {
    const asked = await allocert(['report', out, option, value]);
    t.equal(asked.code, 2);
    t.match(asked.stderr, `leave ${option} out`);
  }
  const env = { ALLOCERT_REPORTER: 'tap=-', ALLOCERT_FAIL_ON: 'should' };
  t.match(await allocert(['report', out], { env }), { code: 1, stdout: again.stdout });
});

t.test(
  'a campaign whose files contradict each other has no page, and does not go on',
  async (t) => {
    const out = join(t.testdir({}), 'campaign');
    const target = 'sim:?defect=no-zeroing';
    const words = ['--seed', '7', '--rounds', '20', '--workers', '1', '--out', out];
    t.equal((await allocert(['fuzz', target, ...words])).code, 1);
    const journal = join(out, CAMPAIGN_FILE);
    const lines = readFileSync(journal, 'utf8').split('\n');
    writeFileSync(journal, lines.filter((line) => !line.includes('"finding"')).join('\n'));
    const hidden = /fuzz\.ndjson is contradicted by itself: round \d+ proves ".*", and no finding/;
    t.match(await allocert(['report', out]), { code: 3, stderr: hidden });
    const resume = ['fuzz', target, '--resume', '--rounds', '21', '--out', out];
    t.match(await allocert(resume), { code: 3, stderr: hidden });
    writeFileSync(journal, lines.join('\n'));
    const [file = ''] = /finding-\w+\.json/.exec(lines.join('\n')) ?? [];
    const text = readFileSync(join(out, file), 'utf8');
    writeFileSync(
      join(out, file),
      text.replace(/"signature": "content ISO-01/, '"signature": "content X'),
    );
    const other = /finding-\w+\.json is contradicted by .*fuzz\.ndjson: signature says "/;
    t.match(await allocert(['report', out]), { code: 3, stderr: other });
  },
);

t.test('an interrupted campaign has its page, too', async (t) => {
  const out = join(t.testdir({}), 'campaign');
  const ran = await allocert(['fuzz', 'sim:', '--rounds', '99999', '--out', out], {
    onStart: (child) => child.stdout?.once('data', () => child.kill('SIGINT')),
  });
  t.equal(ran.code, 130, ran.stderr);
  t.match(ran.stderr, /stopping after the current round; interrupt again/);
  t.match(ran.stderr, `go on with: allocert fuzz --resume --out ${out}`);
  t.match(readFileSync(join(out, 'report.html'), 'utf8'), 'it was interrupted');
});

t.test('what is damaged is named, and nothing is written', async (t) => {
  const campaign = JSON.stringify(CAMPAIGN);
  const stray = JSON.stringify({ type: 'finding', signature: 'x', file: '../finding-1.json' });
  const folder = t.testdir({
    damaged: { [CAMPAIGN_FILE]: `${campaign}\nnull\n` },
    stray: { [CAMPAIGN_FILE]: `${campaign}\n${stray}\n` },
    empty: { [CAMPAIGN_FILE]: '' },
  });
  for (const [name, sentence] of [
    ['damaged', /fuzz\.ndjson line 2 is damaged/],
    ['stray', /fuzz\.ndjson line 2 is damaged/],
    ['empty', /never reached its target/],
  ] as const) {
    const ran = await allocert(['report', join(folder, name)]);
    t.equal(ran.code, 2);
    t.match(ran.stderr, sentence);
    t.notOk(existsSync(join(folder, name, 'report.html')));
  }
});
