/**
 * What Playwright's merge-reports and Allure need to make a page of 100,000 tests, in the same run
 * as `bench:reports`. They are not part of allocert; {@link FOLDER} names a folder in which they were
 * installed, and which holds 50 blob reports of 2,000 tests each in `blobs`:
 *
 *     npm install @playwright/test@1.65.1 allure@3.18.0
 *     ALLOCERT_BENCH_PEERS=$PWD npm run bench:all -- --peers --only reports,report-peers
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tellFigures } from './all/figures.ts';
import { measuredCommand } from './reports/command.ts';
import { writeLongRun } from './reports/long-run.ts';

const FOLDER = 'ALLOCERT_BENCH_PEERS';
const ROWS = 100_000;

const given = process.env[FOLDER] ?? '';

/** Runs a program under GNU time, which also counts its children. */
function measured(name: string, words: readonly string[], cwd: string): void {
  const ran = spawnSync('/usr/bin/time', ['-f', 'needed %U %S %M', ...words], {
    cwd,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const [, user, system, kibibytes] = /^needed (\S+) (\S+) (\d+)$/m.exec(ran.stderr) ?? [];
  if (ran.status !== 0 || kibibytes === undefined) {
    throw new Error(`${words.join(' ')} ended with ${ran.status}: ${ran.stderr.slice(-1000)}`);
  }
  const seconds = Number(user) + Number(system);
  const megabytes = (Number(kibibytes) * 1024) / 1e6;
  console.log(`${name}: ${seconds.toFixed(1)} s, peak ${megabytes.toFixed(0)} MB`);
  tellFigures({ [`${name}-seconds`]: seconds, [`${name}-mb`]: megabytes });
}

function peers(folder: string): void {
  const tool = (name: string): string => join(given, 'node_modules', '.bin', name);
  if (existsSync(join(given, 'blobs'))) {
    const words = [tool('playwright'), 'merge-reports', '--reporter', 'html', join(given, 'blobs')];
    measured('playwright', words, folder);
  }
  const run = join(folder, 'run');
  writeLongRun(run, ROWS);
  measuredCommand(folder, ['report', run]);
  const results = join(folder, 'results');
  mkdirSync(results);
  renameSync(join(run, 'junit.xml'), join(results, 'junit.xml'));
  const words = ['awesome', '--single-file', '-o', join(folder, 'allure'), results];
  measured('allure', [tool('allure'), ...words], folder);
}

if (!existsSync(join(given, 'node_modules', '.bin', 'allure'))) {
  tellFigures({ reason: `${FOLDER} names no folder with Playwright and Allure` });
} else {
  const folder = mkdtempSync(join(tmpdir(), 'allocert-bench-'));
  try {
    peers(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
