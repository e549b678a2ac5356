/**
 * Goal: the findings of one defect are one group, and those of two defects never are: what a group
 * ties together is run again on targets with each defect alone.
 */
import t from 'tap';
import { openSimulator } from '../../../adapters/simulator/adapter.ts';
import { runScenario } from '../../../fuzz/execute/run-scenario.ts';
import { groupsOf } from '../../../fuzz/findings/groups.ts';
import { withNames } from '../../../fuzz/findings/named.ts';
import { type Finding, replayFinding } from '../../../fuzz/index.ts';
import { violationIn } from '../../../fuzz/judge/round-report.ts';
import { inOrderOfCalls } from '../../../fuzz/minimize/one-thread.ts';
import { sharedPage, withFrames } from '../../../fuzz/minimize/shared-page.ts';
import { campaignContext } from '../../../fuzz/plan/campaign-context.ts';
import { recordedRun } from '../../../fuzz/record/finding.ts';
import { findingsOn } from '../campaign-findings.ts';

/** The second page of the buffer: only its first one is another's too. */
const PAGE = 4096n;

const ONE = 'sim:?defect=overlapping-buffers';
const OTHER = 'sim:?defect=freed-while-mapped';
const BOTH = 'sim:?defect=overlapping-buffers&defect=freed-while-mapped';

async function showsOn(url: string, finding: Finding): Promise<boolean> {
  const adapter = openSimulator(url);
  const { times } = await replayFinding(adapter, finding, 1);
  await adapter.close();
  return times > 0;
}

const overlapping = await findingsOn(ONE, 12);

t.test('the faces of one defect are one group, the defect itself first', async (t) => {
  const [first, ...others] = groupsOf(overlapping);
  const signatures = first?.map(({ signature }) => signature) ?? [];
  t.match(signatures[0], 'two live buffers share a page');
  t.ok(signatures.length >= 2, `in one group: ${signatures.join('; ')}`);
  t.strictSame(first?.[0].cause?.steps, ['allocate', 'allocate']);
  for (const [one] of others) t.equal(one.cause, undefined, `${one.signature} is not tied to it`);
});

t.test('messages name buffers as the schedule does', async (t) => {
  const exclusion = overlapping.find(({ oracle }) => oracle === 'exclusion');
  if (exclusion === undefined) throw new Error('the defect was not found');
  t.match(withNames(exclusion).detail, /^frame 0x\w+ belongs to buffer1 and to buffer2$/);
  t.equal(withNames({ ...exclusion, proof: [] }).detail, exclusion.detail, 'only what is proved');
});

t.test('a byte elsewhere is not put down to the page that buffers share', async (t) => {
  const lost = overlapping.find(({ requirement }) => requirement === 'ISO-01');
  if (lost === undefined) throw new Error('the defect was not found');
  const adapter = openSimulator(ONE);
  const session = await adapter.open();
  const options = { modes: [], memoryLimit: 8n << 20n };
  const { generator, rules } = campaignContext(session.facts, options);
  const { programs } = recordedRun(lost);
  const telling = withFrames({ mode: lost.mode, programs }, generator);
  const round = await runScenario(session, generator, rules, telling);
  await session.close();
  await adapter.close();
  const violation = violationIn(round, lost.signature);
  if (violation === undefined) throw new Error('the probe disturbs it');
  t.strictSame(sharedPage(round, violation, generator), lost.cause);
  const elsewhere = round.histories.map((history) => ({
    ...history,
    threads: history.threads.map((results) =>
      results.map((one) =>
        one === violation.events.at(-1)?.result ? { ...one, value: PAGE } : one,
      ),
    ),
  }));
  const moved = {
    ...violation,
    events: violation.events.map((one, index, all) =>
      index === all.length - 1 ? { ...one, result: { ...one.result, value: PAGE } } : one,
    ),
  };
  t.equal(sharedPage({ ...round, histories: elsewhere }, moved, generator), undefined);
});

t.test('two defects at once stay two groups', async (t) => {
  const both = await findingsOn(BOTH, 40);
  const groups = groupsOf(both);
  t.ok(groups.length >= 2);
  let tied = 0;
  for (const group of groups) {
    const causes = new Set<string>();
    for (const finding of group) {
      const [one, other] = [await showsOn(ONE, finding), await showsOn(OTHER, finding)];
      causes.add(`${one ? ONE : ''} ${other ? OTHER : ''}`);
    }
    t.equal(causes.size, 1, `one defect alone shows ${group.map((f) => f.signature).join('; ')}`);
    tied += group.length - 1;
  }
  t.ok(tied > 0, 'and faces are tied all the same');
});

t.test('a cause that came about by other steps is another one', async (t) => {
  const [first, second] = groupsOf(overlapping)[0] ?? [];
  if (first === undefined || second?.cause === undefined) throw new Error('there are no faces');
  const steps = ['allocate', 'close', 'allocate'];
  const freed = { ...second, cause: { ...second.cause, steps } };
  t.equal(groupsOf([first, freed]).length, 2);
  const { cause: _, ...unproved } = second;
  t.equal(groupsOf([first, unproved, unproved]).length, 3, 'nor is one that was not proved');
});

t.test('threads of one client become one in the order of calls', async (t) => {
  const operation = (fd: bigint) => ({ op: 'close', fd }) as const;
  const result = (call: bigint) =>
    ({ outcome: 'returned', value: 0n, out: new Uint8Array(), call, return: call + 1n }) as const;
  const program = {
    threads: [
      { client: 'main', operations: [operation(1n), operation(3n)] },
      { client: 'main', operations: [operation(2n)] },
    ],
    deadlineMs: 1000,
  };
  const history = { threads: [[result(1n), result(5n)], [result(3n)]], deaths: [], log: [] };
  const merged = inOrderOfCalls([program], [{ ...history, deadlineHit: false }]);
  t.strictSame(
    merged?.[0]?.threads.map(({ operations }) => operations),
    [[operation(1n), operation(2n), operation(3n)]],
  );
  t.equal(inOrderOfCalls([program], []), undefined, 'what did not run has no place');
});
