/** A client that did something to itself is no witness, whichever oracle would have believed it. */
import t from 'tap';
import { type Death, linux, type Operation } from '../../adapters/contract/index.ts';
import {
  answers,
  content,
  errors,
  numbers,
  sequential,
  snapshot,
  survival,
} from '../../oracles/index.ts';
import { harmIn } from '../../oracles/timeline/self-harm.ts';
import {
  type Act,
  abi,
  allocation,
  mapping,
  opened,
  PAGE,
  request,
  type Step,
  sample,
  sampleOf,
  step,
} from './sample.ts';

const FOREIGN = 0x7000_0000n;
const own = mapping('m', [14, 15], { fd: 4n, address: 0x10000n });
const held = [opened, allocation('a', [12, 13], { number: 4n }), own];
const on = (operation: object, given: Partial<Step['result']> = {}): Step =>
  step(operation as Operation, [20, 21], given);

/** What a client may do to itself, and the same done to what is its own. */
const HARM: readonly (readonly [name: string, step: Step])[] = [
  ['unmaps', on({ op: 'munmap', address: FOREIGN, length: PAGE })],
  ['unmaps more than it mapped', on({ op: 'munmap', address: 0x10000n, length: 2n * PAGE })],
  ['protects', on({ op: 'mprotect', address: FOREIGN, length: PAGE, protection: 0n })],
  ['moves', on({ op: 'mremap', address: FOREIGN, oldLength: PAGE, newLength: PAGE, flags: 1n })],
  ['advises', on({ op: 'madvise', address: FOREIGN, length: PAGE, advice: 4n })],
  ['overwrites', on({ op: 'store', address: FOREIGN, length: PAGE, bytes: Uint8Array.of(1) })],
  ['closes a stream', on({ op: 'close', fd: 0n })],
  ['puts a file over a stream', on({ op: 'dup2', fd: 4n, to: 2n }, { value: 2n })],
  ['limits its memory', on({ op: 'setrlimit', resource: 9n, soft: 0n })],
];
const HARMLESS: readonly (readonly [name: string, step: Step])[] = [
  ['unmaps its own', on({ op: 'munmap', address: 0x10000n, length: PAGE })],
  ['is refused', on({ op: 'munmap', address: FOREIGN, length: 0n }, { errno: 'EINVAL' })],
  [
    'writes to its own',
    on({ op: 'store', address: 0x10000n, length: PAGE, bytes: Uint8Array.of(1) }),
  ],
  [
    'faults at once',
    on(
      { op: 'store', address: FOREIGN, length: PAGE, bytes: Uint8Array.of(1) },
      { outcome: 'faulted', signal: 'SIGSEGV', faultOffset: 0n },
    ),
  ],
  ['looks', on({ op: 'scan', address: FOREIGN, length: PAGE, bytes: Uint8Array.of(0) })],
  ['closes what it got', on({ op: 'close', fd: 4n })],
  ['limits its descriptors', on({ op: 'setrlimit', resource: 7n, soft: 8n })],
];

t.test('what harms a client, and what does not', async (t) => {
  for (const [name, act] of HARM) t.ok(harmIn(sample([...held, act]).timeline)('subject'), name);
  for (const [name, act] of HARMLESS) {
    t.equal(harmIn(sample([...held, act]).timeline)('subject'), undefined, name);
  }
});

t.test('a child is as its parent was', async (t) => {
  const closes = step({ op: 'close', fd: 0n }, [20, 21]);
  const forks = (from: number, client: string): Step =>
    step({ op: 'fork', client }, [from, from + 1], { value: 9n });
  const acts = [forks(16, 'before'), closes, forks(30, 'after')];
  const harmOf = harmIn(sample([...held, ...acts]).timeline);
  t.equal(harmOf('before'), undefined);
  t.equal(harmOf('after'), 30n);
});

t.test('a client that dies of what it did itself accuses no target', async (t) => {
  const died = (steps: readonly Step[], signal = 'SIGSEGV'): string[] => {
    const { histories, timeline } = sample([...held, ...steps]);
    const deaths: Death[] = [{ client: 'subject', signal, reason: 'own' }];
    return survival(
      timeline,
      histories.map((one) => ({ ...one, deaths })),
    ).map(({ kind }) => kind);
  };
  for (const [name, act] of HARM) t.strictSame(died([act]), [], name);
  for (const [name, act] of HARMLESS) t.strictSame(died([act]), ['a client died of SIGSEGV'], name);
  const lost = step({ op: 'close', fd: 4n }, [30, 30], { outcome: 'lost' });
  t.strictSame(died([lost]), ['a client died of SIGSEGV in close'], 'the operation is named');
  const shot = step({ op: 'kill', client: 'subject', signal: 11n }, [20, 21]);
  t.strictSame(died([shot]), [], 'another client sent the signal');
  t.strictSame(died([shot], 'SIGBUS'), ['a client died of SIGBUS'], 'it sent another one');
});

t.test('nothing that comes back to it later is believed', async (t) => {
  const [, unmaps] = HARM[0] ?? [];
  if (unmaps === undefined) throw new Error('there is one');
  const late = { op: 'scan', address: 0x10000n, length: PAGE, bytes: Uint8Array.of(0) } as const;
  const dirty = step(late, [60, 61], { value: 0n, out: Uint8Array.of(9) });
  const dirtied = (...acts: readonly Step[]): number => {
    const { buffers, timeline } = sample([...held, ...acts, dirty]);
    return (
      content(timeline, buffers).length +
      sequential(timeline, { abi, page: PAGE, exact: true }).length
    );
  };
  t.ok(dirtied() > 0);
  t.equal(dirtied(unmaps), 0, 'content, sequential');
  const refused = request({ length: PAGE }, [40, 41], { errno: 'EXDEV', value: -1n });
  const predict = (): { requirement: string; words: string[] } => ({
    requirement: 'IOC-01',
    words: ['ok'],
  });
  const wrong = (...acts: readonly Step[]): number => {
    const { timeline } = sample([...held, ...acts, refused]);
    const asked = errors(timeline, ({ operation, result }) =>
      operation.op === 'ioctl' && result.call === 40n ? predict() : undefined,
    );
    return asked.length + answers(timeline, abi, PAGE).length;
  };
  t.ok(wrong() > 0);
  t.equal(wrong(unmaps), 0, 'errors, answers');
  const { buffers, timeline } = sample([...held, unmaps]);
  t.strictSame(snapshot(timeline, buffers, abi, PAGE), []);
});

t.test('what is left of its calls is judged only where it explains itself', async (t) => {
  const list = step({ op: 'descriptors' }, [11, 11], {
    out: new Uint8Array(Int32Array.of(3).buffer),
    value: 1n,
  });
  const unmap = (from: number, to: number): Step =>
    step({ op: 'munmap', address: 0x10000n, length: PAGE }, [from, to]);
  const close = (time: readonly [number, number], errno?: 'EBADF'): Step =>
    step({ op: 'close', fd: 0n }, time, errno === undefined ? {} : { errno, value: -1n });
  const { timeline } = sample(
    [opened, list, allocation('a', [12, 13], { number: 0n }), own, close([21, 40])],
    [unmap(20, 25)],
    [unmap(26, 30), close([22, 23], 'EBADF')],
  );
  t.ok(harmIn(timeline)('subject'));
  t.strictSame(numbers(timeline, abi), [], 'another thread was closing it');
});

t.test('what was kept from a child is not its own', async (t) => {
  const parent = (advice: bigint): Act => ({
    client: 'parent',
    steps: [
      allocation('a', [2, 3], { number: 4n }),
      mapping('m', [4, 5], { fd: 4n, address: 0x10000n }),
      step({ op: 'madvise', address: 0x10000n, length: PAGE, advice }, [6, 7]),
      step({ op: 'fork', client: 'child' }, [8, 9]),
    ],
  });
  const unmap = on({ op: 'munmap', address: 0x10000n, length: PAGE });
  const harmed = (advice: bigint): boolean => {
    const { timeline } = sampleOf(parent(advice), { client: 'child', steps: [unmap] });
    return harmIn(timeline)('child') !== undefined;
  };
  t.equal(harmed(linux.MADV_RANDOM), false);
  t.equal(harmed(linux.MADV_DONTFORK), true);
});
