/**
 * How long all suites take on a target, its start included, by the clock: `allocert run TARGET`.
 * Part of `npm run bench:all -- --guest`. The machine has to be free.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../base/package-root.ts';
import { tellFigures } from './all/figures.ts';

const [target = 'vm:debian/dma_heap/system'] = process.argv.slice(2);
const program = join(packageRoot(), 'dist', 'bin', 'allocert.js');
const folder = mkdtempSync(join(tmpdir(), 'allocert-bench-'));
try {
  const words = [program, 'run', target, '--quiet', '--out', join(folder, 'report')];
  const start = performance.now();
  const ran = spawnSync(process.execPath, words, { encoding: 'utf8' });
  const seconds = (performance.now() - start) / 1000;
  console.log(`${target}: ${seconds.toFixed(1)} s, exit code ${ran.status}`);
  // Whether the target conforms is not asked here; that every suite came to its end is.
  if (ran.status === 0 || ran.status === 1) tellFigures({ seconds });
  else tellFigures({ reason: `the run ended with ${ran.status}: ${ran.stderr.trim()}` });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
