/**
 * Goal: the page of a run works in a browser as a reader uses it, and nothing that a target says
 * can act in it. Skips where Debian's Chromium is not installed.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import t from 'tap';
import { htmlPage } from '../../../../reports/formats/html/page.ts';
import { gate } from '../../../../reports/gate/gate.ts';
import { readBaseline } from '../../../../reports/gate/read-baseline.ts';
import { deriveRecord } from '../../../../reports/journal/derive-record.ts';
import type { JournalLine } from '../../../../reports/record/journal-lines.ts';
import { recordPieces } from '../../../../reports/record/record-text.ts';
import { allocert } from '../../../e2e/command.ts';
import { journalOf, sampleLines, temporaryDirectory } from '../../sample.ts';
import {
  brokenLabels,
  cutOff,
  faintTexts,
  HOSTILE,
  openFile,
  openText,
  skip,
  unfold,
} from './browser.ts';

function textOf(lines: readonly JournalLine[]): string {
  const transcripts = new Map(
    lines.flatMap((line) => (line.type === 'case-end' ? [[line.case, line.transcript]] : [])),
  );
  const record = deriveRecord(journalOf(lines));
  return [...htmlPage({ record, transcriptOf: (id) => transcripts.get(id) })].join('');
}

const shownIds = (page: Page): Promise<string[]> =>
  page.locator('.requirement:visible > summary b').allTextContents();

/** The pages of real runs: of a target that is right, and of the code that was posted. */
const folder = temporaryDirectory();
const RUNS = { clean: 'sim:', broken: 'sim:?behaviour=rfc-v2' } as const;
if (skip === false) {
  for (const [name, target] of Object.entries(RUNS)) {
    await allocert(['run', target, '--out', join(folder, name)]);
  }
}
const pageOf = (name: keyof typeof RUNS): string => join(folder, name, 'report.html');

/** Evidence looks alike in all cases, and has most of the elements of a long page. */
const fewCases = (page: Page): Promise<void> =>
  page.evaluate('for (const one of [...document.querySelectorAll(".case")].slice(3)) one.remove()');

t.test('a clean run shows its verdict and no evidence', { skip }, async (t) => {
  const { page, complaints, requests } = await openFile(pageOf('clean'));
  t.match(await page.locator('h1').textContent(), 'Conformant to profile hardened');
  t.equal(await page.locator('.case').count(), 0);
  t.strictSame(complaints, []);
  t.strictSame(requests, [], 'nothing is fetched');
});

t.test('the posted code shows what it breaks, by level and by group', { skip }, async (t) => {
  const { page, complaints, requests } = await openFile(pageOf('broken'));
  t.match(await page.locator('h1').textContent(), 'Not conformant');
  const failing = await page.locator('.requirement[data-status=fail]').count();
  t.ok(failing > 20);
  for (const title of ['By level', 'By group']) {
    const table = page.locator('table.counts', { has: page.getByText(title) });
    const counts = await table.locator('td.fail').allTextContents();
    const sum = counts.reduce((all, count) => all + Number(count), 0);
    t.equal(sum, failing, `${title.toLowerCase()}, they add up`);
  }
  await page.check('input[value=fail]');
  t.equal((await shownIds(page)).length, failing);
  await page.fill('#search', 'every byte of a new buffer is zero');
  t.strictSame(await shownIds(page), ['ISO-01']);
  const row = page.locator('.requirement[data-status=fail]', { hasText: 'ISO-01' });
  await row.locator('summary').click();
  for (const word of ['Rule', 'Source', 'expected', 'observed', 'zero', 'residue']) {
    t.match(await row.locator('.inside').textContent(), word);
  }
  await row.locator('a', { hasText: 'evidence' }).first().click();
  const evidence = page.locator('.case[open]');
  t.match(await evidence.locator('.bytes').first().textContent(), /length.*= \d+/s);
  t.ok(await evidence.locator('.timeline').isVisible());
  t.strictSame(complaints, []);
  t.strictSame(requests, []);
});

t.test('search and filters leave what fits', { skip }, async (t) => {
  const { page, complaints } = await openText(textOf(sampleLines({ guidance: 'fail' })));
  t.strictSame(await shownIds(page), ['ERR-01', 'LIF-01', 'ERR-02'], 'failures first');
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

t.test('a link shows what its sender saw', { skip }, async (t) => {
  const { page, complaints } = await openFile(`${pageOf('broken')}#CON-02`);
  t.ok(await page.locator('#CON-02[open] .points').isVisible(), 'a rule by its id');
  await page.check('input[value=fail]');
  await page.selectOption('#level', 'MUST');
  await page.fill('#search', 'request');
  const hash: string = await page.evaluate('location.hash');
  t.equal(hash, '#status=fail&level=MUST&q=request', 'filters are in the address');
  const again = await openFile(`${pageOf('broken')}${hash}`);
  t.strictSame(await shownIds(again.page), await shownIds(page));
  const count = page.locator('table.counts td.fail a[title*="group"]').first();
  t.match(await count.getAttribute('title'), /^\d+ requirements? of group \w+: fail$/);
  await count.click();
  await page.waitForFunction('document.getElementById("search").value === ""');
  t.equal(`${(await shownIds(page)).length}`, await count.textContent(), 'a count shows its rows');
  await page.evaluate('location.hash = "#LIF-11"');
  await page.locator('#LIF-11[open]').waitFor();
  t.match(await page.locator('#LIF-11').textContent(), 'No case An import happens inside');
  t.strictSame([...complaints, ...again.complaints], []);
});

t.test('failures come first, with their sources', { skip }, async (t) => {
  const { page } = await openFile(pageOf('broken'));
  const statuses: string[] = await page.evaluate(
    '[...document.querySelectorAll(".requirement")].map((one) => one.dataset.status)',
  );
  const order = statuses.filter((one, index, all) => one !== all[index - 1]);
  t.equal(order[0], 'fail');
  t.equal(order.filter((one) => one === 'fail').length, 1, `in one piece: ${order.join(', ')}`);
  const top = await page.locator('#failures').boundingBox();
  t.ok((top?.y ?? 900) < 600, 'seen without scrolling');
  await page.locator('#failures a', { hasText: 'ISO-01' }).click();
  const source = page.locator('#ISO-01[open] a[href^=https]');
  t.match(await source.getAttribute('href'), 'https://www.cve.org/CVERecord?id=CVE-2015-8950');
  t.match(await page.locator('#ISO-01 .took').first().textContent(), /^\d+(\.\d)? m?s/);
  const facts = await page.locator('header > .facts').textContent();
  for (const word of ['Command', 'allocert run', 'Host', 'Linux']) t.match(facts, word);
  t.match(await page.locator('#legend').textContent(), /hardened.*holds.*info|info.*hardened/s);
});

t.test('no label breaks in a word, however narrow', { skip }, async (t) => {
  for (const width of [1280, 400]) {
    const { page } = await openFile(pageOf('broken'), { width });
    await fewCases(page);
    await unfold(page);
    t.strictSame(await brokenLabels(page), [], `${width} pixels`);
  }
});

t.test('an operation that never began has no time', async (t) => {
  const text = textOf(
    sampleLines({ guidance: 'fail' }).map((line): JournalLine => {
      if (line.type !== 'case-end') return line;
      const entries = line.transcript.entries.map((entry) => {
        if (entry.kind !== 'run') return entry;
        const [thread] = entry.program.threads;
        const [result] = entry.history.threads.flat();
        if (thread === undefined || result === undefined) throw new Error('nothing ran');
        const operations = [...thread.operations, ...thread.operations];
        const ran = { ...result, call: 5_000n, return: 6_000n };
        const none = { ...result, outcome: 'not-run', call: 0n, return: 0n } as const;
        const history = { ...entry.history, threads: [[ran, none]] };
        return {
          ...entry,
          program: { ...entry.program, threads: [{ ...thread, operations }] },
          history,
        };
      });
      return { ...line, transcript: { ...line.transcript, entries } };
    }),
  );
  t.match(text, '<span>1 µs</span>', 'the axis ends where the last call did');
  t.equal(text.match(/<svg class="bar"/g)?.length, 1, 'and what did not run has no bar');
});

t.test('what changed since the baseline', async (t) => {
  const before = deriveRecord(journalOf(sampleLines({ guidance: 'fail', should: 'warn' })));
  const now = deriveRecord(journalOf(sampleLines({ text: 'fail', should: 'warn' })));
  const folder = temporaryDirectory();
  const path = join(folder, 'record.json');
  writeFileSync(path, [...recordPieces(before)].join(''));
  const settings = {
    failOn: 'must',
    failOnFlaky: false,
    waivers: [],
    today: '2026-01-02',
  } as const;
  const gated = gate(now, { ...settings, baseline: readBaseline(path) });
  const text = [...htmlPage({ record: gated, transcriptOf: () => undefined })].join('');
  const section = /<section id="changes">.*?<\/section>/s.exec(text)?.[0] ?? '';
  t.match(section, /New failures: 1 row.*#LIF-01/s);
  t.match(section, /Mended: 1 row.*was.*#ERR-01/s);
  t.notMatch(section, 'Nothing changed');
  const same = gate(before, { ...settings, baseline: readBaseline(path) });
  const calm = [...htmlPage({ record: same, transcriptOf: () => undefined })].join('');
  t.match(calm, /Nothing changed.*Failing as before \(known\): 1 row/s);
});

t.test('the keyboard reaches everything', { skip }, async (t) => {
  const { page } = await openText(textOf(sampleLines({ guidance: 'fail' })));
  const focused = (): Promise<string> =>
    page.evaluate('document.activeElement.querySelector("b")?.textContent ?? ""');
  await page.keyboard.press('Tab');
  t.match(await page.locator('.jump:focus').textContent(), 'Skip', 'the first stop skips the head');
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
  await page.locator('.requirement[open] a', { hasText: 'evidence' }).press('Enter');
  await page.locator('.case[open] .timeline').waitFor();
  t.ok(await page.locator('.case[open] .timeline').isVisible(), 'a link opens the evidence');
  await page.keyboard.press('Escape');
  t.equal((await shownIds(page)).length, 3);
  await page.locator('#open-all').press('Enter');
  t.equal(await page.locator('.case:not([open])').count(), 0, 'all evidence at once');
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
  const { page, complaints, requests } = await openText(text);
  await unfold(page);
  t.equal(await page.evaluate('window.ran'), undefined);
  t.equal(await page.locator('script').count(), 1);
  t.equal(await page.locator('img').count(), 0);
  t.match(
    await page.locator('header > .facts').textContent(),
    HOSTILE,
    'the device name is shown as text',
  );
  t.match(await page.locator('.case pre').first().textContent(), HOSTILE, 'so is the log line');
  t.match(await page.locator('.points').first().textContent(), HOSTILE, 'so is what was observed');
  t.strictSame(complaints, [], 'escaped text never comes as far as the policy');
  t.strictSame(requests, []);
});

t.test('the policy stops a script even if one got into the page', { skip }, async (t) => {
  const text = textOf(sampleLines()).replace('<main>', '<main><script>window.ran = 1</script>');
  const { page, complaints } = await openText(text);
  t.equal(await page.evaluate('window.ran'), undefined);
  t.match(complaints.join(), 'Content Security Policy');
});

t.test('a narrow screen needs no scrolling sideways', { skip }, async (t) => {
  for (const name of ['clean', 'broken'] as const) {
    const { page } = await openFile(pageOf(name), { width: 400 });
    await unfold(page);
    t.equal(await page.evaluate('document.documentElement.scrollWidth'), 400, name);
  }
});

t.test('text stands out in light and in dark, also after the switch', { skip }, async (t) => {
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page } = await openFile(pageOf('broken'), { colorScheme });
    await fewCases(page);
    await unfold(page);
    t.strictSame(await faintTexts(page), [], colorScheme);
    await page.click('#theme');
    t.strictSame(await faintTexts(page), [], `${colorScheme}, switched`);
  }
});

t.test('paper shows what is broken, and cuts nothing off', { skip }, async (t) => {
  const { page } = await openFile(pageOf('broken'), { width: 718, colorScheme: 'dark' });
  await page.emulateMedia({ media: 'print' });
  await page.evaluate('window.dispatchEvent(new Event("beforeprint"))');
  t.equal(await page.locator('.requirement[data-status=fail]:not([open])').count(), 0);
  t.notOk(await page.locator('#filter').isVisible());
  await fewCases(page);
  await unfold(page);
  t.strictSame(await cutOff(page), []);
  t.strictSame(await faintTexts(page), []);
  t.match((await page.pdf({ format: 'A4' })).subarray(0, 4).toString(), '%PDF');
});

t.test('only cases that did not pass bring evidence', async (t) => {
  t.notMatch(textOf(sampleLines()), 'class="case"');
  t.equal(textOf(sampleLines({ guidance: 'fail' })).match(/class="case"/g)?.length, 1);
});
