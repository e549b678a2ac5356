/** A folder has one writer, who is named, and whose kill leaves nothing for a person to do. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t, { type Test } from 'tap';
import { packageRoot } from '../../base/package-root.ts';
import { LOCK_FILE } from '../../reports/files/lock-name.ts';
import { allocert, start } from './command.ts';

const dist = (path: string): string =>
  JSON.stringify(pathToFileURL(join(packageRoot(), 'dist', path)).href);

/** A simulator that never answers, and says in which process, while the file `hold` is there. */
const ADAPTER = `
import { existsSync, renameSync, writeFileSync } from 'node:fs';
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
          writeFileSync('held.new', String(process.pid));
          renameSync('held.new', 'held');
          return new Promise(() => setInterval(() => {}, 1000));
        },
      };
    },
  };
};`;

type Words = (folder: string, target: string) => readonly string[];
interface Writer {
  readonly kind: 'report' | 'campaign';
  readonly words: Words;
}

const COMMANDS: Readonly<Record<string, Writer>> = {
  run: {
    kind: 'report',
    words: (folder, target) => ['run', target, '--only', 'IOC-02,LIF-01', '--out', folder],
  },
  report: { kind: 'report', words: (folder) => ['report', folder] },
  retry: { kind: 'report', words: (folder, target) => ['retry', folder, '--target', target] },
  fuzz: {
    kind: 'campaign',
    words: (folder, target) => ['fuzz', target, '--rounds', '8', '--seed', '1', '--out', folder],
  },
  'fuzz --resume': {
    kind: 'campaign',
    words: (folder, target) => ['fuzz', target, '--resume', '--rounds', '16', '--out', folder],
  },
};
const NAMES = Object.keys(COMMANDS);

/** A process that holds folders, each as a command does. */
async function holder(
  cwd: string,
  held: readonly (readonly [folder: string, command: string])[],
): Promise<ChildProcess> {
  const text = `
    import { FolderLock } from ${dist('reports/files/folder-lock.js')};
    for (const [folder, command] of ${JSON.stringify(held)}) new FolderLock(folder, command);
    setInterval(() => {}, 1000);
    console.log('held');`;
  const words = ['-u', 'NODE_OPTIONS', process.execPath, '--input-type=module', '-e', text];
  const child = spawn('/usr/bin/env', words, { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

async function killed(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

const sentence = (command: string, pid: number | undefined): RegExp =>
  new RegExp(
    `^allocert: \\S+ is being written to by allocert ${command}, process ${pid} on ` +
      `${hostname()} since 20[^ ]+Z; wait for its end, or name another directory\\n$`,
  );

const contentsOf = (folder: string): readonly (readonly [string, string])[] =>
  readdirSync(folder).flatMap((name) =>
    name === 'corpus' ? [] : [[name, readFileSync(join(folder, name), 'latin1')] as const],
  );

/** Makes the folders that a writer of a kind works on. */
async function fill(t: Test, cwd: string, kind: Writer['kind'], target: string): Promise<void> {
  const { words } = COMMANDS[kind === 'report' ? 'run' : 'fuzz'] as Writer;
  const ran = await allocert(words(kind, target), { cwd });
  t.equal(ran.code, 0, ran.stderr);
  t.notOk(existsSync(join(cwd, kind, LOCK_FILE)), 'an end leaves no lock');
}

t.test('every command refuses a folder that another one writes to', async (t) => {
  const cwd = t.testdir();
  await Promise.all([fill(t, cwd, 'report', 'sim:'), fill(t, cwd, 'campaign', 'sim:')]);
  const folderOf = (kind: string, first: string): string => `${kind}-${NAMES.indexOf(first)}`;
  const held = ['report', 'campaign'].flatMap((kind) =>
    NAMES.map((first) => [folderOf(kind, first), first] as const),
  );
  for (const [folder] of held) {
    cpSync(join(cwd, folder.replace(/-.*/, '')), join(cwd, folder), { recursive: true });
  }
  const child = await holder(cwd, held);
  for (const [second, { kind, words }] of Object.entries(COMMANDS)) {
    for (const first of NAMES) {
      const folder = folderOf(kind, first);
      const before = contentsOf(join(cwd, folder));
      const ran = await allocert(words(folder, 'sim:'), { cwd });
      t.equal(ran.code, 3, `${second} beside ${first}`);
      t.match(ran.stderr, sentence(first, child.pid));
      t.equal(ran.stdout, '');
      t.strictSame(contentsOf(join(cwd, folder)), before, 'nothing was touched');
    }
  }
  const written = 'report-0';
  const others: readonly (readonly string[])[] = [
    ['compare', 'sim:', '--out', written],
    ['diff', 'sim:', 'sim:', '--suite', '--out', written],
    ['qualify', '--out', written],
    ['report', 'report', 'report-1', '--out', 'merged'],
    ['corpus', 'prune', join('campaign-0', 'corpus')],
  ];
  for (const words of others) {
    const ran = await allocert(words, { cwd });
    t.equal(ran.code, 3, words.join(' '));
    t.match(ran.stderr, sentence('r\\w+', child.pid));
  }
  await killed(child);
  for (const [second, { kind, words }] of Object.entries(COMMANDS)) {
    const folder = folderOf(kind, second);
    // A folder that holds a campaign takes no other; what was killed at its start left the lock.
    if (second === 'fuzz') onlyLock(join(cwd, folder));
    const goesOn = await allocert(words(folder, 'sim:'), { cwd });
    t.equal(goesOn.code, 0, `${second} goes on after the kill: ${goesOn.stderr}`);
    t.notOk(existsSync(join(cwd, folder, LOCK_FILE)));
  }
});

function onlyLock(folder: string): void {
  const lock = readFileSync(join(folder, LOCK_FILE));
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
  writeFileSync(join(folder, LOCK_FILE), lock);
}

/** Resolves once a file is there. */
async function appears(folder: string, name: string): Promise<void> {
  const watcher = watch(folder);
  try {
    while (!existsSync(join(folder, name))) await once(watcher, 'change');
  } finally {
    watcher.close();
  }
}

for (const [first, { kind, words }] of Object.entries(COMMANDS)) {
  if (first === 'report') continue;
  t.test(`${first} holds its folder, and is killed`, async (t) => {
    const cwd = t.testdir({ 'adapter.mjs': ADAPTER });
    if (first === 'retry' || first === 'fuzz --resume') await fill(t, cwd, kind, './adapter.mjs');
    if (first === 'retry') {
      const journal = join(cwd, 'report', 'journal.ndjson');
      const lines = readFileSync(journal, 'utf8').split('\n');
      writeFileSync(journal, `${lines.slice(0, 2).join('\n')}\n`);
      for (const name of ['record.json', 'evidence.ndjson']) rmSync(join(cwd, 'report', name));
    }
    writeFileSync(join(cwd, 'hold'), '');
    const child = start(words(kind, './adapter.mjs'), 'ignore', { cwd });
    await appears(cwd, 'held');
    // Code of others runs in a process of its own, which is the one that writes.
    const writer = Number(readFileSync(join(cwd, 'held'), 'utf8'));
    const refused = await allocert(['report', kind], { cwd });
    t.equal(refused.code, 3);
    t.match(refused.stderr, sentence(first, writer));
    const exited = once(child, 'exit');
    process.kill(writer, 'SIGKILL');
    t.equal((await exited)[0], 3);
    rmSync(join(cwd, 'hold'));
    const resumed = first === 'fuzz' ? (COMMANDS['fuzz --resume'] as Writer).words : words;
    const again = await allocert(resumed(kind, './adapter.mjs'), { cwd });
    t.equal(again.code, 0, again.stderr);
    t.notOk(existsSync(join(cwd, kind, LOCK_FILE)));
  });
}

t.test('a run says what it observed, whatever lies in its folder by then', async (t) => {
  const swapping = ADAPTER.replace(
    "if (!existsSync('hold'))",
    "writeFileSync('two/journal.ndjson', readFileSync('other/journal.ndjson')); if (true)",
  )
    .replace('{ existsSync, renameSync, ', '{ readFileSync, ')
    .replace("openSimulator('sim:')", "openSimulator('sim:?behaviour=rfc-v2')");
  const cwd = t.testdir({ 'swapping.mjs': swapping });
  const other = ['run', 'sim:', '--only', 'LIF-01', '--out', 'other'];
  t.equal((await allocert(other, { cwd })).code, 0);
  const words = ['run', './swapping.mjs', '--only', 'IOC-02', '--out', 'two'];
  const ran = await allocert(words, { cwd });
  t.equal(ran.code, 1, ran.stdout + ran.stderr);
  t.match(ran.stdout, /FAIL {2}IOC-02/);
  t.match(ran.stderr, /^allocert: the report of this run is lost: two holds another journal/m);
  t.notOk(existsSync(join(cwd, 'two', 'record.json')), 'no report of another run');
});
