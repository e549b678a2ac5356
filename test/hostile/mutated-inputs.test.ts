/**
 * Goal: whatever stands in a file, it is read or refused in a sentence: no stack trace, no bug, no
 * raw control character, no wrong exit code, no file outside of its folder touched, bounded memory.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { outputLine } from '../../base/clean-text.ts';
import { AllocertError } from '../../base/errors.ts';
import { allocert } from '../e2e/command.ts';
import { INPUT_FORMATS, type InputFormat, type Written } from './inputs.ts';
import { mutatedFile, numbersFrom } from './mutate.ts';
import { harmIn } from './strings.ts';

const SEED = 14;
/** Inputs of each format that are also given to the command itself. */
const TYPED = 3;
/** Kilobytes that this process may need, tap and all; see getrusage(2). */
const MEMORY_KB = 700 << 10;

const TARGET = 'sim:?defect=no-zeroing';
const ONLY = ['LEN-02', 'ERR-01'];

const root = t.testdir({ precious: 'precious', work: {} });
const WORK = join(root, 'work');
const written: Written = {
  report: join(root, 'report'),
  campaign: join(root, 'campaign'),
  only: ONLY,
};

/** All files but those of the input that is read, with their contents. */
function surroundings(): readonly string[] {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).toSorted();
  return names
    .filter((name) => !name.startsWith('work/'))
    .map((name) => {
      const path = join(root, name);
      return `${name} ${statSync(path).isFile() ? readFileSync(path, 'base64') : ''}`;
    });
}

/** The sentence by which an input was refused; undefined when it was read. */
interface Reading {
  readonly refusal: AllocertError | undefined;
  readonly texts: readonly string[];
}

/** @throws whatever is a bug */
async function readingOf(format: InputFormat, folder: string): Promise<Reading> {
  try {
    return { texts: await format.read(folder, written), refusal: undefined };
  } catch (thrown) {
    if (thrown instanceof AllocertError) return { texts: [thrown.message], refusal: thrown };
    throw thrown;
  }
}

/** Puts an input into a new folder. @param change of its bytes; left out: it stays as it is */
function put(format: InputFormat, index: number, change = (bytes: Buffer) => bytes): string {
  const folder = join(WORK, String(index));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, format.file), change(format.prepare(folder, written)));
  return folder;
}

/** What became of all changed inputs of a format. */
interface Tally {
  refused: number;
  /** Stacks of what is no refusal, and the input of each. */
  readonly bugs: Map<string, string>;
  readonly harm: Set<string>;
  /** Some inputs, and how they were refused. */
  readonly typed: (readonly [folder: string, refusal: AllocertError | undefined])[];
}

async function readAll(format: InputFormat, seed: number): Promise<Tally> {
  const next = numbersFrom(seed);
  const tally: Tally = { refused: 0, bugs: new Map(), harm: new Set(), typed: [] };
  for (let count = 0; count < format.share; count += 1) {
    const change = (bytes: Buffer): Buffer => mutatedFile(bytes, format.kind, next);
    const folder = put(format, count % TYPED, change);
    try {
      const { refusal, texts } = await readingOf(format, folder);
      if (refusal !== undefined) {
        tally.refused += 1;
        const wrong = harmIn(outputLine(refusal.message));
        if (wrong !== '') tally.harm.add(wrong);
        if (texts.some((one) => one.includes('\n    at '))) tally.harm.add(texts.join());
      }
      if (count >= format.share - TYPED) tally.typed.push([folder, refusal]);
    } catch (thrown) {
      const stack = String(thrown instanceof Error ? thrown.stack : thrown);
      const where = stack.split('\n').slice(0, 5).join(' ');
      const input = readFileSync(join(folder, format.file), 'latin1').slice(0, 2000);
      if (!tally.bugs.has(where)) tally.bugs.set(where, input);
    }
  }
  return tally;
}

t.before(async () => {
  await allocert(['run', TARGET, '--only', ONLY.join(','), '--out', written.report]);
  const words = ['--seed', '5', '--rounds', '8', '--epoch', '4', '--workers', '1'];
  await allocert(['fuzz', TARGET, ...words, '--out', written.campaign]);
});

for (const [number, format] of INPUT_FORMATS.entries()) {
  t.test(format.name, async (t) => {
    const before = surroundings();
    const untouched = await readingOf(format, put(format, 0));
    t.equal(untouched.refusal, undefined, 'what is not changed is read');
    const { bugs, harm, refused, typed } = await readAll(format, SEED + number);
    t.comment(`${refused} of ${format.share} are refused`);
    t.strictSame([...bugs], []);
    t.strictSame([...harm], []);
    t.ok(refused > 0 && refused < format.share);
    await typedToo(t, format, typed);
    t.strictSame(surroundings(), before, 'nothing else is touched');
  });
}

/** What a user sees, and the exit code that a shell gets. */
async function typedToo(
  t: Test,
  format: InputFormat,
  typed: readonly (readonly [string, AllocertError | undefined])[],
): Promise<void> {
  const words = typed.map(([folder]) => format.words(folder, written));
  const runs = await Promise.all(words.map((line) => allocert(line, { cwd: WORK })));
  for (const [index, { code, stderr, stdout }] of runs.entries()) {
    const refusal = typed[index]?.[1];
    const name = `${words[index]?.join(' ')}: ${stderr}`;
    t.equal(harmIn(stdout), '', name);
    t.equal(harmIn(stderr), '', name);
    t.notMatch(stdout + stderr, /a bug in allocert|^\s+at \S+ \(|\.js:\d+/m, name);
    const codes = format.refusesMore === true ? [0, 1, 2, 3] : [0, 1, 3];
    if (refusal === undefined) t.ok(codes.includes(code ?? -1), `${code} ${name}`);
    else t.equal(code, refusal.exitCode, name);
    if (refusal !== undefined) t.match(stderr, /^allocert: /m);
  }
}

t.test('all together', async (t) => {
  t.equal(
    INPUT_FORMATS.reduce((sum, { share }) => sum + share, 0),
    4000,
  );
  const { maxRSS } = process.resourceUsage();
  t.comment(`${maxRSS >> 10} MB at most`);
  t.ok(maxRSS < MEMORY_KB);
});
