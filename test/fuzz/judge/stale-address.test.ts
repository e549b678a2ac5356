/** An address of another client, or of a mapping that is gone, accuses nobody of what is there. */
import t from 'tap';
import type { Operation, Program, Thread } from '../../../adapters/contract/index.ts';
import { openSimulator } from '../../../adapters/simulator/adapter.ts';
import { runScenario } from '../../../fuzz/execute/run-scenario.ts';
import { scaffolded } from '../../../fuzz/generate/scaffold.ts';
import { ThreadWriter } from '../../../fuzz/generate/thread-writer.ts';
import { campaignContext } from '../../../fuzz/plan/campaign-context.ts';

const session = await openSimulator('sim:').open();
const { rules, generator } = campaignContext(session.facts, { modes: [], memoryLimit: 8n << 20n });
const { page } = generator;
const ZERO = Uint8Array.of(0);

async function violationsOf(clients: string[], acts: Thread[][]): Promise<string[]> {
  const scenario = scaffolded(generator, 'hammer', clients, acts, 1n);
  const { histories, violations } = await runScenario(session, generator, rules, scenario);
  const programs: readonly Program[] = scenario.programs;
  t.equal(histories.length, programs.length);
  return violations.map(({ detail, kind }) => `${kind}: ${detail}`);
}

t.test('a write through the address of another client’s mapping', async (t) => {
  const [one, other] = ['t0', 't1'].map((name) => new ThreadWriter(generator, name));
  if (one === undefined || other === undefined) throw new Error('there are two');
  const large = one.allocate({ length: 15n * page });
  one.map(large);
  one.stamp(large);
  // In its own client this buffer is mapped behind another, where the first has its middle.
  for (const length of [3n * page, 2n * page]) other.map(other.allocate({ length }));
  const slot = other.operations.at(-1)?.slot ?? '';
  const write: Operation = {
    op: 'store',
    address: { slot },
    length: page,
    bytes: Uint8Array.of(7),
  };
  const look = new ThreadWriter(generator, 't2');
  look.check(large);
  const found = await violationsOf(
    ['client-0', 'client-1'],
    [
      [
        { client: 'client-0', operations: one.operations },
        { client: 'client-1', operations: other.operations },
      ],
      [{ client: 'client-0', operations: [write, ...look.operations] }],
    ],
  );
  t.strictSame(found, []);
});

t.test('frames and writes at an address where smaller mappings lie by now', async (t) => {
  const writer = new ThreadWriter(generator, 't0');
  const gone = writer.allocate({ length: 2n * page });
  const slot = writer.map(gone);
  writer.unmap(gone);
  const [first, second] = [1, 2].map(() => writer.allocate({ length: page }));
  if (first === undefined || second === undefined) throw new Error('there are two');
  for (const buffer of [first, second]) {
    writer.map(buffer);
    writer.look(buffer);
  }
  const stale = { address: { slot }, length: 2n * page };
  writer.add({ op: 'frames', ...stale });
  writer.add({ op: 'store', ...stale, bytes: Uint8Array.of(7) });
  for (const buffer of [first, second]) writer.check({ ...buffer, stamp: ZERO });
  const acts = [[{ client: 'client-0', operations: writer.operations }]];
  t.strictSame(await violationsOf(['client-0'], acts), []);
});
