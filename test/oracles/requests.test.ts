/** The oracles of single requests: errors, mixtures, and what a machine does not survive. */
import t from 'tap';
import type { Death, Operation, Result } from '../../adapters/contract/index.ts';
import { requestBytes } from '../../catalogue/abi-request.ts';
import { errors, type Prediction, snapshot, survival } from '../../oracles/index.ts';
import { abi, opened, PAGE, request, type Step, sample, step } from './sample.ts';

t.test('errors: a request comes to what was predicted', async (t) => {
  const asks = (from: number, given: Partial<Result>): Step =>
    request({ length: PAGE }, [from, from + 1], given);
  const granted = (from: number): Step => asks(from, {});
  const refused = (from: number): Step => asks(from, { errno: 'EINVAL', value: -1n });
  const judge = (prediction: Prediction, ...steps: readonly Step[]): string[] =>
    errors(sample([opened, ...steps]).timeline, ({ operation }) =>
      operation.op === 'ioctl' ? prediction : undefined,
    ).map(({ kind }) => kind);
  const ok = { requirement: 'IOC-01', words: ['ok'] };
  t.strictSame(judge(ok, granted(5)), []);
  t.strictSame(judge(ok, refused(5)), ['ioctl came to EINVAL']);
  t.strictSame(judge({ ...ok, words: ['error'] }, refused(5)), []);
  const either = { requirement: 'RES-03', words: ['ok', 'EINVAL'], alike: ['ok', 'EINVAL'] };
  t.strictSame(judge(either, granted(5), granted(7)), []);
  t.strictSame(judge(either, refused(5), refused(7)), []);
  t.strictSame(judge(either, granted(5), refused(7)), [
    'requests that are alike come to different ends',
  ]);
});

t.test('snapshot: a request is one of two, not a mixture', async (t) => {
  const [first, second] = [3n * PAGE - 5n, PAGE - 7n];
  const placement = { kind: 'flipped', offset: 8, width: 8, value: second } as const;
  const judge = (told: bigint, size: bigint, ...between: readonly Step[]): string[] => {
    const out = requestBytes(abi, { length: told, descriptor: 4n });
    const seek = step({ op: 'lseek', fd: 4n, offset: 0n, whence: 2n }, [20, 21], { value: size });
    const asks = request({ length: first }, [5, 6], { out }, placement);
    const { timeline, buffers } = sample([opened, asks, ...between, seek]);
    return snapshot(timeline, buffers, abi, PAGE).map(({ requirement }) => requirement);
  };
  t.strictSame(judge(3n * PAGE, 3n * PAGE), []);
  t.strictSame(judge(PAGE, PAGE), []);
  t.strictSame(judge(second, 3n * PAGE), [], 'the other thread may have written last');
  t.strictSame(judge(PAGE, 3n * PAGE), ['CON-04'], 'rounded up from the other one');
  t.strictSame(judge(2n * PAGE, 2n * PAGE), ['CON-04'], 'neither of the two');
  const close = step({ op: 'close', fd: 4n }, [8, 9]);
  t.strictSame(judge(PAGE, 3n * PAGE, close), [], 'another file may be there now');
});

t.test('snapshot: one read may see some bytes before they change and some after', async (t) => {
  const judge = (asked: readonly [bigint, bigint], told: bigint, size: bigint): string[] => {
    const placement = { kind: 'flipped', offset: 8, width: 8, value: asked[1] } as const;
    const out = requestBytes(abi, { length: told, descriptor: 4n });
    const seek = step({ op: 'lseek', fd: 4n, offset: 0n, whence: 2n }, [20, 21], { value: size });
    const asks = request({ length: asked[0] }, [5, 6], { out }, placement);
    const { timeline, buffers } = sample([opened, asks, seek]);
    return snapshot(timeline, buffers, abi, PAGE).map(({ requirement }) => requirement);
  };
  t.strictSame(judge([PAGE, 0x20000n], 0x21000n, 0x21000n), []);
  t.strictSame(judge([PAGE + 5n, 0x20000n], 0x22000n, 0x22000n), [], 'rounded up afterwards');
  t.strictSame(judge([PAGE, 0x20000n], 0x3000n, 0x3000n), ['CON-04'], 'no bytes of the two');
  t.strictSame(judge([PAGE, 2n * PAGE], 0x3000n, 0x3000n), ['CON-04'], 'one byte cannot tear');
  const [first, second] = [3n * PAGE - 5n, PAGE - 5n];
  const torn = 0x30fbn;
  t.strictSame(judge([first, second], torn, 3n * PAGE), [], 'its last byte was written over');
  t.strictSame(judge([first, second], PAGE, 3n * PAGE), ['CON-04'], 'reported by another read');
});

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
  const accused = ['a call never came back: close did not come back in time'];
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
