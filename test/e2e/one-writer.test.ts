/** A folder has one writer, who is named, and whose kill leaves nothing for a person to do. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t, { type Test } from 'tap';
import { packageRoot } from '../../base/package-root.ts';
import { LOCK_FILE } from '../../reports/files/lock-name.ts';
import { allocert, start } from './command.ts';

const dist = (path: string): string =>
  JSON.stringify(pathToFileURL(join(packageRoot(), 'dist', path)).href);

/** A simulator that never answers, and says so, while the file `hold` is there. */
const ADAPTER = `
import { existsSync, writeFileSync } from 'node:fs';
import { openSimulator } from ${dist('adapters/simulator/adapter.js')};
export default (url) => {
  const adapter = openSimulator('sim:');
  return {
    url,
    close: () => adapter.close(),
    open: async () => {
      const session = await adapter.open();
      return {
        facts: session.facts,
        begin: (id) => session.begin(id),
        close: () => session.close(),
        run: async (program) => {
          if (!existsSync('hold')) return session.run(program);
          writeFileSync('held', '');
          return new Promise(() => setInterval(() => {}, 1000));
        },
      };
    },
  };
};`;

const RUN = ['run', './adapter.mjs', '--only', 'IOC-02,LIF-01', '--out', 'report'];
const FUZZ = ['fuzz', './adapter.mjs', '--rounds', '40', '--seed', '1', '--out', 'campaign'];
const COMMANDS: Readonly<Record<string, readonly [folder: string, words: readonly string[]]>> = {
  run: ['report', RUN],
  report: ['report', ['report', 'report']],
  retry: ['report', ['retry', 'report', '--target', './adapter.mjs']],
  fuzz: ['campaign', FUZZ],
  'fuzz --resume': [
    'campaign',
    ['fuzz', './adapter.mjs', '--resume', '--rounds', '80', '--out', 'campaign'],
  ],
};

/** A process that holds a folder as a command does. */
async function holder(cwd: string, folder: string, command: string): Promise<ChildProcess> {
  const text = `
    import { FolderLock } from ${dist('reports/files/folder-lock.js')};
    new FolderLock(${JSON.stringify(folder)}, ${JSON.stringify(command)});
    setInterval(() => {}, 1000);
    console.log('held');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', text], {
    cwd,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  if (child.stdout !== null) await once(child.stdout, 'data');
  return child;
}

async function killed(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

const sentence = (command: string, pid: number | undefined): RegExp =>
  new RegExp(
    `^allocert: \\w+ is being written to by allocert ${command}, process ${pid} on ` +
      `${hostname()} since 20[^ ]+Z; wait for its end, or name another directory\\n$`,
  );

async function filled(t: Test): Promise<string> {
  const cwd = t.testdir({ 'adapter.mjs': ADAPTER });
  const ran = await allocert(RUN, { cwd });
  t.equal(ran.code, 0);
  t.notMatch(ran.stderr, 'is lost');
  t.equal((await allocert(FUZZ, { cwd })).code, 0);
  t.notOk(existsSync(join(cwd, 'report', LOCK_FILE)), 'an end leaves no lock');
  return cwd;
}

t.test('every command refuses a folder that another one writes to', async (t) => {
  const cwd = await filled(t);
  for (const [second, [folder, words]] of Object.entries(COMMANDS)) {
    for (const first of Object.keys(COMMANDS)) {
      const child = await holder(cwd, folder, first);
      const before = contentsOf(join(cwd, folder));
      const ran = await allocert(words, { cwd });
      t.equal(ran.code, 3, `${second} beside ${first}`);
      t.match(ran.stderr, sentence(first, child.pid));
      t.equal(ran.stdout, '');
      t.strictSame(contentsOf(join(cwd, folder)), before, 'nothing was touched');
      await killed(child);
    }
    if (second === 'fuzz') rmSync(join(cwd, folder), { recursive: true });
    const goesOn = await allocert(words, { cwd });
    t.equal(goesOn.code, 0, `${second} goes on after the kill: ${goesOn.stderr}`);
    t.notOk(existsSync(join(cwd, folder, LOCK_FILE)));
  }
});

const contentsOf = (folder: string): readonly (readonly [string, string])[] =>
  readdirSync(folder).flatMap((name) =>
    name === 'corpus' ? [] : [[name, readFileSync(join(folder, name), 'latin1')] as const],
  );

for (const [first, [folder, words]] of Object.entries(COMMANDS)) {
  if (first === 'report') continue;
  t.test(`${first} holds its folder, and is killed`, async (t) => {
    const cwd = await filled(t);
    if (first === 'fuzz') rmSync(join(cwd, folder), { recursive: true });
    if (first === 'retry') {
      const journal = join(cwd, 'report', 'journal.ndjson');
      const lines = readFileSync(journal, 'utf8').split('\n');
      writeFileSync(journal, `${lines.slice(0, 2).join('\n')}\n`);
      for (const name of ['record.json', 'evidence.ndjson'])
        rmSync(join(cwd, 'report', name), { force: true });
    }
    writeFileSync(join(cwd, 'hold'), '');
    rmSync(join(cwd, 'held'), { force: true });
    const child = start(words, 'ignore', { cwd });
    while (!existsSync(join(cwd, 'held'))) await new Promise((resolve) => setImmediate(resolve));
    const refused = await allocert(['report', folder], { cwd });
    t.equal(refused.code, 3);
    t.match(refused.stderr, `written to by allocert ${first}, process ${child.pid} on`);
    await killed(child);
    rmSync(join(cwd, 'hold'));
    const again = await allocert(first === 'fuzz' ? [...FUZZ, '--resume'] : words, { cwd });
    // A campaign that was killed before its first line is begun anew.
    t.match(again.stderr, /^(?!.*being written to)/s);
    t.ok(again.code === 0 || first === 'fuzz', again.stderr);
  });
}

t.test('a run says what it observed, whatever lies in its folder by then', async (t) => {
  const cwd = t.testdir({ 'adapter.mjs': ADAPTER.replace("writeFileSync('held', '');", '') });
  const other = ['run', 'sim:', '--only', 'LIF-01', '--out', 'other'];
  t.equal((await allocert(other, { cwd })).code, 0);
  const swapping = ADAPTER.replace(
    "if (!existsSync('hold'))",
    "writeFileSync('two/journal.ndjson', readFileSync('other/journal.ndjson')); if (true)",
  )
    .replace('{ existsSync, ', '{ readFileSync, ')
    .replace("openSimulator('sim:')", "openSimulator('sim:?behaviour=rfc-v2')");
  writeFileSync(join(cwd, 'swapping.mjs'), swapping);
  const words = ['run', './swapping.mjs', '--only', 'IOC-02', '--out', 'two'];
  const ran = await allocert(words, { cwd });
  t.equal(ran.code, 1, ran.stdout + ran.stderr);
  t.match(ran.stdout, /FAIL {2}IOC-02/);
  t.match(ran.stderr, /^allocert: the report of this run is lost: two holds another journal/m);
  t.notOk(existsSync(join(cwd, 'two', 'record.json')), 'no report of another run');
});
