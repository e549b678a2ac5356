/** A machine that is starved of time accuses nobody; a call that never comes back does. */
import t from 'tap';
import type { Adapter, History, Result, Session } from '../../../adapters/contract/index.ts';
import { openSimulator } from '../../../adapters/simulator/adapter.ts';
import { type Finding, replayFinding } from '../../../fuzz/index.ts';
import { shortCampaign } from '../campaign-findings.ts';

/** The History with its last call lost to the deadline. */
function late(history: History): History {
  const [first = [], ...others] = history.threads;
  const lost = first.map((result, index): Result => {
    const { call } = result;
    const gone: Result = { outcome: 'lost', value: 0n, out: new Uint8Array(0), call };
    return index < first.length - 1 ? result : gone;
  });
  return { ...history, threads: [lost, ...others], deadlineHit: true };
}

/** A simulator on which one Program, known by its seed, is late when that says so. */
function starved(isLate: (run: number) => boolean): { adapter: Adapter; runs: () => number } {
  const inner = openSimulator('sim:');
  let seed: bigint | undefined;
  let runs = 0;
  const wrap = (session: Session): Session => ({
    facts: session.facts,
    begin: (id) => session.begin(id),
    run: async (program) => {
      const history = await session.run(program);
      const last = program.threads[0]?.operations.at(-1)?.op ?? '';
      if (['close', 'ioctl'].includes(last)) seed ??= program.seed;
      if (seed === undefined || program.seed !== seed) return history;
      runs += 1;
      return isLate(runs) ? late(history) : history;
    },
    close: () => session.close(),
  });
  const open = async (): Promise<Session> => wrap(await inner.open());
  return { adapter: { url: 'sim:', open, close: () => inner.close() }, runs: () => runs };
}

const findingsOf = async (adapter: Adapter): Promise<Finding[]> =>
  (await shortCampaign(adapter, 'malformed', 20)).findings;

t.test('a call that came late once accuses nobody', async (t) => {
  const { adapter, runs } = starved((run) => run === 1);
  t.strictSame(await findingsOf(adapter), []);
  t.equal(runs(), 2, 'its round was run again');
});

t.test('a call that never comes back is a finding, and each proof of it hangs twice', async (t) => {
  const findings = await findingsOf(starved(() => true).adapter);
  t.match(findings, [{ signature: 'survival ERR-12: a call did not return' }]);
  t.match(findings[0]?.reproduced, { times: 10, of: 10 });
  const [finding] = findings;
  if (finding === undefined) return;
  const { adapter } = starved((run) => run % 2 === 1);
  t.match(await replayFinding(adapter, finding, 3), { times: 0, of: 3 }, 'late once in each run');
  t.match(await replayFinding(starved(() => true).adapter, finding, 3), { times: 3, of: 3 });
});
