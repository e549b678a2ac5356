/** The snapshot oracle: a request whose length changes is answered as one of two. */
import t from 'tap';
import { requestBytes } from '../../catalogue/abi-request.ts';
import { snapshot } from '../../oracles/index.ts';
import { abi, opened, PAGE, request, type Step, sample, step } from './sample.ts';

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
