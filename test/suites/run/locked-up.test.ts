/** A guest that locks up, or complains: charged to the case that ran, and to no other. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  type Adapter,
  type History,
  type Program,
  TargetDeath,
} from '../../../adapters/contract/index.ts';
import { openSimulator } from '../../../adapters/simulator/adapter.ts';
import type { RunRecord } from '../../../reports/record/record.ts';
import { writeReports } from '../../../reports/write.ts';
import { journaledRun } from '../../../suites/run/journaled-run.ts';

const RULE = '='.repeat(66);
const REPORT = [
  RULE,
  'BUG: KASAN: slab-use-after-free in dma_buf_put+0x1f/0x60',
  'Read of size 8 at addr ffff888006e5c008 by task allocert/93',
  'Allocated by task 93:',
  ' __kasan_kmalloc+0x7f/0x90',
  ' dma_buf_export+0x8a/0x2e0',
  'Freed by task 93:',
  ' kfree+0xd7/0x240',
  ' dma_buf_release+0x5b/0x90',
  RULE,
];
const WORDS =
  'BUG: KASAN: slab-use-after-free in dma_buf_put+0x1f/0x60 ' +
  '(read of size 8; allocated by dma_buf_export; freed by dma_buf_release)';

/** What befalls the target in one case, by the number of the Program in it. */
type Fate = (history: History, program: number) => History;

/** A simulator with a kernel's words: `fates` befall it in the cases that they name. */
function guest(fates: Readonly<Record<string, Fate>>): Adapter & { readonly opened: () => number } {
  let opened = 0;
  return {
    url: 'test:',
    opened: () => opened,
    open: async () => {
      opened += 1;
      const session = await openSimulator('sim:').open();
      let fate: Fate | undefined;
      let programs = 0;
      return {
        facts: session.facts,
        begin: (id) => {
          fate = fates[id];
          programs = 0;
          return session.begin(id);
        },
        run: async (program: Program) => {
          programs += 1;
          const history = await session.run(program);
          return fate === undefined ? history : fate(history, programs);
        },
        close: () => session.close(),
      };
    },
    close: async () => {},
  };
}

/** Runs cases and writes all reports. */
async function reportInto(
  directory: string,
  adapter: Adapter,
  only: readonly string[],
): Promise<RunRecord> {
  const none = {
    profile: undefined,
    shard: undefined,
    gate: undefined,
    environment: {},
    retries: 0,
  };
  const stop = {
    signal: new AbortController().signal,
    expired: new Promise<void>(() => {}),
    received: undefined,
  };
  const end = await journaledRun({ adapter, directory, only, ...none }, stop, {});
  if (end.failure !== undefined) throw end.failure;
  return writeReports(directory);
}

const lockUp: Fate = (history, program) => {
  if (program < 2) return history;
  const words = 'the guest is silent; its console says: rcu: INFO: rcu_preempt detected stalls';
  throw new TargetDeath('hang', words, [
    ...REPORT,
    'rcu: INFO: rcu_preempt detected stalls on CPUs',
  ]);
};
const complain: Fate = (history, program) =>
  program === 2 ? { ...history, log: [...history.log, ...REPORT] } : history;

const ONLY = ['LEN-02', 'LIF-01/close', 'ISO-01', 'VER-01'];

t.test('a guest that locks up is opened anew, and its case says why', async (t) => {
  const target = guest({ 'LIF-01/close': lockUp });
  const folder = t.testdir({});
  const record = await reportInto(folder, target, ONLY);
  t.equal(record.complete, true);
  t.equal(target.opened(), 2, 'once more, and the case is not repeated: the kernel complained');
  const hung = record.cases.filter(({ end }) => end === 'hang');
  t.strictSame(
    hung.map(({ id }) => id),
    ['LIF-01/close'],
  );
  t.match(hung[0]?.verdicts[0]?.reason, WORDS);
  t.match(record.notices.join(), /LIF-01\/close ended in a hang/);
  const others = record.cases.filter(({ id }) => id !== 'LIF-01/close');
  t.ok(others.length > 2 && others.every(({ end }) => end === 'completed' || end === 'skip'));
  const theirs = others.flatMap(({ verdicts }) => verdicts.map(({ status }) => status));
  t.strictSame(
    theirs.filter((status) => !['pass', 'info', 'skip'].includes(status)),
    [],
  );
  t.ok(readFileSync(join(folder, 'report.html'), 'utf8').includes(' dma_buf_release+0x5b/0x90'));
});

t.test('a report of KASAN fails its case by name, and stands whole in the page', async (t) => {
  const folder = t.testdir({});
  const record = await reportInto(folder, guest({ 'LIF-01/close': complain }), ONLY);
  const failed = record.cases.filter(({ verdicts }) => verdicts.some((v) => v.status === 'fail'));
  t.strictSame(
    failed.map(({ id }) => id),
    ['LIF-01/close'],
  );
  t.match(failed[0]?.verdicts.find((v) => v.status === 'fail')?.reason, WORDS);
  const page = readFileSync(join(folder, 'report.html'), 'utf8');
  t.ok(REPORT.every((line) => page.includes(line.replaceAll('>', '&gt;'))));
});

t.test('what locks up again and again ends the run, with what was seen', async (t) => {
  const target = guest(new Proxy({}, { get: () => lockUp }));
  const record = await reportInto(t.testdir({}), target, []);
  t.equal(record.complete, false);
  t.match(record.incompleteReason, /^the target died or was lost 11 times/);
  t.equal(target.opened(), 11);
});
