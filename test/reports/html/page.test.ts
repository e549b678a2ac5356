/**
 * Goal: the page works in a browser as a reader uses it, and nothing that a target says can act in
 * it. Skips where Debian's Chromium is not installed.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import t from 'tap';
import { deriveRecord } from '../../../reports/derive.ts';
import { htmlPage } from '../../../reports/formats/html/page.ts';
import type { FuzzPicture } from '../../../reports/fuzz-picture.ts';
import type { JournalLine } from '../../../reports/record.ts';
import { journalOf, sampleLines, temporaryDirectory } from '../sample.ts';
import { pictureOf } from './picture.ts';

const CHROMIUM = '/usr/bin/chromium';
const HOSTILE = '</script><script>window.ran = 1</script><img src=x onerror="window.ran = 1">';

const skip = existsSync(CHROMIUM) ? false : 'Chromium is not installed';

let browser: Browser;
if (skip === false) {
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  t.teardown(() => browser.close());
}

function textOf(lines: readonly JournalLine[], fuzz: readonly FuzzPicture[] = []): string {
  const transcripts = new Map(
    lines.flatMap((line) => (line.type === 'case-end' ? [[line.case, line.transcript]] : [])),
  );
  const record = deriveRecord(journalOf(lines));
  return [...htmlPage({ record, fuzz, transcriptOf: (id) => transcripts.get(id) })].join('');
}

/** The page in a browser that is offline, and everything the browser complained of. */
async function open(text: string, width = 1280): Promise<{ page: Page; complaints: string[] }> {
  const file = join(temporaryDirectory(), 'report.html');
  writeFileSync(file, text);
  const context = await browser.newContext({ offline: true, viewport: { width, height: 900 } });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(`file://${file}`);
  return { page, complaints };
}

const shownIds = (page: Page): Promise<string[]> =>
  page.locator('.requirement:visible > summary b').allTextContents();

t.test('search and filters leave what fits', { skip }, async (t) => {
  const { page, complaints } = await open(textOf(sampleLines({ guidance: 'fail' })));
  t.strictSame(await shownIds(page), ['LIF-01', 'ERR-01', 'ERR-02']);
  await page.fill('#search', 'close FREES');
  t.strictSame(await shownIds(page), ['LIF-01']);
  await page.fill('#search', 'nothing says this');
  t.ok(await page.locator('#none').isVisible());
  await page.fill('#search', '');
  await page.check('input[value=fail]');
  t.strictSame(await shownIds(page), ['ERR-01']);
  t.equal(await page.locator('#count').textContent(), '1 of 3 requirements');
  await page.keyboard.press('Escape');
  await page.selectOption('#level', 'SHOULD');
  t.strictSame(await shownIds(page), ['ERR-02']);
  await page.selectOption('#level', '');
  await page.selectOption('#group', 'errors');
  t.strictSame(await shownIds(page), ['ERR-01', 'ERR-02']);
  t.strictSame(complaints, [], 'the policy lets the page’s own style and script through');
});

t.test('the keyboard reaches everything', { skip }, async (t) => {
  const { page } = await open(textOf(sampleLines({ guidance: 'fail' })));
  const focused = (): Promise<string> =>
    page.evaluate('document.activeElement.querySelector("b")?.textContent ?? ""');
  await page.keyboard.press('/');
  await page.keyboard.type('ERR');
  t.strictSame(await shownIds(page), ['ERR-01', 'ERR-02']);
  await page.locator('#search').blur();
  await page.keyboard.press('j');
  t.equal(await focused(), 'ERR-01');
  await page.keyboard.press('j');
  t.equal(await focused(), 'ERR-02');
  await page.keyboard.press('k');
  await page.keyboard.press('Enter');
  t.ok(await page.locator('.requirement[open] .points').isVisible());
  await page.locator('.requirement[open] a').first().press('Enter');
  await page.locator('.case[open] .timeline').waitFor();
  t.ok(await page.locator('.case[open] .timeline').isVisible(), 'a link opens the evidence');
  await page.keyboard.press('Escape');
  t.equal((await shownIds(page)).length, 3);
});

t.test('what a target says does not act', { skip }, async (t) => {
  const lines = sampleLines({ guidance: 'fail' }).map((line): JournalLine => {
    if (line.type === 'run-start') {
      const [region] = line.facts.regions;
      const regions = region === undefined ? [] : [{ ...region, node: `/dev/${HOSTILE}` }];
      return { ...line, target: HOSTILE, facts: { ...line.facts, regions } };
    }
    if (line.type !== 'case-end') return line;
    const verdicts = line.verdicts.map((one) => ({ ...one, reason: HOSTILE, observed: [HOSTILE] }));
    const entries = line.transcript.entries.map((entry) =>
      entry.kind === 'run' ? { ...entry, history: { ...entry.history, log: [HOSTILE] } } : entry,
    );
    return { ...line, verdicts, transcript: { ...line.transcript, entries } };
  });
  const journal = journalOf(lines);
  const [start] = lines;
  t.equal(start?.type, 'run-start');
  const record = deriveRecord(start?.type === 'run-start' ? { ...journal, start } : journal);
  const transcripts = new Map(
    lines.flatMap((line) => (line.type === 'case-end' ? [[line.case, line.transcript]] : [])),
  );
  const text = [...htmlPage({ record, transcriptOf: (id) => transcripts.get(id) })].join('');
  const { page, complaints } = await open(text);
  t.equal(await page.evaluate('window.ran'), undefined);
  t.equal(await page.locator('script').count(), 1);
  t.equal(await page.locator('img').count(), 0);
  t.match(await page.locator('.facts').textContent(), HOSTILE, 'the device name is shown as text');
  t.match(await page.locator('.case pre').first().textContent(), HOSTILE, 'so is the log line');
  t.match(await page.locator('.points').first().textContent(), HOSTILE, 'so is what was observed');
  t.strictSame(complaints, [], 'escaped text never comes as far as the policy');
});

t.test('the policy stops a script even if one got into the page', { skip }, async (t) => {
  const text = textOf(sampleLines()).replace('<main>', '<main><script>window.ran = 1</script>');
  const { page, complaints } = await open(text);
  t.equal(await page.evaluate('window.ran'), undefined);
  t.match(complaints.join(), 'Content Security Policy');
});

t.test('a narrow screen needs no scrolling sideways', { skip }, async (t) => {
  const fuzz = [await pictureOf('sim:?defect=overlapping-buffers')];
  const { page } = await open(textOf(sampleLines({ guidance: 'fail' }), fuzz), 400);
  await page.evaluate('for (const one of document.querySelectorAll("details")) one.open = true');
  t.equal(await page.evaluate('document.documentElement.scrollWidth'), 400);
  t.ok(await page.locator('.map .overlap').first().isVisible());
});

t.test('only cases that did not pass bring evidence', async (t) => {
  t.notMatch(textOf(sampleLines()), 'class="case"');
  t.equal(textOf(sampleLines({ guidance: 'fail' })).match(/class="case"/g)?.length, 1);
});
