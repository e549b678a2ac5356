/** `allocert adapter check` as a user meets it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { packageRoot } from '../../base/package-root.ts';
import { allocert } from '../e2e/command.ts';
import { temporaryDirectory } from '../reports/sample.ts';

const folder = temporaryDirectory();
const simulator = JSON.stringify(
  pathToFileURL(join(packageRoot(), 'dist', 'adapters', 'simulator', 'adapter.js')).href,
);

/** Writes an adapter whose sessions are those of the simulator, but for what is put in. */
function adapter(name: string, members: string): string {
  const path = join(folder, name);
  const text = `import { openSimulator } from ${simulator};
    export default (url) => {
      const adapter = openSimulator('sim:');
      const open = async () => {
        const session = await adapter.open();
        return {
          facts: session.facts,
          begin: (id) => session.begin(id),
          run: (program) => session.run(program),
          close: () => session.close(),
          ${members}
        };
      };
      return { url, open, close: async () => {} };
    };`;
  writeFileSync(path, text);
  return path;
}

t.test('a sound adapter ends 0 and names every rule', async (t) => {
  const ran = await allocert(['adapter', 'check', adapter('sound.mjs', '')]);
  t.equal(ran.code, 0, ran.stderr + ran.stdout);
  t.match(ran.stdout, /^pass {2}errno\/told +A call that failed says with which errno\.$/m);
  t.match(ran.stdout, /No rule of the contract is broken: \d+ kept, 0 not looked at\./);
});

t.test('a broken one ends 1 and says which rule, what was seen, and where it stands', async (t) => {
  const swallows = `async run(program) {
    const history = await session.run(program);
    const mute = ({ errno, ...result }) => ({ ...result, ...(errno ? { value: 0n } : {}) });
    return { ...history, threads: history.threads.map((results) => results.map(mute)) };
  },`;
  const ran = await allocert(['adapter', 'check', adapter('broken.mjs', swallows)]);
  t.equal(ran.code, 1, ran.stderr);
  t.match(ran.stdout, /^fail {2}errno\/told .*\n +seen +close of a descriptor that is not open/m);
  t.match(ran.stdout, /place +Result\.errno; docs\/protocol\.md/);
  t.match(ran.stdout, /believe no verdict of this adapter/);
});

t.test('what cannot be tested is a sentence', async (t) => {
  const dead = join(folder, 'dead.mjs');
  const open = 'open: async () => { throw new Error("no board"); }';
  writeFileSync(dead, `export default () => ({ ${open}, close: async () => {} })`);
  const table: readonly (readonly [args: string[], code: number, sentence: RegExp])[] = [
    [['adapter', 'check', dead], 3, /the adapter .*dead\.mjs failed: no board/],
    [['adapter', 'check', './nothing.js'], 2, /there is no file \.\/nothing\.js/],
    [['adapter', 'check'], 2, /write allocert adapter check <target>/],
    [['adapter'], 2, /name what to do: adapter check/],
    [['adapter', 'chekc', 'sim:'], 2, /no command adapter chekc; did you mean check\?/],
  ];
  for (const [args, code, sentence] of table) {
    const ran = await allocert(args, { cwd: folder });
    t.equal(ran.code, code, args.join(' ') + ran.stderr);
    t.match(ran.stderr, sentence);
    t.notMatch(ran.stderr, /bug in allocert/);
  }
});
