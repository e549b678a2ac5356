/**
 * Goal: the page of a campaign shows what the fuzzer proved, in a browser as a reader uses it, and
 * nothing that a target says can act in it. The findings are real ones, of a simulator with a
 * defect. Skips where Debian's Chromium is not installed.
 */
import { join } from 'node:path';
import t from 'tap';
import { writeCampaignReport } from '../../../../fuzz/findings/report.ts';
import { campaignPage } from '../../../../reports/formats/html/campaign.ts';
import type {
  CampaignPicture,
  FuzzPicture,
} from '../../../../reports/formats/html/fuzz-picture.ts';
import { overlapsOf } from '../../../../reports/formats/html/overlaps.ts';
import { allocert } from '../../../e2e/command.ts';
import { temporaryDirectory } from '../../sample.ts';
import { brokenLabels, cutOff, faintTexts, HOSTILE, openFile, openText, skip } from './browser.ts';

async function fuzzed(target: string, rounds: number): Promise<string> {
  const out = join(temporaryDirectory(), 'campaign');
  const words = ['fuzz', target, '--seed', '7', '--rounds', `${rounds}`, '--out', out];
  const ran = await allocert([...words, '--workers', '1']);
  t.match(ran.stdout, `the report is ${out}/report.html`, ran.stderr);
  return out;
}

function pictureIn(folder: string): CampaignPicture {
  const picture = writeCampaignReport(folder);
  if (picture === undefined) throw new Error('the campaign never began');
  return picture;
}

const racing = await fuzzed('sim:?defect=region-search-unlocked', 40);
const picture = pictureIn(racing);
const overlapping = picture.findings.find(({ rule }) => rule.id === 'CMA-03');
if (overlapping === undefined) throw new Error('the race was not found');

/** A page of one finding. */
const ALONE = { groups: [{ places: [0], cause: '' }] } as const;

t.test('a race is drawn with its overlap, its schedule and its rule', { skip }, async (t) => {
  const overlaps = overlapsOf(overlapping);
  t.ok(overlaps.length > 0, 'computed from what the target answered');
  const { page, complaints, requests } = await openFile(join(racing, 'report.html'));
  t.match(await page.locator('h1').textContent(), `found ${picture.findings.length} broken`);
  const section = page.locator('.finding', { hasText: 'two live buffers share a page' });
  t.equal(await section.locator('.map .overlap').count(), overlaps.length);
  t.match(await section.locator('.map .overlap').first().getAttribute('fill'), /^url\(#hatch/);
  t.match(await section.locator('.map').getAttribute('aria-label'), `${overlaps.length} overlaps`);
  t.match(await section.locator('.overlaps').textContent(), /buffer\d\s+and buffer\d\s+both have/);
  const words = (await section.locator('.words').textContent()) ?? '';
  for (const word of ['MUST, safety', 'Simple Allocator RFC v2', 'one live buffer at most']) {
    t.match(words, word);
  }
  t.match(words, `allocert replay ${overlapping.file}`);
  t.match(words, /shrunk from \d+ to \d+ operations; it showed again in \d+ of 10 runs/);
  t.equal(await section.locator('.schedule .call').count(), overlapping.schedule.length);
  const met = section.locator('.schedule .met');
  t.ok((await met.count()) >= 2, 'calls that overlapped are marked');
  t.match(await met.first().textContent(), /overlaps #\d/);
  t.match(await section.locator('.schedule').textContent(), /buffer1 = allocate \d+ page/);
  const broken = section.locator('.schedule .broken');
  t.equal(await broken.count(), 1, 'one step is marked');
  t.match(await broken.textContent(), /buffer\d = allocate .*breaks the promise/s);
  t.match(words, /belongs to buffer\d and to buffer\d/, 'and the message names the same');
  t.ok((await section.locator('td.call:not([rowspan="1"])').count()) > 0, 'and lie side by side');
  t.match(await section.locator('.bytes').first().textContent(), 'O_RDWR', 'flags by name');
  t.ok((await page.locator('.charts .bin').count()) > 0);
  t.strictSame(complaints, []);
  t.strictSame(requests, [], 'nothing is fetched');
});

t.test('frames that the target does not tell are not drawn', { skip }, async (t) => {
  const silent = { ...overlapping, buffers: overlapping.buffers.map(withoutFrames) };
  const { page } = await openText(
    [...campaignPage({ ...picture, ...ALONE, findings: [silent] })].join(''),
  );
  t.equal(await page.locator('.map').count(), 0);
  t.equal(await page.locator('.overlaps').count(), 0);
  t.match(await page.locator('.holders').textContent(), 'frames unknown');
  t.ok(await page.locator('.holders .held').first().isVisible(), 'holders are shown over time');
  t.ok(await page.locator('.schedule').isVisible());
});

t.test('faces of one cause stand under it', { skip }, async (t) => {
  const [first] = picture.findings;
  if (first === undefined) throw new Error('nothing was found');
  const face = { ...first, signature: 'face', rule: { id: 'ISO-01' }, kind: 'not zero' };
  const groups = [{ places: [1, 0], cause: 'because' }] as const;
  const shown = { ...picture, groups, findings: [face, first] };
  const { page } = await openText([...campaignPage(shown)].join(''));
  t.match(await page.locator('h1').textContent(), '2 broken promises, of at most 1 cause');
  t.equal(await page.locator('main > .finding').count(), 1, 'one is shown');
  t.match(await page.locator('.faces > p').textContent(), '1 other broken promise of the same');
  t.match(await page.locator('.faces .finding h2').textContent(), 'ISO-01');
  t.match(await page.locator('#findings .face').textContent(), '↳');
});

t.test('more memory than there is cannot be said to be part of it', async (t) => {
  const textOf = (peakBytes: bigint): string => {
    const samples = [{ ms: 1000, operations: 5, peakBytes }];
    return [...campaignPage({ ...picture, regionBytes: 4096n, samples })].join('');
  };
  t.match(textOf(2048n), 'at most 2 KiB of live buffers at once, of 4 KiB in all regions');
  t.match(textOf(8192n), 'at most 8 KiB of live buffers at once, more than the 4 KiB');
});

const withoutFrames = (buffer: FuzzPicture['buffers'][number]) => ({ ...buffer, frames: [] });

t.test('a campaign without findings says so, and what it did', { skip }, async (t) => {
  const { page, complaints } = await openFile(join(await fuzzed('sim:', 40), 'report.html'));
  t.match(await page.locator('h1').textContent(), 'Nothing was found in 40 rounds.');
  t.equal(await page.locator('.finding').count(), 0);
  const rounds = await page.locator('.modes td:nth-child(2)').allTextContents();
  t.equal(
    rounds.reduce((sum, text) => sum + Number(text), 0),
    40,
  );
  t.match(
    await page.locator('.charts').textContent(),
    /at most [1-9][\d,]* KiB .* of 32,768 KiB in all/,
  );
  t.strictSame(complaints, []);
});

t.test('what a target says does not act', { skip }, async (t) => {
  const [region] = picture.facts?.regions ?? [];
  if (picture.facts === undefined || region === undefined) throw new Error('no facts');
  const facts = { ...picture.facts, regions: [{ ...region, node: `/dev/${HOSTILE}` }] };
  const finding: FuzzPicture = {
    ...overlapping,
    ...{ kind: HOSTILE, detail: HOSTILE, log: [HOSTILE], rule: { id: HOSTILE } },
    schedule: overlapping.schedule.map((step) => ({
      ...step,
      client: HOSTILE,
      asks: HOSTILE,
      came: HOSTILE,
      operation: { ...step.operation, slot: HOSTILE },
    })),
  };
  const suspects = [{ round: 3, why: HOSTILE }];
  const shown = { ...picture, target: HOSTILE, facts, suspects, ...ALONE, findings: [finding] };
  const { page, complaints, requests } = await openText([...campaignPage(shown)].join(''));
  t.equal(await page.evaluate('window.ran'), undefined);
  t.equal(await page.locator('script').count(), 1);
  t.equal(await page.locator('img').count(), 0);
  for (const place of ['header > .facts', '.note', 'h2 >> nth=2', '.finding pre', '.schedule']) {
    t.match(await page.locator(place).textContent(), HOSTILE, `${place} shows it as text`);
  }
  t.strictSame(complaints, []);
  t.strictSame(requests, []);
});

t.test('the keyboard goes from finding to finding', { skip }, async (t) => {
  const { page } = await openFile(join(racing, 'report.html'));
  const focused = (): Promise<string> => page.evaluate('document.activeElement.textContent');
  const [first, second] = picture.groups
    .flatMap(({ places }) => places)
    .map((place) => picture.findings[place]);
  await page.keyboard.press('j');
  t.match(await focused(), first?.kind);
  await page.keyboard.press('j');
  t.match(await focused(), second?.kind);
  await page.keyboard.press('k');
  t.match(await focused(), first?.kind);
  await page.locator('#findings a').last().press('Enter');
  const seen = 'Math.abs([...document.querySelectorAll(".finding")].at(-1)';
  await page.waitForFunction(`${seen}.getBoundingClientRect().top) < innerHeight`);
  t.match(page.url(), /#f-[0-9a-f]+$/, 'a link leads to its finding');
});

t.test('a narrow screen needs no scrolling sideways', { skip }, async (t) => {
  const { page } = await openFile(join(racing, 'report.html'), { width: 400 });
  t.equal(await page.evaluate('document.documentElement.scrollWidth'), 400);
  t.strictSame(await cutOff(page), [], 'not even in a part of it');
  t.strictSame(await brokenLabels(page), []);
  t.ok(await page.locator('.map .overlap').first().isVisible());
});

t.test('text stands out in light and in dark', { skip }, async (t) => {
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page } = await openFile(join(racing, 'report.html'), { colorScheme });
    t.strictSame(await faintTexts(page), [], colorScheme);
  }
});

t.test('paper has all of it', { skip }, async (t) => {
  const { page } = await openFile(join(racing, 'report.html'), { width: 718, colorScheme: 'dark' });
  const shown = (await page.locator('body').innerText()).length;
  await page.emulateMedia({ media: 'print' });
  t.ok((await page.locator('body').innerText()).length >= shown - 'Light'.length - 1);
  t.strictSame(await cutOff(page), []);
  t.strictSame(await faintTexts(page), []);
  t.match((await page.pdf({ format: 'A4' })).subarray(0, 4).toString(), '%PDF');
});
