/** The gate as a pipeline meets it: every exit code that docs/ci.md states, and every warning. */
import type { ChildProcess } from 'node:child_process';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { packageRoot } from '../../base/package-root.ts';
import { temporaryDirectory } from '../reports/sample.ts';
import { allocert, type Ran } from './command.ts';
import { exampleFolder, recordIn } from './gate-folder.ts';

interface Row {
  readonly code: number;
  readonly when: string;
  readonly command: string;
}

const page = readFileSync(join(packageRoot(), 'docs', 'ci.md'), 'utf8');
const ROWS = [...page.matchAll(/^\| (\d+) \| (.+) \| `allocert (.+)` \|$/gm)].map(
  ([, code, when = '', command = '']): Row => ({ code: Number(code), when, command }),
);

/** Runs a row's command in a copy of the folder; one that is interrupted runs one case before. */
async function walk(folder: string, { when, command }: Row): Promise<Ran & { cwd: string }> {
  const cwd = temporaryDirectory();
  cpSync(folder, cwd, { recursive: true });
  const signal = /SIG[A-Z]+/.exec(when)?.[0] as NodeJS.Signals | undefined;
  const onStart = (child: ChildProcess): void => {
    if (signal !== undefined) void afterFirstCase(cwd).then(() => child.kill(signal));
  };
  return { ...(await allocert(command.split(' '), { cwd, onStart })), cwd };
}

async function afterFirstCase(cwd: string): Promise<void> {
  const journal = join(cwd, 'allocert-report', 'journal.ndjson');
  while (!existsSync(journal) || !readFileSync(journal, 'utf8').includes('case-end')) {
    await sleep(5);
  }
}

/** What the summary or the one sentence says where the exit code alone does not tell. */
const SAYS: Readonly<Record<string, RegExp>> = {
  'everything that fails is in the baseline too':
    /^KNOWN IOC-02 [\s\S]*in\s+spite\s+of\s+failures:\s+1\s+row\s+that/m,
  'something failed before and passes now; it is listed as fixed':
    /^FIXED IOC-02 \(IOC-02\/unknown-nr\): fail in the baseline/m,
  'everything that fails is waived':
    /^WAIVED IOC-02 [\s\S]*in\s+spite\s+of\s+failures:\s+1\s+row\s+waived/m,
  'a waiver is unused, which warns': /^NOTE {2}the waiver of IOC-02 on native:\* is unused/m,
  'a waived failure passes again, which warns': /^NOTE .* is not needed any more/m,
  'a failure was gone in another run of its case: flaky': /^FLAKY IOC-02 /m,
  'a waiver has expired': /waiver\s+of\s+IOC-02\s+expired\s+on\s+2020-02-29/,
  'only flaky': /1\s+row\s+flaked:\s+IOC-02/,
  'more skipped than may': /1\s+case\s+skipped/,
};

t.test('docs/ci.md states every exit code as it is', async (t) => {
  const folder = await exampleFolder(t);
  t.strictSame([...new Set(ROWS.map(({ code }) => code))], [0, 1, 2, 3, 4, 130, 143]);
  t.ok(ROWS.length >= 28, 'the table is read as a whole');
  const waiting = [...ROWS];
  const worker = async (): Promise<void> => {
    for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) {
      const ran = await walk(folder, row);
      t.equal(ran.code, row.code, `${row.when}: ${row.command}\n${ran.stderr}`);
      const says = SAYS[row.when];
      if (says !== undefined) t.match(ran.stdout, says, row.when);
    }
  };
  await Promise.all([worker(), worker(), worker()]);
  const told = Object.keys(SAYS).filter((when) => !ROWS.some((row) => row.when === when));
  t.strictSame(told, [], 'what is looked for is in the table');
});

t.test('report and retry gate too, and a report says later what the run said', async (t) => {
  const cwd = await exampleFolder(t);
  const words = ['run', './target.js?broken', '--only', 'IOC-02,LIF-01', '--out', 'out'];
  const run = await allocert([...words, '--waivers', 'valid.json'], { cwd });
  t.equal(run.code, 0);
  t.match(recordIn(cwd, 'out'), { exitCode: 0, waivers: [{ id: 'IOC-02', owner: 'memory team' }] });
  const later = await allocert(['report', 'out'], { cwd });
  t.match(later, { code: 0, stdout: run.stdout });
  const other = await allocert(['report', 'out', '--waivers', 'expired.json'], { cwd });
  t.equal(other.code, 1, 'another gate replaces it');
  t.match(recordIn(cwd, 'out'), { exitCode: 1, waivers: [] });
  const plain = await allocert(['report', 'out', '--baseline', 'broken/record.json'], { cwd });
  t.equal(plain.code, 0, 'a record file is a baseline');
});
