/**
 * How long all suites take on a target, its start included, by the clock: `allocert run TARGET`,
 * with one guest and with one for each processor. Part of `npm run bench:all -- --guest`. The
 * machine has to be free.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../base/package-root.ts';
import { type Figures, tellFigures, type Unmeasured } from './all/figures.ts';

const [target = 'vm:debian/dma_heap/system'] = process.argv.slice(2);
const program = join(packageRoot(), 'dist', 'bin', 'allocert.js');
const folder = mkdtempSync(join(tmpdir(), 'allocert-bench-'));
/** Whether a report says what somebody will want to know: a failure that was not expected. */
let wanted = false;

/** Runs all suites. @param name of the figure */
function timed(name: string, jobs: number): Figures | Unmeasured {
  const out = ['--quiet', '--out', join(folder, name), '--jobs', String(jobs)];
  const start = performance.now();
  const ran = spawnSync(process.execPath, [program, 'run', target, ...out], { encoding: 'utf8' });
  const seconds = (performance.now() - start) / 1000;
  console.log(`${target}, jobs: ${jobs}: ${seconds.toFixed(1)} s, exit code ${ran.status}`);
  // Whether the target conforms is not asked here; that every suite came to its end is.
  if (ran.status === 1) wanted = true;
  if (ran.status === 0 || ran.status === 1) return { [name]: seconds };
  return { reason: `the run ended with ${ran.status}: ${ran.stderr.trim()}` };
}

try {
  tellFigures(timed('seconds', 1));
  tellFigures(timed('shared-seconds', availableParallelism()));
} finally {
  if (wanted) console.log(`something failed; the reports are in ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
}
