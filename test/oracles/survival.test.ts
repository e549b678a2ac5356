/** The survival oracle: no complaint, no death, no call that never returns. */
import t from 'tap';
import type { Death, Operation } from '../../adapters/contract/index.ts';
import { survival } from '../../oracles/index.ts';
import { opened, sample, step } from './sample.ts';

t.test('survival: no complaint, no death, no call that stays away', async (t) => {
  const { histories, timeline } = sample([opened]);
  const judge = (change: { log?: string[]; deaths?: Death[]; deadlineHit?: boolean }): string[] =>
    survival(
      timeline,
      histories.map((one) => ({ ...one, ...change })),
    ).map(({ kind }) => kind);
  t.strictSame(judge({}), []);
  t.strictSame(judge({ log: ['usb 1-1: new device'] }), []);
  t.strictSame(
    judge({ log: ['[ 7.1] BUG: KASAN: use-after-free in sa_ioctl+0x12/0x40'] }).length,
    1,
  );
  const frame = (name: string): string[] => judge({ log: [`BUG: Bad page state pfn:${name}`] });
  t.equal(frame('10f4c').length, 1);
  t.strictSame(frame('10f4c'), frame('20'), 'the same complaint about another page is the same');
  const death = (signal: string): Death => ({ client: 'subject', signal, reason: 'own' });
  t.strictSame(judge({ deaths: [death('SIGKILL')] }), []);
  t.strictSame(judge({ deaths: [death('SIGSEGV')] }), ['a client died of SIGSEGV']);
});

t.test('survival: a call hangs when the target had it, and nobody ended its client', async (t) => {
  const own: Death = { client: 'subject', signal: 'SIGKILL', reason: 'own' };
  const late = (operation: Operation, deaths: readonly Death[] = []): string[] => {
    const lost = { operation, result: step(operation, [5, 5], { outcome: 'lost' }).result };
    const { histories, timeline } = sample([opened, lost]);
    return survival(
      timeline,
      histories.map((one) => ({ ...one, deaths, deadlineHit: true })),
    ).map(({ kind, detail }) => `${kind}: ${detail}`);
  };
  const close: Operation = { op: 'close', fd: 3n };
  const accused = ['a call did not return: close did not return in time'];
  t.strictSame(late(close), accused);
  t.strictSame(late(close, [{ ...own, reason: 'deadline' }]), accused);
  t.strictSame(late(close, [own]), [], 'it was lost by a kill, and something else took long');
  for (const waits of [
    { op: 'sleep', microseconds: 1n },
    { op: 'wait', client: 'other' },
    { op: 'barrier', parties: 2n },
    { op: 'sendfd', fd: 3n, passed: 4n },
    { op: 'recvfd', fd: 3n },
  ] as const) {
    t.strictSame(late(waits), [], `${waits.op} may wait`);
  }
});
