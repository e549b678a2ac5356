/** kill -9 of the agent at random points of a run: no hang, no wrong pass, always a report. */
import type { ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { RunRecord } from '../../reports/record/record.ts';
import { buildExample } from '../adapters/native/example-library.ts';
import { start } from './command.ts';

process.env.ALLOCERT_CACHE = join(tmpdir(), 'allocert-test-cache');

const POINTS = 20;
/** Cases that take no time, so that twenty runs do not, either. */
const ONLY = 'ABI-01,ABI-03,IOC-01,IOC-02,VER-01,VER-02,RES-01,RES-02,FLG-01,FLG-04,LEN-01,ERR-01';

/** Processes whose parent is the given one. */
function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === parent);
}

function parentOf(pid: number): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(status.slice(status.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined; // It ended between the listing and the reading.
  }
}

const linesIn = (file: string): number =>
  existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0;

/** Kills the agent as soon as the journal has so many lines; whether there was one to kill. */
async function killAt(run: ChildProcess, journal: string, lines: number): Promise<boolean> {
  while (run.exitCode === null && linesIn(journal) < lines) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  const agents = run.pid === undefined ? [] : childrenOf(run.pid);
  return agents.filter(killed).length > 0;
}

/** False for one that has ended since it was listed. */
function killed(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw thrown;
  }
}

t.test('the agent is killed at twenty points', async (t) => {
  const folder = t.testdir({});
  const library = await buildExample(folder);
  let kills = 0;
  let crashes = 0;
  for (let point = 0; point < POINTS; point += 1) {
    const out = join(folder, `report-${point}`);
    const words = ['run', `native:${library}`, '--only', ONLY, '--out', out];
    const run = start(words);
    const ended = new Promise((resolve) => run.once('close', resolve));
    if (await killAt(run, join(out, 'journal.ndjson'), randomInt(1, 26))) kills += 1;
    const code = await ended;
    const record = JSON.parse(readFileSync(join(out, 'record.json'), 'utf8')) as RunRecord;
    const statuses = record.requirements.map((one) => one.statuses[record.profile] ?? '');
    const crashed = statuses.filter((status) => status === 'crash').length;
    crashes += crashed;
    t.ok(record.complete, 'the run goes on with a new agent');
    t.strictSame(
      statuses.filter((status) => !['pass', 'skip', 'info'].includes(status)),
      [],
    );
    t.equal(code, 0, 'what was lost is done again');
  }
  t.ok(kills >= POINTS / 2, `${kills} agents were killed`);
  t.equal(crashes, 0, 'the target is accused of none');
});
