/** Group `descriptors` on the simulator: the file behind a new descriptor. */
import t from 'tap';
import { linux, type Session } from '../../../adapters/contract/index.ts';
import { openSimulator } from '../../../adapters/simulator/adapter.ts';
import type { Verdict } from '../../../reports/record/record.ts';
import { runSuites } from '../../../suites/index.ts';
import { testGroup } from './group.ts';

testGroup('descriptors', { seenWith: { 'FD-06': 'cloexec-ignored' } });

t.test('POLLNVAL for a negative descriptor is told by its name', async (t) => {
  const sound = await openSimulator('sim:').open();
  const session: Session = {
    facts: sound.facts,
    begin: (id) => sound.begin(id),
    close: () => sound.close(),
    async run(program) {
      const history = await sound.run(program);
      const [operation] = program.threads[0]?.operations ?? [];
      if (operation?.op !== 'poll' || typeof operation.fd !== 'bigint') return history;
      if (BigInt.asIntN(32, operation.fd) >= 0n) return history;
      const threads = history.threads.map((results) =>
        results.map((result) => ({ ...result, value: linux.POLLNVAL })),
      );
      return { ...history, threads };
    },
  };
  const verdicts: Verdict[] = [];
  const ignore = (): void => {};
  await runSuites({
    adapter: { url: 'sim:', open: async () => session, close: async () => {} },
    only: ['FD-13'],
    onStart: ignore,
    onCaseStart: ignore,
    onNotice: ignore,
    onCaseEnd: (line) => verdicts.push(...line.verdicts),
  });
  const told = verdicts.find(({ profile }) => profile === 'hardened');
  t.equal(told?.status, 'fail');
  t.strictSame(told?.observed, ['POLLNVAL for a negative descriptor, which poll ignores']);
});
