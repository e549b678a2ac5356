/** What sweeps of faults hear of the kernel: complaints accuse, what is known warns. */
import t from 'tap';
import type { History, Program } from '../../../adapters/contract/index.ts';
import { FaultLedger, type FaultReport } from '../../../suites/faults/fault-report.ts';
import { faultExitCode, faultLines } from '../../../suites/faults/fault-text.ts';
import { HeardSession } from '../../../suites/faults/heard-session.ts';

const KNOWN = [
  'WARNING: CPU: 1 PID: 50 at arch/x86/mm/pat/memtype.c:983 untrack_pfn+0x113/0x201',
  'Call Trace:',
  ' unmap_single_vma+0x6e/0xc4',
  ' remap_pfn_range_notrack+0x61d/0x63d',
  '---[ end trace 0000000000000000 ]---',
];
const OTHER = [
  'WARNING: CPU: 0 PID: 9 at mm/page_alloc.c:1 f+0x1/0x2',
  'Call Trace:',
  ' g+0x1/0x2',
];
const WARN = 1n << 9n;
const DIED = 1n << 7n;

type Answer = Pick<History, 'log' | 'taint'>;

/** What is heard of a kernel that answers so, Program by Program. */
async function hear(answers: readonly Answer[], release = '6.12.117') {
  const heard: string[] = [];
  const known: string[] = [];
  const rest = [...answers];
  const facts = { kernel: { release, version: '' } };
  const session = { facts, run: async () => rest.shift() };
  const listener = {
    heard: (words: string) => heard.push(words),
    known: ({ summary }: { readonly summary: string }) => known.push(summary),
  };
  const hearing = new HeardSession(
    session as unknown as ConstructorParameters<typeof HeardSession>[0],
    listener as unknown as ConstructorParameters<typeof HeardSession>[1],
  );
  for (const _ of answers) await hearing.run({} as Program);
  return { heard, known };
}

t.test('what a kernel says of itself is known, and so is its taint', async (t) => {
  const { heard, known } = await hear([
    { log: [], taint: 0n },
    { log: KNOWN, taint: WARN },
    { log: [], taint: WARN },
  ]);
  t.strictSame(heard, []);
  t.match(known, [/untrack_pfn/]);
});

t.test('everything beside it accuses', async (t) => {
  const both = await hear([{ log: [...KNOWN, ...OTHER], taint: WARN }]);
  t.match(both.heard, [/mm\/page_alloc\.c/]);
  t.equal(both.known.length, 1);
  const taint = await hear([
    { log: [], taint: 0n },
    { log: KNOWN, taint: WARN | DIED },
  ]);
  t.match(taint.heard, [/tainted/], 'a taint that the warning does not explain');
  t.match((await hear([{ log: KNOWN, taint: WARN }], '7.3.4')).heard, [/untrack_pfn/]);
  const silent = await hear([
    { log: [], taint: 0n },
    { log: [], taint: WARN },
  ]);
  t.match(silent.heard, [/tainted/], 'a warning that the log does not have');
});

t.test('a warning is told once, with its source, and decides nothing', async (t) => {
  const ledger = new FaultLedger();
  for (const id of ['MAP-01/whole', 'MAP-02/x']) ledger.warn({ summary: 's', source: 'f.c' }, id);
  ledger.counts.points = 1;
  const { byOperation, counts, findings, unfinished, warnings } = ledger;
  const report: FaultReport = {
    ...{ target: 'vm:x', bound: 64, byOperation, counts, findings, unfinished, warnings },
  };
  t.strictSame(warnings, [{ summary: 's', source: 'f.c', caseId: 'MAP-01/whole' }]);
  t.equal(faultExitCode(report), 0);
  t.match(faultLines(report).join('\n'), /^warning: s\n +case +MAP-01\/whole\n +source +f\.c$/m);
});
