/** Ctrl-C in long commands: the last line says how to go on, and the exit code is the signal's. */
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { packageRoot } from '../../base/package-root.ts';
import { temporaryDirectory } from '../reports/sample.ts';
import { allocert, type Ran } from './command.ts';

const simulator = JSON.stringify(
  pathToFileURL(join(packageRoot(), 'dist/adapters/simulator/adapter.js')).href,
);

/** A simulator whose third Program is answered once the file `go` is there. */
const WAITING = `
  import { existsSync } from 'node:fs';
  import { openSimulator } from ${simulator};
  const told = () => new Promise((resolve) => {
    const timer = setInterval(() => {
      if (!existsSync('go')) return;
      clearInterval(timer);
      resolve();
    }, 5);
  });
  export default () => {
    const adapter = openSimulator('sim:');
    let programs = 0;
    return {
      url: 'test:',
      close: () => adapter.close(),
      open: async () => {
        const session = await adapter.open();
        return {
          facts: session.facts,
          begin: (id) => session.begin(id),
          close: () => session.close(),
          run: async (program) => {
            programs += 1;
            if (programs === 3) { process.stdout.write('it runs'); await told(); }
            return session.run(program);
          },
        };
      },
    };
  };`;

const CAMPAIGN = ['--seed', '7', '--rounds', '9', '--workers', '1', '--out', 'campaign'];
const DEFECTS = [{ name: 'none', summary: 'it has none', breaks: ['LEN-02'] }];
const ONLY = ['--only', 'LEN-02', 'LIF-02'];

/** Words of a command, and the last line after a signal. */
const COMMANDS: Readonly<Record<string, readonly [words: readonly string[], goOn: RegExp]>> = {
  compare: [
    ['compare', './waits.mjs', 'sim:', '--out', 'compared'],
    /the matrix in compared holds what was observed; to compare all, run the same command again$/,
  ],
  diff: [
    ['diff', './waits.mjs', 'sim:', '--suite', ...ONLY],
    /nothing was compared; to compare, run the same command again$/,
  ],
  faults: [
    ['faults', './waits.mjs', ...ONLY, '--out', 'swept'],
    /(?:report in swept holds .*|there is no report); to sweep all cases, run the same command/,
  ],
  'adapter check': [
    ['adapter', 'check', './waits.mjs'],
    /to check all rules, run the same command again$/,
  ],
  replay: [
    ['replay', 'finding.json', '--target', './waits.mjs', '--times', '900'],
    /8\d\d of 900 runs are left; choose how many with --times$/,
  ],
  'corpus prune': [
    ['corpus', 'prune', 'campaign/corpus', '--target', './waits.mjs', '--yes'],
    /no entry was removed; to prune, run the same command again$/,
  ],
  qualify: [
    ['qualify', './waits.mjs', '--defects', 'defects.json', '--out', 'qualified'],
    /there is no kill matrix; to qualify, run the same command again$/,
  ],
};

/** A folder in which these commands run, each in a copy of its own. */
async function prepared(): Promise<Readonly<Record<string, string>>> {
  const cwd = temporaryDirectory();
  await allocert(['fuzz', 'sim:', ...CAMPAIGN], { cwd });
  const finding = join(packageRoot(), 'test/fuzz/inputs/unmaps-foreign-memory.json');
  return {
    'waits.mjs': WAITING,
    'defects.json': JSON.stringify(DEFECTS),
    'finding.json': readFileSync(finding, 'utf8'),
    campaign: join(cwd, 'campaign'),
  };
}

/** Runs a command in a folder, and interrupts it once its target has stopped answering. */
function interrupted(words: readonly string[], cwd: string, name: NodeJS.Signals): Promise<Ran> {
  return allocert(words, {
    cwd,
    onStart: (child) => {
      let said = '';
      child.stdout?.on('data', (text: Buffer) => {
        if (String(text).includes('it runs')) child.kill(name);
      });
      child.stderr?.on('data', (text: Buffer) => {
        said += String(text);
        if (said.includes('stopping after')) writeFileSync(join(cwd, 'go'), '');
      });
    },
  });
}

t.test('a long command that is interrupted says how to go on', async (t) => {
  const { campaign = '', ...files } = await prepared();
  const ran = Object.entries(COMMANDS).map(async ([what, [words, goOn]], index) => {
    const cwd = temporaryDirectory();
    for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
    cpSync(campaign, join(cwd, 'campaign'), { recursive: true });
    const name = index % 2 === 0 ? 'SIGINT' : 'SIGTERM';
    const { code, stderr } = await interrupted(words, cwd, name);
    t.equal(code, name === 'SIGINT' ? 130 : 143, `${what}: ${stderr}`);
    t.match(stderr, /^allocert: stopping after the current \w+; interrupt again to stop/m);
    const last = stderr.trimEnd().split('\n').at(-1);
    t.match(last, new RegExp(`^allocert: interrupted by ${name}; `), what);
    t.match(last, goOn, what);
    return [what, cwd] as const;
  });
  const folders = Object.fromEntries(await Promise.all(ran));
  const read = (what: string, file: string) =>
    JSON.parse(readFileSync(join(folders[what] ?? '', file), 'utf8'));
  t.match(read('compare', 'compared/matrix.json'), {
    exitCode: 3,
    columns: [
      // On a starved machine the current case is left behind, too.
      { problem: /was interrupted$/ },
      { problem: 'the comparison was interrupted', profile: '' },
    ],
  });
  t.notOk(existsSync(join(folders.qualify ?? '', 'qualified/kill-matrix.json')));
  const kept = (folder: string) => readdirSync(join(folder, 'corpus')).length;
  t.equal(kept(join(folders['corpus prune'] ?? '', 'campaign')), kept(campaign));
});
