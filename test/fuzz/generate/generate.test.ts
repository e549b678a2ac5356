/** Generators: rounds repeat, reach every kind of step, and keep to what they may ask for. */
import t from 'tap';
import { linux, toJson } from '../../../adapters/contract/index.ts';
import { openSimulator } from '../../../adapters/simulator/adapter.ts';
import { commandOf, fieldOf, readField } from '../../../catalogue/abi-request.ts';
import { isSafe } from '../../../fuzz/corpus/safety.ts';
import { boundaryLengths } from '../../../fuzz/generate/boundaries.ts';
import { MODES } from '../../../fuzz/generate/modes.ts';
import {
  type GeneratorContext,
  generatorContext,
  isNothing,
  type Scenario,
} from '../../../fuzz/generate/scenario.ts';
import { scenarioOf } from '../../../fuzz/plan/round-plan.ts';
import { bytesApart } from '../../../oracles/timeline/torn-reads.ts';
import { abi } from '../../oracles/sample.ts';

const PAGE = 4096n;
const adapter = openSimulator('sim:');
const { facts } = await adapter.open();
const [region] = facts.regions;
if (region === undefined) throw new Error('the simulator has no region');
const context = generatorContext(facts, region, abi, 8n << 20n);

const rounds = (of: GeneratorContext, count: number, modes = MODES): Scenario[] =>
  Array.from({ length: count }, (_, index) =>
    scenarioOf(of, modes, { version: 'test', seed: 5n, index }),
  );

const operationsOf = (scenarios: readonly Scenario[]) =>
  scenarios.flatMap(({ programs }) =>
    programs.flatMap(({ threads }) => threads.flatMap(({ operations }) => operations)),
  );

t.test('a round is a function of its context, modes, version, seed and index', async (t) => {
  const texts = (list: readonly Scenario[]) => list.map((one) => JSON.stringify(toJson(one)));
  t.strictSame(texts(rounds(context, 40)), texts(rounds(context, 40)));
  t.equal(new Set(texts(rounds(context, 40))).size, 40, 'and no two are alike');
});

t.test('rounds reach every operation on buffers, and each bit of the command', async (t) => {
  const operations = operationsOf(rounds(context, 1000));
  const names = new Set(operations.map(({ op }) => op));
  const wanted = [
    ...['open', 'ioctl', 'close', 'dup', 'fcntl', 'reopen', 'lseek', 'pread', 'pwrite', 'poll'],
    ...['ftruncate', 'fstat', 'readfile', 'mmap', 'munmap', 'mprotect', 'mremap', 'store', 'scan'],
    ...['frames', 'fork', 'exec', 'exit', 'kill', 'wait', 'socketpair', 'sendfd', 'recvfd'],
    ...['setrlimit', 'descriptors', 'madvise', 'dup2', 'dup3', 'load', 'memfd', 'readlink'],
    ...['setuid', 'itimer', 'peek'],
  ];
  t.strictSame(
    wanted.filter((name) => !names.has(name as never)),
    [],
  );
  const placements = new Set<string>(
    operations.map((one) =>
      one.op === 'ioctl' ? (one.argument.placement?.kind ?? 'plain') : 'plain',
    ),
  );
  const bits = new Set<bigint>();
  const malformed = MODES.filter(({ name }) => name === 'malformed');
  for (const operation of operationsOf(rounds(context, 400, malformed))) {
    if (operation.op !== 'ioctl' || typeof operation.request !== 'bigint') continue;
    const turned = operation.request ^ commandOf(abi);
    for (let bit = 0n; bit < 32n; bit += 1n) if (turned === 1n << bit) bits.add(bit);
  }
  t.equal(bits.size, 32);
  const kinds = ['flipped', 'kernel', 'null', 'page', 'page-end', 'plain', 'unaligned', 'unmapped'];
  t.strictSame([...placements].toSorted(), kinds);
});

t.test('a length that flips changes in one byte, which no read can tear', async (t) => {
  const flipping = MODES.filter(({ name }) => name === 'flipping');
  for (const page of [PAGE, 4n * PAGE]) {
    const apart = operationsOf(rounds({ ...context, page }, 60, flipping)).flatMap((operation) => {
      if (operation.op !== 'ioctl') return [];
      const { bytes, placement } = operation.argument;
      if (placement?.kind !== 'flipped') return [];
      const { value, width } = placement;
      return [bytesApart(readField(bytes, fieldOf(abi, 'length')), value, width)];
    });
    t.ok(apart.length > 60);
    t.strictSame([...new Set(apart)], [1]);
  }
});

t.test('boundaries are those at which allocators go wrong', async (t) => {
  const size = 16n << 20n;
  const lengths = boundaryLengths(PAGE, size);
  const wanted = [
    ...[0n, 1n, PAGE - 1n, PAGE, PAGE + 1n, size - PAGE, size - 1n, size, size + 1n, size + PAGE],
    ...[31n, 32n, 63n].flatMap((bit) => [(1n << bit) - 1n, 1n << bit, (1n << bit) + 1n]),
    ...[(1n << 32n) + PAGE, (1n << 64n) - PAGE, (1n << 64n) - PAGE + 1n, (1n << 64n) - 1n],
  ];
  t.strictSame(
    wanted.filter((one) => !lengths.includes(one)),
    [],
  );
});

t.test('a region without an end is not asked for more than it may give', async (t) => {
  const { sizeBytes: _, ...endless } = { ...region, bounded: false };
  const limited = { ...context, region: endless, memoryLimit: 1n << 20n };
  const modes = MODES.filter(({ needsBounded }) => !needsBounded);
  const field = fieldOf(abi, 'length');
  for (const scenario of rounds(limited, 200, modes)) {
    const asked = operationsOf([scenario]).flatMap((operation) => {
      if (operation.op !== 'ioctl' || operation.argument.bytes.length !== abi.command.size)
        return [];
      // A name that is as long as a request is none.
      if (operation.request === linux.DMA_BUF_SET_NAME) return [];
      const length = readField(operation.argument.bytes, field);
      return isNothing(length, PAGE) ? [] : [length];
    });
    const most = asked.reduce((one, other) => (one > other ? one : other), 0n);
    t.ok(most <= limited.memoryLimit, `${scenario.mode} asks for ${most} bytes at once`);
  }
});

t.test(
  'where calls take time, guesses are spread over it, and no other round changes',
  async (t) => {
    const timed: GeneratorContext = { ...context, isTimed: true };
    const others = MODES.filter(({ name }) => name !== 'meddling');
    t.strictSame(rounds(timed, 20, others), rounds(context, 20, others));
    const meddling = MODES.filter(({ name }) => name === 'meddling');
    const [plain, spread] = [rounds(context, 40, meddling), rounds(timed, 40, meddling)];
    const sleeps = (list: readonly Scenario[]) =>
      operationsOf(list).flatMap((one) => (one.op === 'sleep' ? one.microseconds : []));
    t.strictSame(sleeps(plain), []);
    t.ok(new Set(sleeps(spread)).size >= 5, 'pauses of several lengths');
    t.ok(spread.every((one) => isSafe(timed, one)));
    // A duel comes before answers that may bring the machine down.
    for (const { programs } of spread) {
      const first = programs.findIndex(({ threads }) => threads.length === 2);
      t.ok((programs[first]?.threads[1]?.operations.length ?? 0) >= 40);
    }
  },
);
