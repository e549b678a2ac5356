/** A target with secrets in its URL: nothing that is written or shown has them. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t, { type Test } from 'tap';
import { packageRoot } from '../../base/package-root.ts';
import { temporaryDirectory } from '../reports/sample.ts';
import { allocert } from './command.ts';

const SECRETS = ['tok3n-of-ann', 'pa55word-of-ann', 'value-of-a-variable'];
const URL_OF_ANN = './leaky.mjs?token=tok3n-of-ann&at=https://ann:pa55word-of-ann@host/x';

const simulator = JSON.stringify(
  pathToFileURL(join(packageRoot(), 'dist', 'adapters', 'simulator', 'adapter.js')).href,
);

/** An adapter that says its secrets wherever an adapter can say something. */
const LEAKY = `import { openSimulator } from ${simulator};
  const said = 'tok3n-of-ann and pa55word-of-ann and value-of-a-variable';
  export default (url) => {
    const adapter = openSimulator('sim:?defect=no-zeroing');
    const open = async () => {
      const session = await adapter.open();
      return {
        facts: { ...session.facts, implementation: said, details: { endpoint: url, said } },
        begin: (id) => session.begin(id),
        run: async (program) => {
          if (url.includes('refuse')) throw new Error('refused: ' + said);
          return { ...await session.run(program), log: [said] };
        },
        close: () => session.close(),
      };
    };
    return { url, open, close: async () => {} };
  };`;

const folder = temporaryDirectory();
writeFileSync(join(folder, 'leaky.mjs'), LEAKY);

const ran = (...words: readonly string[]) =>
  allocert(words, { cwd: folder, env: { ANNS_TOKEN: 'value-of-a-variable' } });

/** Every text below a directory, by its path. */
function textsBelow(directory: string): readonly (readonly [path: string, text: string])[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => [path, readFileSync(path, 'utf8')]);
}

function silent(t: Test, place: string, text: string): void {
  for (const secret of SECRETS) t.notOk(text.includes(secret), `${place} does not say ${secret}`);
}

t.test('a run, its reports and its replay', async (t) => {
  const out = join(folder, 'report');
  const formats = ['ctrf', 'markdown', 'github', 'json'];
  const reporters = formats.flatMap((name) => ['--reporter', `${name}=report/extra.${name}`]);
  const only = ['--only', 'ISO-01'];
  const run = await ran('run', URL_OF_ANN, '--out', 'report', ...only, ...reporters);
  t.equal(run.code, 1, run.stderr);
  silent(t, 'stdout', run.stdout);
  silent(t, 'stderr', run.stderr);
  const texts = textsBelow(out);
  t.equal(texts.length, 10, 'every report is there');
  for (const [path, text] of texts) silent(t, path, text);
  const journal = readFileSync(join(out, 'journal.ndjson'), 'utf8');
  t.ok(
    journal.includes('"target":"./leaky.mjs?token=[redacted]&at=https://ann:[redacted]@host/x"'),
  );
  t.ok(journal.includes('"log":["[redacted] and [redacted] and'), 'the log is evidence, too');
  const replayed = await ran('run', 'replay:report', ...only);
  t.equal(replayed.code, 1, replayed.stderr);
  const refused = await ran('run', `${URL_OF_ANN}&refuse`, '--out', 'refused', ...only);
  t.match(refused, { code: 3, stdout: /refused: \[redacted\] and/ });
  silent(t, 'a run that ends early', refused.stdout);
  for (const [path, text] of textsBelow(join(folder, 'refused'))) silent(t, path, text);
});

t.test('campaigns, findings, and what goes on with them', async (t) => {
  const words = ['--rounds', '60', '--seed', '7', '--modes', 'hammer', '--workers', '1'];
  const fuzz = await ran('fuzz', URL_OF_ANN, '--out', 'campaign', ...words);
  t.equal(fuzz.code, 1, fuzz.stderr);
  silent(t, 'output', fuzz.stdout + fuzz.stderr);
  const texts = textsBelow(join(folder, 'campaign'));
  for (const [path, text] of texts) silent(t, path, text);
  const finding = texts.map(([path]) => path).find((path) => path.includes('finding-')) ?? '';
  const again = ['fuzz', '--resume', '--out', 'campaign', '--rounds', '61'];
  const forgotten = await ran(...again);
  t.match(forgotten, { code: 2, stderr: /secrets of .* were not kept; type the whole URL again/ });
  t.equal((await ran(...again, URL_OF_ANN)).code, 1, 'typed again, it goes on');
  t.match(await ran('replay', finding), { code: 2, stderr: /were not kept; .* with --target/ });
  const replay = await ran('replay', finding, '--target', URL_OF_ANN, '--times', '2');
  t.equal(replay.code, 0, replay.stderr);
  silent(t, 'replay', replay.stdout);
});

t.test('what else prints a target', async (t) => {
  for (const words of [
    ['diff', URL_OF_ANN, 'sim:', '--suite', '--only', 'ISO-01', '--out', 'diff'],
    ['adapter', 'check', URL_OF_ANN],
    ['run', 'remote:tls:ann:pa55word-of-ann@host:7443'],
    ['run', './nowhere.mjs?token=tok3n-of-ann'],
    ['run', URL_OF_ANN, '--profile', 'nope', '--out', 'none'],
  ]) {
    const { stdout, stderr } = await ran(...words);
    t.ok(`${stdout}${stderr}` !== '', `${words[0]} says something`);
    silent(t, `allocert ${words[0]}`, stdout + stderr);
  }
  for (const [path, text] of textsBelow(join(folder, 'diff'))) silent(t, path, text);
});
