/** Campaigns in worker threads: the same findings as in one, and what a worker’s death costs. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { packageRoot } from '../../../base/package-root.ts';
import { allocert } from '../../e2e/command.ts';

/** The findings of a campaign, and its rounds in order, as they were written. */
function writtenIn(
  folder: string,
): Record<'findings' | 'rounds' | 'suspects' | 'corpus', string[]> {
  const files = readdirSync(folder).filter((name) => name.startsWith('finding-'));
  const lines = readFileSync(join(folder, 'fuzz.ndjson'), 'utf8').trim().split('\n');
  const ofType = (type: string) => lines.filter((line) => line.startsWith(`{"type":"${type}"`));
  return {
    findings: files.toSorted().map((name) => readFileSync(join(folder, name), 'utf8')),
    rounds: ofType('round'),
    suspects: ofType('suspect'),
    corpus: [...ofType('entry'), ...ofType('epoch'), ...readdirSync(join(folder, 'corpus'))],
  };
}

t.test('any number of workers finds the same, byte for byte', async (t) => {
  const folder = t.testdir({});
  const target = 'sim:?defect=leak-at-munmap&defect=no-zeroing';
  for (const workers of ['1', '2', '3']) {
    const out = join(folder, workers);
    // Two epochs end on the way, one of them in the middle of a batch.
    const words = ['fuzz', target, '--seed', '5', '--rounds', '150', '--epoch', '60'];
    const ran = await allocert([...words, '--out', out, '--workers', workers]);
    t.equal(ran.code, 1, ran.stderr);
    t.match(ran.stdout, /^150 rounds, /m);
  }
  const [one, two, three] = ['1', '2', '3'].map((name) => writtenIn(join(folder, name)));
  t.ok((one?.findings.length ?? 0) >= 2);
  t.ok(
    one?.rounds.some((line) => line.includes('"parent"')),
    'the corpus was used',
  );
  t.equal(one?.corpus.filter((line) => line.startsWith('{"type":"epoch"')).length, 2);
  t.strictSame(two, one);
  t.strictSame(three, one);
});

/** A target whose code ends its thread in every scenario of one mode. */
const simulator = pathToFileURL(join(packageRoot(), 'dist/adapters/simulator/adapter.js'));
const deadly = `
import { openSimulator } from '${simulator}';
export default (url) => {
  const inner = openSimulator('sim:');
  const wrap = (session) => ({
    facts: session.facts,
    begin: async (id) => {
      if (id === 'fuzz/flipping') process.exit(7);
      await session.begin(id);
    },
    run: (program) => session.run(program),
    close: () => session.close(),
  });
  return { url, open: async () => wrap(await inner.open()), close: async () => {} };
};
`;

t.test('a worker that dies is replaced; the round that kills again alone is named', async (t) => {
  const folder = t.testdir({ 'deadly.mjs': deadly });
  const out = join(folder, 'out');
  const target = join(folder, 'deadly.mjs');
  const words = ['fuzz', target, '--seed', '5', '--rounds', '64', '--workers', '2'];
  const ran = await allocert([...words, '--out', out]);
  t.equal(ran.code, 3, ran.stdout + ran.stderr);
  t.match(ran.stderr, /round \d+ killed its worker, also alone: worker exited with code: 7/);
  const { findings, rounds, suspects } = writtenIn(out);
  t.strictSame(findings, [], 'nothing is said of the target');
  t.equal(rounds.length, 64, 'no other round is lost');
  t.ok(suspects.length > 0 && suspects.length < 40, `${suspects.length} suspects`);
  const lost = rounds.filter((line) => line.includes('"mode":""'));
  t.equal(lost.length, suspects.length);
});

t.test('how many workers must be a number', async (t) => {
  for (const word of ['0', '65', 'two']) {
    const ran = await allocert(['fuzz', '--workers', word]);
    t.equal(ran.code, 2);
    t.match(ran.stderr, /--workers cannot be ".*"; give a whole number from 1 to 64/);
  }
});
