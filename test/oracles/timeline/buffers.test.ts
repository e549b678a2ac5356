/** What is known to hold a buffer: the ground that the other oracles stand on. */
import t from 'tap';
import {
  type ErrnoName,
  linux,
  type Operation,
  type Placement,
} from '../../../adapters/contract/index.ts';
import { fieldOf } from '../../../catalogue/abi-request.ts';
import { lifetimesOf } from '../../../oracles/index.ts';
import { abi, allocation, mapping, PAGE, type Step, sample, step } from '../sample.ts';

const end = (offset: 0 | 4) => ({ slot: 'pair', offset, width: 4, signed: true }) as const;
const pair = step({ op: 'socketpair', slot: 'pair' }, [5, 6], {
  out: new Uint8Array(Int32Array.of(8, 9).buffer),
});
const send = (from: number, to: number): Step =>
  step({ op: 'sendfd', fd: end(0), passed: 4n }, [from, to], { value: 1n });
const receive = step({ op: 'recvfd', fd: end(4) }, [11, 12], { value: 5n });
const close = (fd: bigint, from: number): Step => step({ op: 'close', fd }, [from, from + 1]);

const numbers = (...threads: readonly (readonly Step[])[]): readonly bigint[] =>
  sample(...threads).buffers.flatMap(({ references }) => references.map(({ value }) => value));

t.test('a message hands a buffer on, if it was the only one', async (t) => {
  const first = [allocation('a', [1, 2], { number: 4n }), pair, send(7, 8)];
  t.strictSame(numbers([...first, receive]), [4n, 5n]);
  t.strictSame(numbers([...first, send(9, 10), receive]), [4n], 'it may be either');
  t.strictSame(numbers([...first, close(9n, 9), receive]), [4n], 'another socket may be there');
  t.strictSame(numbers(first.slice(0, 2), [send(7, 20)], [receive]), [4n], 'not sent yet, perhaps');
});

t.test('a buffer lives from the first holding to the last', async (t) => {
  const steps = [
    allocation('a', [1, 2], { number: 4n }),
    mapping('m', [3, 4], { fd: 4n, address: 0x1000n }),
    close(4n, 7),
    step({ op: 'munmap', address: 0x1000n, length: PAGE }, [20, 21]),
  ];
  const lives = (...some: readonly Step[]) =>
    sample(some).buffers.flatMap((buffer) =>
      lifetimesOf(buffer).map(({ from, until }) => [from, until]),
    );
  t.strictSame(lives(...steps), [[2n, 20n]]);
  t.strictSame(lives(...steps.slice(0, 3)), [[2n, undefined]]);
  const protect = step({ op: 'mprotect', address: 0x1000n, length: PAGE, protection: 0n }, [9, 10]);
  t.strictSame(lives(...steps, protect), [[2n, 9n]], 'who knows what it shows from then on');
});

t.test('a command of fcntl is an int, whatever the rest of its word is', async (t) => {
  const duplicate = (command: bigint): (string | bigint)[][] =>
    sample([
      allocation('a', [1, 2], { number: 4n }),
      step({ op: 'fcntl', fd: 4n, command, value: 0n }, [3, 4], { value: 9n }),
    ]).buffers.map(({ references }) => references.map(({ value }) => value));
  t.strictSame(duplicate(1n << 63n), [[4n, 9n]], 'F_DUPFD');
  t.strictSame(duplicate((1n << 32n) | 1030n), [[4n, 9n]], 'F_DUPFD_CLOEXEC');
  t.strictSame(duplicate((1n << 32n) | 1n), [[4n]], 'F_GETFD gives nothing');
});

t.test('what failed may have dropped something all the same', async (t) => {
  const first = [
    allocation('a', [1, 2], { number: 4n }),
    mapping('m', [3, 4], { fd: 4n, address: 0x1000n }),
  ];
  const until = (kind: string, operation: Operation, errno: ErrnoName): (bigint | undefined)[] =>
    sample([...first, step(operation, [9, 10], { errno, value: -1n })]).buffers.flatMap((buffer) =>
      buffer.references.filter((one) => one.kind === kind).map((one) => one.until ?? one.gone),
    );
  const closes: Operation = { op: 'close', fd: 4n };
  t.strictSame(until('descriptor', closes, 'EINTR'), [9n], 'Linux has closed it by then');
  t.strictSame(until('descriptor', closes, 'EBADF'), [undefined]);
  const pages = { address: 0x1000n, length: 4n * PAGE };
  const protect: Operation = { op: 'mprotect', ...pages, protection: 0n };
  t.strictSame(until('mapping', protect, 'ENOMEM'), [9n], 'up to a page that is not mapped');
  t.strictSame(until('mapping', { op: 'munmap', ...pages }, 'ENOMEM'), [9n]);
  const away: Operation = { op: 'munmap', address: 0x8000n, length: PAGE };
  t.strictSame(until('mapping', away, 'ENOMEM'), [undefined], 'it lies elsewhere');
});

t.test('the size of a buffer whose length changed meanwhile has bounds', async (t) => {
  const flip = (value: bigint, offset: number): Step => {
    const made = allocation('a', [1, 2], { number: 4n, pages: 1n });
    if (made.operation.op !== 'ioctl') return made;
    const placement: Placement = { kind: 'flipped', offset, width: 8, value };
    const argument = { ...made.operation.argument, placement };
    return { ...made, operation: { ...made.operation, argument } };
  };
  const { offset } = fieldOf(abi, 'length');
  const sizes = (step: Step): (bigint | undefined)[] => {
    const [buffer] = sample([step]).buffers;
    return [buffer?.leastBytes, buffer?.bytes];
  };
  t.strictSame(sizes(flip(3n * PAGE, offset)), [PAGE, 3n * PAGE]);
  t.strictSame(sizes(flip(3n * PAGE, offset + 8)), [PAGE, PAGE], 'another field changed');
  t.strictSame(
    sizes(flip(0x20000n, offset)),
    [0n, 0x21000n],
    'one read may take bytes from the one and from the other',
  );
});

t.test('a child may have whatever its parent had at some instant of the fork', async (t) => {
  const fork = step({ op: 'fork', client: 'child' }, [10, 20], { value: 7n });
  const kept = (from: number, to: number, ...more: readonly Step[]) =>
    sample([allocation('a', [from, to], { number: 4n })], [fork], more).buffers.map(
      ({ elsewhere, references }) => [references.map(({ client }) => client), elsewhere],
    );
  t.strictSame(kept(1, 2), [[['subject', 'child'], false]]);
  t.strictSame(kept(21, 22), [[['subject'], false]]);
  t.strictSame(kept(5, 12), [[['subject'], true]], 'under way when the fork began');
  t.strictSame(kept(12, 14), [[['subject'], true]], 'all of it during the fork');
  t.strictSame(kept(12, 24), [[['subject'], true]], 'not back when the fork was');
  t.strictSame(kept(1, 2, close(4n, 15)), [[['subject'], true]], 'closed during the fork');
  t.strictSame(kept(1, 2, close(4n, 5)), [[['subject'], false]], 'closed before');
});

t.test('a buffer is gone when whatever may have taken it is over', async (t) => {
  const gone = (...threads: readonly (readonly Step[])[]): unknown =>
    sample([allocation('a', [1, 2], { number: 4n })], ...threads).buffers[0]?.references[0]?.gone;
  const closing = (from: number, to: number): Step => step({ op: 'close', fd: 4n }, [from, to]);
  t.equal(gone([closing(10, 12)]), 12n);
  t.equal(gone([closing(10, 12), closing(20, 30)]), 12n, 'the other number is another file');
  t.equal(gone([closing(10, 12)], [closing(5, 30)]), 30n, 'either may have closed it');
  const { operation, result } = closing(5, 6);
  const { return: _back, ...lost } = result;
  const never: Step = { operation, result: { ...lost, outcome: 'lost' } };
  t.equal(gone([closing(10, 12)], [never]), undefined, 'nobody knows when that one is over');
  const kill = step({ op: 'kill', client: 'subject', signal: 9n }, [5, 6]);
  t.equal(gone([closing(10, 12)], [kill]), undefined, 'a client takes its time to end');
});

t.test('advice drops nothing unless it throws pages away', async (t) => {
  const ends = (advice: bigint): unknown[] =>
    sample([
      allocation('a', [1, 2], { number: 4n }),
      mapping('m', [3, 4], { fd: 4n, address: 0x1000n }),
      step({ op: 'madvise', address: 0x1000n, length: PAGE, advice }, [5, 6]),
    ]).buffers.flatMap(({ references }) =>
      references.filter(({ kind }) => kind === 'mapping').map(({ until }) => until),
    );
  t.strictSame(ends(linux.MADV_RANDOM), [undefined]);
  t.strictSame(ends(linux.MADV_DONTFORK), [undefined]);
  t.strictSame(ends(linux.MADV_DONTNEED), [5n]);
});

t.test('a child may lack what its parent kept back', async (t) => {
  const held = (advice: bigint): unknown[] =>
    sample([
      allocation('a', [1, 2], { number: 4n }),
      mapping('m', [3, 4], { fd: 4n, address: 0x1000n }),
      step({ op: 'madvise', address: 0x1000n, length: PAGE, advice }, [5, 6]),
      step({ op: 'fork', client: 'child' }, [7, 8]),
    ]).buffers.map(({ elsewhere, references }) => [
      elsewhere,
      references.filter(({ client, kind }) => client === 'child' && kind === 'mapping').length,
    ]);
  t.strictSame(held(linux.MADV_RANDOM), [[false, 1]]);
  t.strictSame(held(linux.MADV_DONTFORK), [[true, 0]]);
});

t.test('a descriptor of the path alone may hold a buffer or not', async (t) => {
  const reopened = (flags: bigint): unknown[] =>
    sample([
      allocation('a', [1, 2], { number: 4n }),
      step({ op: 'reopen', fd: 4n, flags }, [3, 4], { value: 5n }),
    ]).buffers.map(({ elsewhere, references }) => [elsewhere, references.length]);
  t.strictSame(reopened(linux.O_RDWR), [[false, 2]]);
  t.strictSame(reopened(linux.O_PATH), [[true, 1]]);
});
