/** The fuzzer proves itself: a planted violation is found, and a seed gives the same twice. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Adapter, Session } from '../../../adapters/contract/index.ts';
import { openSimulator } from '../../../adapters/simulator/adapter.ts';
import {
  type CampaignOptions,
  findCanary,
  readResumeState,
  selfCheck,
} from '../../../fuzz/index.ts';
import { allocert } from '../../e2e/command.ts';

const options = (adapter: Adapter, rounds: number): CampaignOptions => ({
  adapter,
  version: 'test',
  seed: 5n,
  budget: { rounds, operations: undefined, milliseconds: undefined },
  modes: [],
  memoryLimit: 8n << 20n,
  shrinkBudget: 0,
});

t.test('the canary is found on a right simulator, and stops there', async (t) => {
  const end = await findCanary(options(openSimulator('sim:'), 200));
  t.ok(end.found);
  t.ok(end.rounds < 50, `${end.rounds} rounds`);
});

t.test('without a round there is no canary, and nobody says so', async (t) => {
  const aborted = { ...options(openSimulator('sim:'), 10), signal: AbortSignal.abort() };
  t.match(await findCanary(aborted), { found: false, complete: false });
});

/** A simulator whose second session has a defect: two runs on it cannot be alike. */
function changing(): Adapter {
  const [right, wrong] = ['sim:', 'sim:?defect=leak-at-munmap'].map((url) => openSimulator(url));
  let opened = 0;
  return {
    url: 'sim:',
    open: (): Promise<Session> => {
      opened += 1;
      return (opened === 1 ? right : wrong)?.open() ?? Promise.reject(new Error('no simulator'));
    },
    close: async () => {},
  };
}

t.test('two runs that differ are told apart, and two that do not are alike', async (t) => {
  const leaking = { ...options(openSimulator('sim:?defect=leak-at-munmap'), 40), epochRounds: 16 };
  const same = await selfCheck(leaking);
  t.match(same, { rounds: 40, difference: undefined, complete: true });
  t.ok(same.entries > 2, 'the corpus was compared, too');
  t.ok(same.findings > 0);
  const other = await selfCheck(options(changing(), 40));
  t.match(other.difference, /^round \d+ of 40$/);
});

t.test('two runs that bring other entries differ', async (t) => {
  const few = { ...options(openSimulator('sim:'), 10), epochRounds: 4 };
  let asked = 0;
  const limits = {
    bytes: 1 << 20,
    // The second campaign keeps fewer.
    get entries() {
      asked += 1;
      return asked > 2 ? 1 : 100;
    },
  };
  const { difference } = await selfCheck({ ...few, limits });
  t.match(difference, /^(round|entry) \d+ of \d+$/);
});

const NOTHING_FORETOLD = 'sim: --canary --modes flipping --rounds 1 --seed 1'.split(' ');

t.test('the command ends as it says, and refuses what contradicts itself', async (t) => {
  const leaking = 'sim:?defect=leak-at-munmap';
  const out = join(t.testdir({}), 'campaign');
  for (const [words, code, sentence] of [
    [['sim:', '--canary', '--seed', '1'], 0, /The canary was found/],
    [['sim:', '--self-check', '--seed', '7', '--rounds', '20'], 0, /Two runs are alike: 20 rounds/],
    [[leaking, '--self-check', '--seed', '7', '--rounds', '60'], 1, /Two runs are alike/],
    // Nothing is foretold of requests that change while they are read: no lie shows there.
    [[...NOTHING_FORETOLD], 3, /the canary was not found in 1 round: campaigns on this target/],
    [['sim:', '--canary', '--self-check'], 2, /one at a time/],
    [['sim:', '--canary', '--resume'], 2, /keep nothing/],
    [['sim:', '--self-check', '--out', out], 2, /keep nothing/],
    [['sim:', '--self-check', '--corpus', out], 2, /keep nothing/],
  ] as const) {
    const ran = await allocert(['fuzz', ...words]);
    t.equal(ran.code, code, `${words.join(' ')}: ${ran.stderr}`);
    t.match(ran.stdout + ran.stderr, sentence);
  }
});

t.test('a campaign is never mixed with another, and its operations count on', async (t) => {
  const out = join(t.testdir({}), 'campaign');
  const first = await allocert(['fuzz', '--rounds', '10', '--seed', '1', '--out', out]);
  t.equal(first.code, 0, first.stderr);
  const journal = readFileSync(join(out, 'fuzz.ndjson'), 'utf8');
  const second = await allocert(['fuzz', '--rounds', '10', '--seed', '2', '--out', out]);
  t.equal(second.code, 2);
  t.match(second.stderr, /holds a campaign already; go on with it by --resume/);
  t.equal(readFileSync(join(out, 'fuzz.ndjson'), 'utf8'), journal);
  const { operations } = readResumeState(out);
  const words = ['fuzz', '--resume', '--ops', `${operations + 1}`, '--out', out];
  t.equal((await allocert(words)).code, 0);
  t.equal(readResumeState(out).done.size, 11, 'one round spends what is left');
});
