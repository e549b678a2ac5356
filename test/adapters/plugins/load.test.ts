/** Targets that are modules: what is an adapter, what is not, and what the user is told. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import type { Program } from '../../../adapters/contract/program.ts';
import { openTarget } from '../../../adapters/open-target.ts';
import { isModuleTarget } from '../../../adapters/plugins/load.ts';
import { packageRoot } from '../../../base/package-root.ts';
import { temporaryDirectory } from '../../reports/sample.ts';

const built = (file: string): string =>
  JSON.stringify(pathToFileURL(join(packageRoot(), 'build', file)).href);

const PASSES_ON = `
  import { openSimulator } from ${built('adapters/simulator/adapter.js')};
  export default (url) => openSimulator('sim:' + (url.split('?')[1] ?? ''));`;

const program: Program = {
  deadlineMs: 1000,
  threads: [{ client: 'main', operations: [{ op: 'close', fd: 9n }] }],
};

const FACTS = `{
  kind: 'plugin', implementation: 'x', architecture: 'x86_64', pageSize: 4096, pointerBytes: 8,
  regions: [], capabilities: [], kernelLog: false, details: {},
}`;

const folder = temporaryDirectory();

/** Writes a module; the target that names it. */
function module(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
}

t.test('a module is told from a scheme by its colon', async (t) => {
  for (const target of ['./a.js', '../a.js', '/a.js', 'a', '@b/a', 'a/b.js', './a.js?x=a:b']) {
    t.ok(isModuleTarget(target), target);
  }
  for (const target of ['sim:', 'sim:./a.js', 'remote:unix:/a', 'Sim:', 'a b', '', 'C:\\a.js']) {
    t.notOk(isModuleTarget(target), target);
  }
});

t.test('a file whose default export opens an adapter is a target', async (t) => {
  const target = module('good.mjs', PASSES_ON);
  const adapter = await openTarget(target);
  const session = await adapter.open();
  await session.begin('a');
  const history = await session.run(program);
  t.equal(history.threads[0]?.[0]?.errno, 'EBADF');
  t.equal(adapter.url, target);
  await session.close();
  await adapter.close();
});

t.test('a module gets the target as it was typed', async (t) => {
  const asks = `export const open = (url) => { throw new Error('asked for ' + url); };`;
  const target = `${module('asks.mjs', asks)}?size=2:3`;
  await t.rejects(openTarget(target), { exitCode: 3, message: /asked for .*asks\.mjs\?size=2:3/ });
});

t.test('a package of the working directory is a target', async (t) => {
  module('node_modules/pass-on/package.json', '{"exports": "./index.mjs"}');
  module('node_modules/pass-on/index.mjs', PASSES_ON);
  const before = process.cwd();
  process.chdir(folder);
  t.teardown(() => process.chdir(before));
  const adapter = await openTarget('pass-on');
  const session = await adapter.open();
  t.equal(session.facts.kind, 'sim');
});

t.test('what is no adapter is one sentence', async (t) => {
  const target = (name: string, text: string) => module(name, text);
  const table: readonly (readonly [target: string, code: number, sentence: RegExp])[] = [
    ['./no-such-file.js', 2, /there is no file \.\/no-such-file\.js/],
    [folder, 2, /is a directory; name the file in it/],
    ['no-such-package-here', 2, /nor a package that is installed here \(a file starts with \.\/\)/],
    [target('nothing.mjs', ''), 2, /it exports nothing, but must export a function/],
    [
      target('number.mjs', 'export default 7'),
      2,
      /its default export is a number, but must export/,
    ],
    [target('empty.mjs', 'export default () => ({})'), 2, /lacks open\(\) and close\(\)/],
    [target('none.mjs', 'export default () => undefined'), 2, /lacks open\(\) and close\(\)/],
    [target('half.mjs', 'export default () => ({ open() {} })'), 2, /lacks close\(\)/],
    [
      target('throws.mjs', 'throw new Error("no luck")'),
      3,
      /could not be loaded: no luck at throws\.mjs:1$/,
    ],
    [target('syntax.mjs', 'export default ('), 3, /syntax\.mjs could not be loaded: /],
    [target('import.mjs', 'import "no-such-thing"'), 3, /could not be loaded: Cannot find/],
  ];
  for (const [name, exitCode, message] of table) {
    await t.rejects(openTarget(name), { name: 'AllocertError', exitCode, message }, name);
  }
});

t.test('a file that is typed without its ./ is meant as a file', async (t) => {
  module('walk.mjs', 'export default 7');
  const before = process.cwd();
  process.chdir(folder);
  t.teardown(() => process.chdir(before));
  const message = /there is no package walk\.mjs; did you mean \.\/walk\.mjs\?/;
  await t.rejects(openTarget('walk.mjs'), { exitCode: 2, message });
});

t.test('what an adapter throws later names the adapter', async (t) => {
  const text = `export default () => ({
    async open() {
      return {
        facts: ${FACTS}, async begin() {}, async close() {},
        async run() { throw new TypeError('x is undefined'); },
      };
    },
    async close() {},
  })`;
  const session = await (await openTarget(module('later.mjs', text))).open();
  await t.rejects(session.run(program), {
    exitCode: 3,
    message:
      /later\.mjs failed: x is undefined at later\.mjs:\d+; allocert adapter check .* tests it/,
  });
});

t.test('a death is a death, also from another installation of allocert', async (t) => {
  const text = `class TargetDeath extends Error {
    name = 'TargetDeath'; manner = 'hang'; log = ['last words'];
  }
  export default () => ({
    async open() {
      return {
        facts: ${FACTS}, async begin() {}, async close() {},
        async run() { throw new TargetDeath('no answer'); },
      };
    },
    async close() {},
  })`;
  const session = await (await openTarget(module('dies.mjs', text))).open();
  const death = { name: 'TargetDeath', manner: 'hang', log: ['last words'] };
  await t.rejects(session.run(program), death);
});
