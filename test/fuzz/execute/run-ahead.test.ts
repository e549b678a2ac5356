/** Rounds that the target is given before their turn: none is judged as another, or gets lost. */
import t from 'tap';
import { type Adapter, type Session, TargetDeath } from '../../../adapters/contract/index.ts';
import { openSimulator } from '../../../adapters/simulator/adapter.ts';
import { shortCampaign } from '../campaign-findings.ts';

/**
 * A simulator that takes cases together, as an agent does, and notes when each is given and
 * answered. With `dies`, the case of that number kills it, and whatever it was given after that.
 */
function queued(dies = -1): { adapter: Adapter; notes: string[] } {
  const inner = openSimulator('sim:');
  const notes: string[] = [];
  let given = 0;
  const open = async (): Promise<Session> => {
    const session = await inner.open();
    let turn: Promise<unknown> = Promise.resolve();
    let isDead = false;
    return {
      facts: session.facts,
      begin: (id) => session.begin(id),
      run: (program) => session.run(program),
      runCase: (caseId, programs) => {
        const number = given;
        given += 1;
        notes.push(`given ${number}`);
        const answer = turn.then(async () => {
          isDead ||= number === dies;
          if (isDead) throw new TargetDeath('crash', 'it fell');
          await session.begin(caseId);
          const histories = [];
          for (const program of programs) histories.push(await session.run(program));
          notes.push(`answered ${number}`);
          return histories;
        });
        turn = answer.catch(() => undefined);
        return answer;
      },
      close: () => session.close(),
    };
  };
  return { adapter: { url: 'sim:', open, close: () => inner.close() }, notes };
}

const campaign = (adapter: Adapter) => shortCampaign(adapter, 'sequential', 6);

t.test('the target has the next round before this one is judged', async (t) => {
  const { adapter, notes } = queued();
  const { findings, rounds } = await campaign(adapter);
  t.strictSame(findings, []);
  t.strictSame(
    rounds.map(({ index }) => index),
    [0, 1, 2, 3, 4, 5],
  );
  t.ok(notes.indexOf('given 1') < notes.indexOf('answered 0'));
  t.equal(notes.filter((note) => note.startsWith('answered')).length, 6, 'none runs twice');
  const plain = await campaign(openSimulator('sim:'));
  t.strictSame(
    rounds.map(({ operations }) => operations),
    plain.rounds.map(({ operations }) => operations),
    'they are the same rounds',
  );
});

t.test('a death is of the round that ran, and the one behind it runs again', async (t) => {
  const { adapter, notes } = queued(2);
  const { findings, rounds } = await campaign(adapter);
  t.match(findings, [{ oracle: 'target', detail: /it fell/ }]);
  t.strictSame(
    rounds.map(({ signatures }) => signatures.length),
    [0, 0, 1, 0, 0, 0],
    'the third alone is accused',
  );
  t.notOk(notes.includes('answered 3'), 'what was given to the dead one is given again');
});
