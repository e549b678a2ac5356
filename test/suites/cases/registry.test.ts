/**
 * Group `registry` on the simulator: allocators that come and go. The cases leave no device behind,
 * and without the node they skip.
 */
import t from 'tap';
import type { Adapter, Session } from '../../../adapters/contract/index.ts';
import { openSimulator } from '../../../adapters/simulator/adapter.ts';
import { catalogue } from '../../../catalogue/catalogue.ts';
import type { Verdict } from '../../../reports/record/record.ts';
import { runSuites } from '../../../suites/index.ts';
import { testGroup } from './group.ts';

const GROUP = catalogue().requirements.filter(({ group }) => group === 'registry');

testGroup('registry');

/** Verdicts of the whole group in one session, which stays usable. */
async function judged(session: Session): Promise<Verdict[]> {
  const adapter: Adapter = { url: 'sim:', open: async () => session, close: async () => {} };
  const verdicts: Verdict[] = [];
  const ignore = (): void => {};
  await runSuites({
    adapter,
    only: GROUP.map(({ id }) => id),
    onStart: ignore,
    onCaseStart: ignore,
    onNotice: ignore,
    onCaseEnd: (line) => verdicts.push(...line.verdicts),
  });
  return verdicts;
}

async function classOf(session: Session): Promise<string> {
  await session.begin('after');
  const operations = [{ op: 'readfile', document: '/sys/class/simple_allocator' } as const];
  const threads = [{ client: 'main', operations }];
  const history = await session.run({ threads, deadlineMs: 1000 });
  return new TextDecoder().decode(history.threads[0]?.[0]?.out);
}

for (const url of ['sim:', 'sim:?behaviour=rfc-v2', 'sim:?defect=owner-unchecked']) {
  t.test(`${url}: every device that a case registered is gone`, async (t) => {
    const session = await openSimulator(url).open();
    const verdicts = await judged(session);
    t.equal(new Set(verdicts.map(({ requirement }) => requirement)).size, GROUP.length);
    t.equal(await classOf(session), 'cma0 222:0\ncma1 222:1\n');
  });
}

t.test('a second time, the same session gives the same verdicts', async (t) => {
  const session = await openSimulator('sim:').open();
  const statuses = async (): Promise<string[]> =>
    (await judged(session)).map((one) => `${one.requirement} ${one.profile} ${one.status}`);
  const first = await statuses();
  t.strictSame(
    first.filter((line) => !line.endsWith(' pass')),
    ['REG-04 rfc info'],
  );
  t.strictSame(await statuses(), first);
});

t.test('a target without a registry is asked nothing', async (t) => {
  const session = await openSimulator('sim:').open();
  const capabilities = session.facts.capabilities.filter((one) => one !== 'registry');
  const without: Session = {
    facts: { ...session.facts, capabilities },
    begin: async (id) => session.begin(id),
    run: async (program) => session.run(program),
    close: async () => session.close(),
  };
  const verdicts = await judged(without);
  t.ok(verdicts.length > GROUP.length);
  for (const { status, reason } of verdicts) {
    t.equal(status, 'skip');
    const sentence = 'they need /dev/allocert_control, see docs/test-control.md';
    t.equal(reason, `the target offers no registry operations; ${sentence}`);
  }
});
