/** Goal: whoever reads a damaged journal of a campaign says so in one sentence. */
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { AllocertError } from '../../../base/errors.ts';
import { writeCampaignReport } from '../../../fuzz/findings/report.ts';
import { readResumeState, resumableCampaign } from '../../../fuzz/record/resume-state.ts';
import { CAMPAIGN_FILE } from '../../../reports/journal/campaign-lines.ts';
import { readCampaignSummary } from '../../../reports/merge/campaign.ts';
import { allocert } from '../../e2e/command.ts';

const HEADER = {
  ...{ type: 'campaign', version: '0.1.0', target: 'sim:', seed: '7', modes: ['hammer'] },
  ...{ memoryLimit: '8388608', entries: [], epochRounds: 256 },
};
const ROUND = { type: 'round', index: 0, mode: 'hammer', operations: 3, signatures: [] };

/** Everything that reads `fuzz.ndjson`: a resume, the page of a campaign, and the record of a run. */
const READERS: readonly (readonly [name: string, read: (folder: string) => unknown])[] = [
  ['resume', readResumeState],
  ['page', writeCampaignReport],
  ['record', readCampaignSummary],
];

const entry = { type: 'entry', round: 0, digest: '0123456789abcdef', fresh: [] };
const epoch = { type: 'epoch', number: 1, digest: '0123456789abcdef', evicted: [] };

/** Lines that no campaign writes. */
const DAMAGED: readonly string[] = [
  ...['null', '[]', '7', '"round"', '{}', '', '{"type":"round"', '\u0000\u0000\u0000'],
  ...[
    { ...ROUND, index: undefined },
    { ...ROUND, index: -1 },
    { ...ROUND, operations: 'many' },
    { ...ROUND, signatures: null },
    { ...entry, digest: '../../../etc/passwd' },
    { ...entry, fresh: undefined },
    { ...epoch, evicted: ['../../../etc/passwd'] },
    { ...epoch, evicted: 7 },
    { type: 'suspect' },
    { type: 'sample', ms: 1, operations: 1, peakBytes: 'many' },
    { type: 'finding', signature: 'x', file: '../finding-0.json' },
    { type: 'end' },
  ].map((line) => JSON.stringify(line)),
];

/** Headers that no campaign writes. */
const HEADERS: readonly string[] = [
  ...['null', '{'],
  ...[
    { ...HEADER, seed: 'x' },
    { ...HEADER, modes: [7] },
    { ...HEADER, memoryLimit: '-1' },
    { ...HEADER, entries: ['../x'] },
    { ...HEADER, epochRounds: 0 },
    { ...HEADER, facts: {} },
    { ...HEADER, target: undefined },
  ].map((line) => JSON.stringify(line)),
];

for (const [name, read] of READERS) {
  t.test(`${name}: each damaged line is named in a sentence`, async (t) => {
    const folder = t.testdir({});
    const file = join(folder, CAMPAIGN_FILE);
    const refuses = (lines: readonly string[], number: number): void => {
      writeFileSync(file, `${lines.join('\n')}\n`);
      const message = new RegExp(`fuzz\\.ndjson line ${number} is damaged: it is not .*restore`);
      t.throws(() => read(folder), { blame: 'usage', message }, JSON.stringify(lines[number - 1]));
    };
    const header = JSON.stringify(HEADER);
    for (const line of DAMAGED) refuses([header, JSON.stringify(ROUND), line], 3);
    for (const line of HEADERS) refuses([line, JSON.stringify(ROUND)], 1);
  });

  t.test(`${name}: a line that a kill cut short is left out`, async (t) => {
    const folder = t.testdir({});
    writeFileSync(join(folder, CAMPAIGN_FILE), `${JSON.stringify(HEADER)}\n`);
    for (const half of ['{"type":"rou', 'null', '{']) {
      appendFileSync(join(folder, CAMPAIGN_FILE), half);
      t.doesNotThrow(() => read(folder), half);
    }
  });
}

t.test('journals of older versions are read', async (t) => {
  const old = { type: 'campaign', version: '0.0.1', target: 'sim:', seed: '0x7', modes: [] };
  const lines = [old, { type: 'round', index: 0, operations: 3 }];
  const folder = t.testdir({
    [CAMPAIGN_FILE]: lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
  });
  t.equal(readCampaignSummary(folder).rounds, 1);
  t.match(writeCampaignReport(folder), { allocert: '0.0.1', seed: '0x7' });
  const { campaign, done } = readResumeState(folder);
  t.equal(done.size, 1);
  t.throws(() => resumableCampaign(campaign, '0.1.0'), { message: /is one of allocert 0\.0\.1/ });
  t.throws(() => resumableCampaign(campaign, '0.0.1'), AllocertError, 'it lacks the memory limit');
});

t.test('the command line says no more than that sentence', async (t) => {
  const folder = t.testdir({ [CAMPAIGN_FILE]: `${JSON.stringify(HEADER)}\nnull\n` });
  for (const words of [
    ['report', folder],
    ['fuzz', '--resume', '--out', folder],
  ]) {
    const { code, stderr } = await allocert(words);
    t.equal(code, 2, words.join(' '));
    t.match(stderr, /fuzz\.ndjson line 2 is damaged/);
    t.equal(stderr.trim().split('\n').length, 1, stderr);
  }
});
