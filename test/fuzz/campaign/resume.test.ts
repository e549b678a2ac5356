/**
 * kill -9 of the fuzzer at random points: what goes on ends as if nothing had happened. Goal:
 * rounds, findings and corpus of a campaign that was killed twenty times are those of one that was
 * not.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Choices } from '../../../fuzz/corpus/choices.ts';
import { readResumeState } from '../../../fuzz/record/resume-state.ts';
import { schemaViolation } from '../../../reports/files/schema.ts';
import { allocert, start } from '../../e2e/command.ts';

const TARGET = 'sim:?defect=leak-at-munmap&defect=no-zeroing';
const KILLS = 20;
const ROUNDS = 200;
/** No multiple of a batch: batches end with their epoch. */
const WORDS = ['--seed', '5', '--epoch', '45'];

/** All that a campaign leaves, but for what names its folder. */
function leftIn(folder: string): object {
  const lines = readFileSync(join(folder, 'fuzz.ndjson'), 'utf8').trim().split('\n');
  const ofType = (type: string): string[] => [
    ...lines.filter((line) => line.startsWith(`{"type":"${type}"`)),
  ];
  const files = readdirSync(folder).filter((name) => /^finding-.*\.json$/.test(name));
  const { corpus, ...summary } = JSON.parse(readFileSync(join(folder, 'fuzz.json'), 'utf8'));
  return {
    rounds: ofType('round'),
    epochs: ofType('epoch'),
    found: ofType('finding').toSorted(),
    entries: ofType('entry'),
    findings: files.toSorted().map((name) => readFileSync(join(folder, name), 'utf8')),
    corpus: readdirSync(join(folder, 'corpus')).toSorted(),
    summary: { ...summary, entries: corpus.entries },
  };
}

const sizeOf = (folder: string): number =>
  statSync(join(folder, 'fuzz.ndjson'), { throwIfNoEntry: false })?.size ?? 0;

/** Starts a part of a campaign and kills it when its journal has that many bytes. */
async function killedAt(bytes: number, out: string, workers: string): Promise<void> {
  const how = sizeOf(out) === 0 ? [TARGET, ...WORDS] : ['--resume'];
  const words = ['fuzz', ...how, '--rounds', `${ROUNDS}`, '--workers', workers, '--out', out];
  const child = start(words);
  const closed = once(child, 'close');
  while (sizeOf(out) < bytes && child.exitCode === null) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  child.kill('SIGKILL');
  await closed;
}

t.test('twenty kills lose nothing and count nothing twice', async (t) => {
  const folder = t.testdir({});
  const whole = join(folder, 'whole');
  const rounds = ['--rounds', `${ROUNDS}`];
  const ran = await allocert(['fuzz', TARGET, ...WORDS, ...rounds, '--out', whole]);
  t.equal(ran.code, 1, ran.stderr);
  const seed = randomBytes(6).toString('hex');
  t.comment(`points follow from ${seed}`);
  const choices = new Choices(seed);
  const total = sizeOf(whole);
  const points = Array.from({ length: KILLS }, () => choices.below(total));
  const out = join(folder, 'killed');
  for (const [at, bytes] of points.toSorted((a, b) => a - b).entries()) {
    await killedAt(bytes, out, `${1 + (at % 2)}`);
  }
  const last = await allocert(['fuzz', '--resume', ...rounds, '--out', out]);
  t.equal(last.code, 1, last.stderr);
  t.strictSame(leftIn(out), leftIn(whole));
  t.equal(readResumeState(out).done.size, ROUNDS);
  t.ok(readResumeState(out).corpus.epoch >= 4);
  t.ok((readResumeState(out).findings.length ?? 0) >= 2);
  const summary = JSON.parse(readFileSync(join(out, 'fuzz.json'), 'utf8'));
  t.equal(schemaViolation('fuzz', summary), undefined);
});

t.test('what a campaign cannot go on from is said in a sentence', async (t) => {
  const out = join(t.testdir({}), 'out');
  const alone = ['--workers', '1', '--out', out];
  await allocert(['fuzz', '--seed', '1', '--epoch', '8', '--rounds', '12', ...alone]);
  const journal = join(out, 'fuzz.ndjson');
  const text = readFileSync(journal, 'utf8');
  const [entry] = [...readResumeState(out).corpus.current];
  const file = join(out, 'corpus', `${entry}.json`);
  const content = readFileSync(file, 'utf8');
  const resumed = async (code: number): Promise<string> => {
    const ran = await allocert(['fuzz', '--resume', '--rounds', '13', ...alone]);
    t.equal(ran.code, code, ran.stderr);
    return ran.stderr;
  };
  writeFileSync(file, content.slice(1));
  t.match(await resumed(2), /is damaged: its content is not what its name says/);
  rmSync(file);
  t.match(await resumed(2), /lacks .*\.json; put it back, or start another campaign/);
  writeFileSync(file, content);
  const round = text.split('\n').find((line) => line.startsWith('{"type":"round"'));
  writeFileSync(journal, `${text}${round}\n`);
  t.match(await resumed(2), /counts round 0 twice/);
  writeFileSync(journal, `${text}{"type":"other"}\n`);
  t.match(await resumed(2), /is not a line of a campaign's journal/);
  writeFileSync(journal, text.replace(/"type":"epoch","number":1,"digest":"./, '$&0'));
  t.match(await resumed(2), /is not the one of the campaign, whose snapshot is/);
  writeFileSync(journal, `${text}{"type":"rou`);
  t.notMatch(await resumed(0), 'allocert:', 'a line that a kill cut short is cut off');
  t.equal(readResumeState(out).done.size, 13);
});
