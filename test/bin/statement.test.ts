/** `allocert statement` and `run --statement`, from an empty folder to a lie that fails. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { allocert } from '../e2e/command.ts';

const TARGET = 'sim:?region=256KiB';

t.test('draft, check, run, and a claim that lies', async (t) => {
  const cwd = t.testdir({});
  const run = (...words: readonly string[]) => allocert(words, { cwd });
  const file = join(cwd, 'statement.jsonc');

  const init = await run('statement', 'init', TARGET);
  t.equal(init.code, 0, init.stderr);
  const draft = readFileSync(file, 'utf8');
  const again = await run('statement', 'init', TARGET);
  t.match(again, { code: 2, stderr: /statement.jsonc exists, and may hold answers/ });
  t.equal(readFileSync(file, 'utf8'), draft, 'answers are never written over');

  const blank = await run('statement', 'check', 'statement.jsonc');
  t.match(blank, { code: 2, stderr: /still has FILL-IN in product.name \(line \d+\)/ });

  const answers = draft.replaceAll('"FILL-IN"', '"Acme-1"');
  writeFileSync(file, answers.replace('"alignment": "64 KiB"', '"alignment": "65 KiB"'));
  const wrong = await run('statement', 'check', 'statement.jsonc');
  t.match(wrong, { code: 1, stdout: /WRONG {2}alignment is 66560, which is no power of two/ });
  const refused = await run('run', TARGET, '--statement', 'statement.jsonc');
  t.match(refused, { code: 2, stderr: /contradicts itself: alignment is 66560/ });

  writeFileSync(file, answers.replace('"region-quota": false', '"region-quota": true'));
  const words = ['run', TARGET, '--statement', 'statement.jsonc', '--only', 'ISO-07,LEN-02'];
  const lie = await run(...words);
  t.match(lie, {
    code: 1,
    stdout: /claimed-but-absent {2}feature region-quota: claimed yes, seen/,
  });
  const { exitCode } = JSON.parse(readFileSync(join(cwd, 'allocert-report/record.json'), 'utf8'));
  t.equal(exitCode, 0, 'the suites have nothing against it');

  const report = ['statement', 'check', 'statement.jsonc', '--report', 'allocert-report'];
  t.match(await run(...report), { code: 1, stdout: /is contradicted: 1 claim\./ });
  const claims = join(cwd, 'allocert-report', 'claims.json');
  const told = readFileSync(claims, 'utf8');
  writeFileSync(claims, told.replace('claimed-but-absent', 'verified'));
  const edited = await run(...report);
  t.match(edited, { code: 3, stderr: /claims.json is contradicted by statement.json and record/ });

  writeFileSync(file, answers);
  const held = await run('statement', 'check', 'statement.jsonc', '--target', TARGET);
  t.match(held, { code: 0, stdout: /Nothing that was seen contradicts statement.jsonc/ });
  const other = await run('run', TARGET, '--only', 'LEN-02');
  t.equal(other.code, 0, other.stderr);
  t.throws(() => readFileSync(claims), { code: 'ENOENT' }, 'another run has no claims of this one');
});

t.test('what cannot be carried out is said', async (t) => {
  const cwd = t.testdir({ 'dma_heap.json': '[]' });
  for (const [words, code, stderr] of [
    [['statement', 'check', 'x', '--target', 'sim:', '--report', 'y'], 2, /not both/],
    [['statement', 'init', 'sim:', '--heaps', 'dma_heap.json'], 2, /must be an object/],
    [['statement', 'init', 'sim:', '--profile', 'dma-heap'], 2, /judges the dma-heap ABI/],
  ] as const) {
    t.match(await allocert(words, { cwd }), { code, stderr }, words.join(' '));
  }
});
