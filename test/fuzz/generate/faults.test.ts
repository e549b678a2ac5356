/** The mode of faults: what it arms, where, and that mutations keep to it. */
import t from 'tap';
import { canBeFailed, type Operation, type Thread } from '../../../adapters/contract/index.ts';
import { openSimulator } from '../../../adapters/simulator/adapter.ts';
import { Choices } from '../../../fuzz/corpus/choices.ts';
import { entryOf } from '../../../fuzz/corpus/entry.ts';
import { mutateEntry } from '../../../fuzz/corpus/mutate.ts';
import { isSafe, OPERATIONS_MAX } from '../../../fuzz/corpus/safety.ts';
import { Snapshot } from '../../../fuzz/corpus/snapshot.ts';
import { MODES, modesFor } from '../../../fuzz/generate/modes.ts';
import { generatorContext, operationsIn, type Scenario } from '../../../fuzz/generate/scenario.ts';
import { campaignContext } from '../../../fuzz/plan/campaign-context.ts';
import { scenarioOf } from '../../../fuzz/plan/round-plan.ts';
import { abi } from '../../oracles/sample.ts';

const { facts } = await openSimulator('sim:').open();
const [region] = facts.regions;
if (region === undefined) throw new Error('the simulator has no region');
const context = generatorContext(facts, region, abi, 8n << 20n);
const modes = MODES.filter(({ name }) => name === 'faults');

const rounds: readonly Scenario[] = Array.from({ length: 200 }, (_, index) =>
  scenarioOf(context, modes, { version: 'test', seed: 5n, index }),
);
const threadsIn = ({ programs }: Scenario): Thread[] => programs.flatMap(({ threads }) => threads);
const isArming = (one: Operation | undefined): boolean => one?.op === 'failnth' && one.nth !== 0n;
const armedIn = ({ operations }: Thread): Operation[] =>
  operations.filter((_, at) => isArming(operations[at - 1]));

t.test('each armed call stands between two failnth, and main arms none', async (t) => {
  for (const scenario of rounds) {
    for (const { client, operations } of threadsIn(scenario)) {
      for (const [at, operation] of operations.entries()) {
        if (!isArming(operation)) continue;
        const [call, after] = operations.slice(at + 1);
        t.ok(
          client !== 'main' && call !== undefined && canBeFailed(call) && after?.op === 'failnth',
        );
      }
    }
    t.ok(isSafe(context, scenario) || operationsIn(scenario) > OPERATIONS_MAX);
  }
});

t.test('every kind of call fails, at many allocations, beside threads that fail', async (t) => {
  const names = new Set(
    rounds
      .flatMap(threadsIn)
      .flatMap(armedIn)
      .map(({ op }) => op),
  );
  const wanted = ['ioctl', 'mmap', 'munmap', 'close', 'dup', 'fcntl', 'mremap', 'mprotect'];
  t.strictSame(
    wanted.filter((name) => !names.has(name as never)),
    [],
  );
  const nths = new Set(
    rounds
      .flatMap(threadsIn)
      .flatMap(({ operations }) =>
        operations.flatMap((one) => (one.op === 'failnth' ? one.nth : [])),
      )
      .map(Number),
  );
  t.strictSame(
    Array.from({ length: 21 }, (_, nth) => nth).filter((nth) => !nths.has(nth)),
    [],
  );
  const together = rounds.flatMap(({ programs }) =>
    programs.filter(({ threads }) => threads.filter((one) => armedIn(one).length > 0).length > 1),
  );
  const beside = rounds.flatMap(({ programs }) =>
    programs.filter(
      ({ threads }) =>
        threads.some((one) => armedIn(one).length > 0) &&
        threads.some((one) => one.operations.length > 0 && armedIn(one).length === 0),
    ),
  );
  t.ok(together.length > 40, `${together.length} Programs arm several threads`);
  t.ok(beside.length > 40, `${beside.length} Programs spare some thread`);
});

t.test('what arms nothing that can fail, or never asks, may not run', async (t) => {
  const [scenario] = rounds;
  if (scenario === undefined) return;
  const withAct = (...operations: readonly Operation[]): Scenario => {
    const client = 'client-0';
    const act = { threads: [{ client, operations }], deadlineMs: 1000, seed: 1n };
    return { ...scenario, programs: scenario.programs.toSpliced(2, 0, act) };
  };
  const nth = { op: 'failnth', nth: 2n } as const;
  const asks = { op: 'failnth', nth: 0n } as const;
  const dup = { op: 'dup', fd: { slot: 'device' } } as const;
  t.ok(isSafe(context, withAct(nth, dup, asks)));
  t.ok(isSafe(context, withAct(nth, dup, nth, dup, asks)));
  t.ok(isSafe(context, withAct(nth, asks, dup)), 'the call between them was dropped');
  t.notOk(isSafe(context, withAct(nth, dup)), 'whether it failed is not asked');
  t.notOk(isSafe(context, withAct(dup, nth)), 'the next Program would begin armed');
  t.notOk(isSafe(context, withAct({ ...nth, nth: 1n << 40n }, dup, asks)));
  const socketpair = { op: 'socketpair', slot: 'pair' } as const;
  const receive = { op: 'recvfd', fd: { slot: 'pair', offset: 4, width: 4 } } as const;
  t.notOk(isSafe(context, withAct(socketpair, nth, receive, asks)), 'it would lose a message');
});

t.test('mutations arm other calls and other allocations', async (t) => {
  const origin = rounds.find((one) => operationsIn(one) < 200);
  if (origin === undefined) throw new Error('there is no small round');
  const snapshot = new Snapshot([entryOf(context, origin, ['a b c d e f'])], []);
  const count = (one: Scenario): number => threadsIn(one).flatMap(armedIn).length;
  const counts = Array.from({ length: 60 }, (_, key) => {
    const changed = mutateEntry(context, modes, snapshot, new Choices(`${key}`), () => origin);
    if (changed === undefined) return 0;
    t.ok(isSafe(context, changed.scenario));
    return count(changed.scenario);
  });
  t.ok(counts.some((one) => one > count(origin)));
});

t.test('the mode is there where the kernel offers it, and when it is asked for', async (t) => {
  const without = { ...facts, capabilities: facts.capabilities.filter((one) => one !== 'faults') };
  const plain = generatorContext(without, region, abi, 8n << 20n);
  t.notOk(modesFor(plain).some(({ name }) => name === 'faults'));
  const names = (given: readonly string[], of = facts): string[] =>
    campaignContext(of, { modes: given, memoryLimit: 8n << 20n }).modes.map(({ name }) => name);
  t.notOk(names([]).includes('faults'));
  t.ok(names(['all']).includes('faults'));
  t.strictSame(names(['faults']), ['faults']);
  t.throws(() => names(['faults'], without), { blame: 'usage', message: /no mode "faults"/ });
});
