/** Goal: a finding of somebody else is shown, or refused in a sentence; never a TypeError. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { AllocertError } from '../../../base/errors.ts';
import { pictureOf } from '../../../fuzz/findings/picture.ts';
import { readFinding } from '../../../fuzz/findings/read-finding.ts';
import { scheduleOf } from '../../../fuzz/findings/schedule.ts';
import { reproducerOf } from '../../../fuzz/reproduce/index.ts';
import { mutated, numbersFrom } from '../../hostile/mutate.ts';

const FINDINGS = [
  'test/fuzz/inputs/unmaps-foreign-memory.json',
  'test/fixtures/debian-6.12-dma-heap/finding-unknown-nr.json',
].map((file) => JSON.parse(readFileSync(file, 'utf8')) as object);

const MUTATIONS = 1500;

/** Everything that a finding is read for without a target. */
function show(file: string): void {
  const finding = readFinding(file);
  scheduleOf(finding);
  pictureOf(finding, { file: 'finding-0.json' });
  reproducerOf(finding);
}

t.test('mutated findings', async (t) => {
  const file = join(t.testdir({}), 'finding-0.json');
  const next = numbersFrom(14);
  const bugs = new Map<string, string>();
  let read = 0;
  for (let count = 0; count < MUTATIONS; count += 1) {
    const text = JSON.stringify(mutated(FINDINGS[count % FINDINGS.length], next));
    writeFileSync(file, text);
    try {
      show(file);
      read += 1;
    } catch (thrown) {
      if (thrown instanceof AllocertError) continue;
      bugs.set(
        String((thrown as Error).stack)
          .split('\n')
          .slice(0, 4)
          .join(' '),
        text.slice(0, 0),
      );
    }
  }
  t.strictSame([...bugs.keys()], []);
  t.ok(read > MUTATIONS / 50, `${read} of ${MUTATIONS} could still be read`);
});

t.test('what is not a finding is named with its place', async (t) => {
  const file = join(t.testdir({}), 'finding-0.json');
  const refuses = (value: unknown, message: RegExp): void => {
    writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
    t.throws(() => readFinding(file), { blame: 'usage', message }, String(message));
  };
  const [sound] = FINDINGS;
  refuses('null', /finding-0\.json is not a finding .*null must be an object/);
  refuses('{', /finding-0\.json is not JSON/);
  refuses('['.repeat(100_000), /nested more than 200 deep/);
  refuses({ ...sound, programs: [{}] }, /programs\[0\] is not a Program: .*"threads" is missing/);
  refuses({ ...sound, histories: [{}] }, /histories\[0\]: threads must be a list of/);
  refuses({ ...sound, facts: { kind: 'sim' } }, /at \/facts, "implementation" is missing/);
});
