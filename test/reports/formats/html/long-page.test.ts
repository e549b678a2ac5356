/**
 * Goal: the page of a long run is small, and everything that it packs can be searched and shown, as
 * text. The last part skips where Debian's Chromium is not installed.
 */
import { inflateRawSync } from 'node:zlib';
import t from 'tap';
import { longRun } from '../../../../bench/reports/long-run.ts';
import { htmlPage } from '../../../../reports/formats/html/page.ts';
import { deriveRecord } from '../../../../reports/journal/derive-record.ts';
import type { JournalLine, RunStart } from '../../../../reports/record/journal-lines.ts';
import { HOSTILE, openText, skip } from './browser.ts';

/** The case that says something hostile, and of which no other row has the words. */
const ODD = 'REQ-5/2825';

/** A long run of which a row that passed says more than the others. */
function odd(line: JournalLine): JournalLine {
  if (line.type !== 'case-end' || line.case !== ODD) return line;
  const verdicts = line.verdicts.map((one) => ({ ...one, reason: `${HOSTILE}\tzebra\u202e` }));
  return { ...line, verdicts };
}

const pageOf = (rows: number): string => {
  const lines = [...longRun(rows)].map(odd);
  const record = deriveRecord({ start: lines[0] as RunStart, lines, torn: false });
  return [...htmlPage({ record, transcriptOf: () => undefined })].join('');
};

const PACKED = /<template data-rows="(\d+)">([^<]*)<\/template>/g;

/** The rows of a page that are packed, as cells. */
const packedIn = (page: string): string[][] =>
  [...page.matchAll(PACKED)].flatMap(([, count, text = '']) => {
    const lines = inflateRawSync(Buffer.from(text, 'base64')).toString('utf8').split('\n');
    if (lines.length !== Number(count)) t.fail(`${count} rows are said to be ${lines.length}`);
    return lines.map((line) => line.split('\t'));
  });

const long = pageOf(3000);

t.test('each case is in the page once, and what did not pass is plain', async (t) => {
  const packed = packedIn(long).map(([id = '']) => id);
  const plain = [...long.matchAll(/<li data-standing="(\w+)">.*?<code>(.*?)<\/code>/g)];
  const ids = [...packed, ...plain.map(([, , id = '']) => id)];
  t.equal(ids.length, 3000);
  t.equal(new Set(ids).size, 3000);
  t.equal(plain.filter(([, standing]) => standing === 'fails').length, 30);
  const row = packedIn(long).find(([id]) => id === ODD);
  t.strictSame(row?.length, 6, 'a tab in a text is no cell');
  t.match(row?.[5], /zebra\\u\{202e\}$/, 'what would reorder text is written out');
  t.notOk(pageOf(2000).includes('<template'), 'the page of a run of usual length is plain');
});

t.test('a browser searches and shows what is packed', { skip }, async (t) => {
  const { page, complaints } = await openText(long);
  await page.fill('#search', 'zebra');
  await page.waitForFunction('document.getElementById("count").textContent.startsWith("1 of")');
  t.strictSame(await page.locator('.requirement:visible > summary b').allTextContents(), ['REQ-5']);
  const row = page.locator('#REQ-5');
  await row.locator('summary').click();
  await row.locator('.more').click();
  const shown = row.locator('li', { hasText: 'zebra' });
  await shown.waitFor();
  t.match(await shown.textContent(), HOSTILE, 'as text');
  t.equal(await page.evaluate('window.ran'), undefined);
  t.equal(await row.locator('.more').count(), 0, 'nothing is left');
  t.equal(await row.locator('.points > li').count(), 22);
  t.strictSame(complaints, []);
});
