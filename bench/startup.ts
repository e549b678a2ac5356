/**
 * Processor time of commands that only tell something, Node's own start included: the median of
 * some runs of the built command. Part of `npm run bench:all`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../base/package-root.ts';
import { type Figures, tellFigures } from './all/figures.ts';
import { medianOf } from './all/measure.ts';

const TURNS = 9;
const LINES = { node: [], version: ['--version'], help: ['--help'], list: ['list'] };

const program = join(packageRoot(), 'dist', 'bin', 'allocert.js');
const folder = mkdtempSync(join(tmpdir(), 'allocert-bench-'));
try {
  const preload = join(folder, 'preload.cjs');
  const told = join(folder, 'told');
  writeFileSync(
    preload,
    `process.on('exit', () => require('fs').writeFileSync(${JSON.stringify(told)},
      String(process.cpuUsage().user)))`,
  );
  const empty = join(folder, 'empty.mjs');
  writeFileSync(empty, '');
  const times = Object.fromEntries(
    Object.keys(LINES).map((name): [string, number[]] => [name, []]),
  );
  for (let turn = 0; turn < TURNS; turn += 1) {
    for (const [name, words] of Object.entries(LINES)) {
      const script = name === 'node' ? empty : program;
      const ran = spawnSync(process.execPath, ['--require', preload, script, ...words]);
      if (ran.status !== 0) throw new Error(`allocert ${words.join(' ')} ended with ${ran.status}`);
      times[name]?.push(Number(readFileSync(told, 'utf8')) / 1000);
    }
  }
  const figures: Figures = Object.fromEntries(
    Object.entries(times).map(([name, all]) => [name, Math.round(medianOf(all))]),
  );
  for (const [name, ms] of Object.entries(figures)) console.log(`${name.padEnd(8)} ${ms} ms`);
  tellFigures(figures);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
