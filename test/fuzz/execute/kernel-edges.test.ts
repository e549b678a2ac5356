/** Edges of the kernel's code make a round worth keeping, and change nothing else of it. */
import t from 'tap';
import type { Adapter, Program } from '../../../adapters/contract/index.ts';
import { openSimulator } from '../../../adapters/simulator/adapter.ts';
import { readEntry } from '../../../fuzz/corpus/entry.ts';
import { type Finding, runCampaign } from '../../../fuzz/index.ts';

const DOCUMENT = '/sys/kernel/debug/kcov';
const isReading = ({ threads }: Program): boolean => {
  const [operation] = threads[0]?.operations ?? [];
  return operation?.op === 'readfile' && operation.document === DOCUMENT;
};

/** A simulator that tells edges: one that all rounds take, and 0x1234 once in the third round. */
function telling(tells: boolean, said: readonly string[] = []): Adapter & { asked: () => number } {
  const inner = openSimulator('sim:');
  let [begun, asked] = [0, 0];
  return {
    url: 'sim:',
    asked: () => asked,
    open: async () => {
      const session = await inner.open();
      const { facts } = session;
      let readings = 0;
      return {
        facts: tells ? { ...facts, details: { ...facts.details, edges: 'kcov' } } : facts,
        begin: (id) => {
          begun += 1;
          readings = 0;
          return session.begin(id);
        },
        run: async (program) => {
          const history = await session.run(program);
          if (!isReading(program)) return history;
          asked += 1;
          readings += 1;
          const edges = readings === 1 ? [] : [0xbeef, ...(begun === 3 ? [0x1234] : [])];
          const out = new Uint8Array(new Uint16Array(edges).buffer);
          const [[result] = []] = history.threads;
          if (result === undefined) throw new Error('a reading has a result');
          const { errno: _, ...rest } = result;
          const log = begun === 3 && readings === 2 ? said : [];
          return { ...history, log, threads: [[{ ...rest, value: BigInt(out.length), out }]] };
        },
        close: () => session.close(),
      };
    },
    close: () => inner.close(),
  };
}

async function campaign(adapter: Adapter) {
  const entries: { round: number; fresh: readonly string[]; text: string }[] = [];
  const findings: Finding[] = [];
  const rounds: string[] = [];
  await runCampaign({
    ...{ adapter, version: 'test', seed: 1n, modes: ['hammer'], memoryLimit: 8n << 20n },
    budget: { rounds: 4, operations: undefined, milliseconds: undefined },
    shrinkBudget: 0,
    onEntry: (round, { entry, fresh }) => entries.push({ round, fresh, text: entry.text }),
    onRoundRun: (_, { scenario }) => rounds.push(JSON.stringify(scenario.programs, texts)),
    onFinding: (finding) => findings.push(finding),
  });
  return { entries, findings, rounds };
}

const texts = (_: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value;

t.test('an edge that no round took makes an entry, which can be read again', async (t) => {
  const adapter = telling(true);
  const { entries, findings } = await campaign(adapter);
  t.strictSame(findings, []);
  t.equal(adapter.asked(), 8, 'before and after each round');
  const edges = (fresh: readonly string[]) => fresh.filter((one) => one.startsWith('edge '));
  t.strictSame(
    entries.map(({ fresh, round }) => [round, ...edges(fresh)]).filter((one) => one.length > 1),
    [
      [0, 'edge beef'],
      [2, 'edge 1234'],
    ],
  );
  t.ok(entries.every(({ text }) => readEntry(text, 'an entry').signatures.includes('edge beef')));
  t.ok(
    entries.every(({ text }) => !text.includes('kcov')),
    'a scenario has no reading of it',
  );
});

t.test('a target that tells none is not asked, and its rounds are the same', async (t) => {
  const [plain, told] = [telling(false), telling(true)];
  const [one, other] = [await campaign(plain), await campaign(told)];
  t.equal(plain.asked(), 0);
  t.strictSame(one.rounds, other.rounds);
});

t.test('what the kernel says while it is asked counts in the round', async (t) => {
  const { findings } = await campaign(telling(true, ['WARNING: CPU: 0 PID: 1 at mm/cma.c:99']));
  const [finding] = findings;
  t.match(finding?.signature, /^survival ERR-12: kernel: WARNING/);
  t.equal(finding?.origin.round, 2);
});
