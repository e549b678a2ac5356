/** A target that is ended from outside accuses nobody; one that dies of it again does. */
import t from 'tap';
import { type Adapter, type Session, TargetDeath } from '../../../adapters/contract/index.ts';
import { decodeDeath, encodeDeath } from '../../../adapters/protocol/encode-death.ts';
import { openSimulator } from '../../../adapters/simulator/adapter.ts';
import { replayFinding } from '../../../fuzz/index.ts';
import { shortCampaign } from '../campaign-findings.ts';

/** A simulator that is lost at certain Programs, counted over all its sessions. */
function lossy(lostAt: (count: number) => boolean, forced: boolean): Adapter {
  const inner = openSimulator('sim:');
  let programs = 0;
  const wrap = (session: Session): Session => ({
    facts: session.facts,
    begin: (id) => session.begin(id),
    run: async (program) => {
      programs += 1;
      if (lostAt(programs)) throw new TargetDeath('crash', 'QEMU ended (SIGKILL)', [], forced);
      return session.run(program);
    },
    close: () => session.close(),
  });
  return {
    url: 'sim:',
    open: async () => wrap(await inner.open()),
    close: () => inner.close(),
  };
}

const campaign = (adapter: Adapter) => shortCampaign(adapter, 'hammer', 20);

t.test('a daemon passes on that its target was ended from outside', async (t) => {
  for (const forced of [true, false]) {
    const told = decodeDeath(encodeDeath(new TargetDeath('crash', 'gone', ['last line'], forced)));
    t.match(told, { manner: 'crash', message: 'gone', log: ['last line'], forced });
  }
});

const KILLED = 33;

t.test('a round whose target was killed from outside is run again', async (t) => {
  const { end, findings } = await campaign(lossy((count) => count === KILLED, true));
  t.strictSame(findings, []);
  t.equal(end.rounds, 20);
  t.equal(end.reason, '');
});

t.test('killed again in the same round, it is a finding', async (t) => {
  const twice = lossy((count) => count === KILLED || count === KILLED + 1, true);
  const { end, findings } = await campaign(twice);
  t.strictSame(
    findings.map(({ signature }) => signature),
    ['target ERR-12: the target died: QEMU ended (SIGKILL)'],
  );
  t.equal(end.rounds, 20);
});

t.test('a target that dies of itself is a finding at once', async (t) => {
  const { findings } = await campaign(lossy((count) => count === KILLED, false));
  t.equal(findings.length, 1);
  const [finding] = findings;
  if (finding === undefined) return;
  const killed = await replayFinding(
    lossy((count) => count === 1, true),
    finding,
    2,
  );
  t.match(killed, { times: 0, of: 2, deaths: 0 }, 'killed from outside, it has not shown');
  const died = await replayFinding(
    lossy((count) => count === 1, false),
    finding,
    2,
  );
  t.match(died, { times: 1, of: 2, deaths: 1 });
});
