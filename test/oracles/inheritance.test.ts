/** Mappings that MADV_DONTFORK keeps from a child: seen in it, they break a rule. */
import t from 'tap';
import { linux, type Operation } from '../../adapters/contract/index.ts';
import { inheritance } from '../../oracles/index.ts';
import { type Act, allocation, mapping, PAGE, type Step, sampleOf, step } from './sample.ts';

const address = 0x1000n;
const advise = (advice: bigint, from: number, at = address): Step =>
  step({ op: 'madvise', address: at, length: PAGE, advice }, [from, from + 1]);
const fork = (from: number): Step => step({ op: 'fork', client: 'child' }, [from, from + 1]);
const STAMP = new TextEncoder().encode('first-3~');
const scan = (given: Partial<Step['result']> = { value: PAGE }, bytes = STAMP): Step =>
  step({ op: 'scan', address, length: PAGE, bytes }, [50, 51], given);
const fault = { outcome: 'faulted', signal: 'SIGSEGV' } as const;

const first = [allocation('a', [1, 2], { number: 4n }), mapping('m', [3, 4], { fd: 4n, address })];
const judged = (parent: readonly Step[], child: readonly Step[]): string[] => {
  const acts: Act[] = [
    { client: 'parent', steps: [...first, ...parent] },
    { client: 'child', steps: child },
  ];
  const { buffers, timeline } = sampleOf(...acts);
  return inheritance(timeline, buffers).map(({ requirement }) => requirement);
};
const { MADV_DOFORK, MADV_DONTFORK, MADV_RANDOM } = linux;

t.test('a child that reads what was kept from it breaks a rule', async (t) => {
  t.strictSame(judged([advise(MADV_DONTFORK, 10), fork(20)], [scan()]), ['LIF-17']);
  t.strictSame(judged([advise(MADV_DONTFORK, 10), fork(20)], [scan(fault)]), []);
});

t.test('what it may have all the same does not', async (t) => {
  const kept = [advise(MADV_DONTFORK, 10), fork(20)];
  t.strictSame(judged(kept, [scan({ value: 0n })]), [], 'memory of its executor');
  t.strictSame(judged(kept, [scan({ value: PAGE }, Uint8Array.of(0))]), [], 'any zeros');
  t.strictSame(judged([advise(MADV_RANDOM, 10), fork(20)], [scan()]), [], 'other advice');
  t.strictSame(judged([fork(20), advise(MADV_DONTFORK, 30)], [scan()]), [], 'too late');
  const undone = [advise(MADV_DONTFORK, 10), advise(MADV_DOFORK, 13), fork(20)];
  t.strictSame(judged(undone, [scan()]), [], 'taken back');
  const elsewhere = [advise(MADV_DONTFORK, 10, 0x9000n), fork(20)];
  t.strictSame(judged(elsewhere, [scan()]), [], 'another mapping');
  const own = mapping('n', [40, 41], { fd: 4n, address });
  t.strictSame(judged([advise(MADV_DONTFORK, 10), fork(20)], [own, scan()]), [], 'its own');
  const unmap: Operation = { op: 'munmap', address, length: PAGE };
  const gone = [advise(MADV_DONTFORK, 10), step(unmap, [12, 13]), fork(20)];
  t.strictSame(judged(gone, [scan()]), [], 'nothing was there to keep');
});
