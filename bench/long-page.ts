/**
 * How long a browser takes to open the page of 100,000 rows, to filter it and to search in it, by
 * the clock: the least of some turns, in Debian's Chromium without a window. Part of `npm run
 * bench:all`.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { tellFigures } from './all/figures.ts';
import { measuredCommand } from './reports/command.ts';
import { writeLongRun } from './reports/long-run.ts';

const CHROMIUM = '/usr/bin/chromium';
const ROWS = 100_000;
const TURNS = 3;

/** Milliseconds in the page until something has been done and drawn. */
const timed = (action: string): string => `(async () => {
  const start = performance.now();
  ${action};
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  return performance.now() - start;
})()`;

const COUNT = "document.getElementById('count').textContent";
const search = (word: string): string => `const field = document.getElementById('search');
  const before = ${COUNT};
  field.value = '${word}';
  field.dispatchEvent(new Event('input', { bubbles: true }));
  while (${COUNT} === before) await new Promise((done) => setTimeout(done, 1))`;

async function measured(file: string): Promise<void> {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  const least = { open: Infinity, filter: Infinity, search: Infinity };
  try {
    for (let turn = 0; turn < TURNS; turn += 1) {
      const page = await browser.newPage();
      await page.goto(`file://${file}`);
      const opened = 'performance.getEntriesByType("navigation")[0].loadEventEnd';
      const open: number = await page.evaluate(opened);
      const click = "document.querySelector('input[value=fail]').click()";
      const filter: number = await page.evaluate(timed(click));
      const found: number = await page.evaluate(timed(search('99998')));
      least.open = Math.min(least.open, open / 1000);
      least.filter = Math.min(least.filter, filter / 1000);
      least.search = Math.min(least.search, found / 1000);
      await page.close();
    }
  } finally {
    await browser.close();
  }
  for (const [what, seconds] of Object.entries(least)) {
    console.log(`${what.padEnd(8)} ${seconds.toFixed(2)} s`);
  }
  tellFigures(least);
}

const folder = mkdtempSync(join(tmpdir(), 'allocert-bench-'));
try {
  if (!existsSync(CHROMIUM)) tellFigures({ reason: 'Chromium is not installed' });
  else {
    writeLongRun(join(folder, 'run'), ROWS);
    measuredCommand(folder, ['report', join(folder, 'run')]);
    await measured(join(folder, 'run', 'report.html'));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
