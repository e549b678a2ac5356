/** The numbers oracle: a number is reserved before it is open, and others may see both. */
import t from 'tap';
import type { Placement } from '../../adapters/contract/index.ts';
import { numbers } from '../../oracles/index.ts';
import { abi, allocation, PAGE, request, type Step, sample, step } from './sample.ts';

/** Standard input, output, errors, and the device. */
const OPEN = Uint8Array.from([0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0]);
const listed = step({ op: 'descriptors' }, [1, 2], { out: OPEN });

const dup = (value: bigint): Step => step({ op: 'dup', slot: 'copy', fd: 3n }, [15, 20], { value });
const notOpen = (from: number, to: number): Step =>
  step({ op: 'close', fd: 4n }, [from, to], { errno: 'EBADF', value: -1n });

const kinds = (asker: readonly Step[], watcher: readonly Step[]): string[] =>
  numbers(sample([listed, ...asker], watcher).timeline, abi).map(({ kind }) => kind);

const WRONG = ['descriptors are not the lowest free ones'];

t.test('a number that is taken need not be open yet, while its call lasts', async (t) => {
  const asks = [allocation('a', [10, 40], { number: 4n })];
  t.strictSame(kinds(asks, [dup(5n), notOpen(21, 25)]), []);
  t.strictSame(kinds(asks, [dup(5n), notOpen(45, 50)]), WRONG, 'afterwards it must be');
  t.strictSame(kinds(asks, [dup(6n), notOpen(21, 25)]), WRONG, 'two calls take two numbers');
});

t.test('a request that fails may have held a number while another call looked', async (t) => {
  const fails = [allocation('a', [10, 40], { errno: 'ENOMEM' })];
  t.strictSame(kinds(fails, [dup(5n)]), []);
  t.strictSame(kinds([], [dup(5n)]), WRONG, 'nobody was there to hold it');
});

t.test(
  'what a request leaves that could not be answered is a leak, not a wrong number',
  async (t) => {
    const faulted = (placement: Placement, errno: 'EFAULT' | 'EINVAL' = 'EFAULT'): string[] => {
      const asks = request({ length: PAGE }, [10, 11], { errno, value: -1n }, placement);
      return kinds([asks, allocation('a', [20, 21], { number: 5n })], []);
    };
    t.strictSame(faulted({ kind: 'page', protection: 'read-only' }), []);
    t.strictSame(faulted({ kind: 'page-end', distance: -8, neighbour: 'read-only' }), []);
    t.strictSame(faulted({ kind: 'page', protection: 'read-only' }, 'EINVAL'), WRONG);
    t.strictSame(faulted({ kind: 'null' }), WRONG, 'it was never read');
  },
);
