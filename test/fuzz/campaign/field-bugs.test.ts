/** Small targets with bugs of the field: what a campaign says of each. */
import { join } from 'node:path';
import t from 'tap';
import { openTarget } from '../../../adapters/open-target.ts';
import { packageRoot } from '../../../base/package-root.ts';
import { type CampaignEnd, runCampaign } from '../../../fuzz/campaign/campaign.ts';
import { Completeness, UNSERVED_ROUNDS } from '../../../fuzz/campaign/completeness.ts';
import { CampaignProgress, figuresLine } from '../../../fuzz/campaign/progress.ts';
import { readFinding } from '../../../fuzz/findings/read-finding.ts';
import { replayFinding } from '../../../fuzz/findings/replay.ts';
import { operationsIn } from '../../../fuzz/generate/scenario.ts';
import { isSameFinding, type RoundReport } from '../../../fuzz/judge/round-report.ts';
import type { Finding } from '../../../fuzz/record/finding.ts';
import { buildExample } from '../../adapters/native/example-library.ts';

const input = (name: string): string => join(packageRoot(), 'test', 'fuzz', 'inputs', name);

async function campaign(
  name: string,
  rounds: number,
  milliseconds?: number,
): Promise<{ readonly findings: readonly Finding[]; readonly end: CampaignEnd }> {
  const findings: Finding[] = [];
  const adapter = await openTarget(input(name));
  const end = await runCampaign({
    ...{ adapter, version: 'test', seed: 3n, modes: [], memoryLimit: 8n << 20n },
    budget: { rounds, operations: undefined, milliseconds },
    shrinkBudget: 400,
    onFinding: (finding) => findings.push(finding),
  });
  await adapter.close();
  return { findings, end };
}

const sizeOf = ({ minimal = [] }: Finding): number => operationsIn({ mode: '', programs: minimal });

t.test('two deaths are two findings, each small, each repeated on a fresh target', async (t) => {
  const { findings } = await campaign('two.js', 300);
  const kinds = findings.map(({ kind }) => kind).toSorted();
  t.match(kinds, [
    /bug one: a buffer of three pages at two\.js:…$/,
    /bug two: a mapping at the second page at two\.js:…$/,
  ]);
  t.equal(findings.length, 2);
  for (const finding of findings) {
    t.ok(sizeOf(finding) <= 3, `${sizeOf(finding)} operations`);
    t.strictSame(finding.reproduced, { times: 10, of: 10 });
  }
});

t.test('a target that dies at every end of a process, and one that dies by chance', async (t) => {
  const always = await campaign('always.js', 40);
  t.equal(always.findings.length, 1);
  for (const finding of always.findings) {
    t.ok(sizeOf(finding) >= 1 && sizeOf(finding) <= 2, `${sizeOf(finding)} operations`);
    t.strictSame(finding.reproduced, { times: 10, of: 10 });
  }
  const { findings } = await campaign('unrelated.js', 150);
  t.ok(findings.length > 0);
  for (const { reproduced } of findings) {
    t.equal(reproduced?.of, 10, 'the count was measured');
    t.ok((reproduced?.times ?? 10) < 10, 'and says that chance has a hand in it');
  }
});

t.test('nothing that is closed comes back: the leak is found, and shows again', async (t) => {
  const { findings } = await campaign('leak.js', 64);
  t.strictSame(
    findings.map(({ signature }) => signature),
    ['capacity LIF-09: memory is lost'],
  );
  t.strictSame(findings[0]?.reproduced, { times: 10, of: 10 });
});

t.test('a client that unmaps what is not its own does not accuse a right library', async (t) => {
  const library = await buildExample(t.testdir({}));
  const adapter = await openTarget(`native:${library}`);
  const finding = readFinding(input('unmaps-foreign-memory.json'));
  t.equal((await replayFinding(adapter, finding, 4)).times, 0);
  await adapter.close();
});

t.test('a stored death is the same as one that is told with its blame', async (t) => {
  const died = 'survival ERR-12: a client died of SIGSEGV';
  t.ok(isSameFinding(died, `${died} in ioctl`));
  t.ok(isSameFinding('target ERR-12: the target died', 'target ERR-12: the target died: BUG: x'));
  t.notOk(isSameFinding(`${died} in mmap`, `${died} in ioctl`));
  t.notOk(isSameFinding('content ISO-01: a', 'content ISO-01: a: b'));
});

const report = (change: Partial<RoundReport>): RoundReport => ({
  done: { index: 0, mode: 'hammer', operations: 1, signatures: [] },
  ...{ detections: [], peakBytes: 0n },
  ...change,
});

t.test('a campaign that judged nothing, or mostly waited, says so', async (t) => {
  t.match(new Completeness().reason(0), 'nothing was judged');
  const waits = new Completeness();
  waits.count(report({ time: { total: 100, waited: 0 } }));
  t.equal(waits.reason(1), '');
  waits.count(report({ time: { total: 900, waited: 900 } }));
  t.match(waits.reason(2), 'it mostly waited: calls did not come back in time in 1 of 2 rounds');
  const { end } = await campaign('two.js', 10_000, 0);
  t.equal(end.rounds, 0);
  t.match(end.reason, 'nothing was judged');
});

t.test('a target that refuses everything for many rounds in a row is accused', async (t) => {
  const rounds = new Completeness();
  const violation = { oracle: 'service', requirement: 'IOC-01', kind: '', detail: '', events: [] };
  const round = { scenario: { mode: '', programs: [] }, histories: [], violations: [] };
  const refused = report({ service: { granted: false, refusal: { index: 0, round, violation } } });
  const served = report({ service: { granted: true } });
  for (let at = 1; at < UNSERVED_ROUNDS; at += 1) t.equal(rounds.count(refused), undefined);
  t.equal(rounds.count(served), undefined, 'one buffer, and it begins again');
  for (let at = 1; at < UNSERVED_ROUNDS; at += 1) rounds.count(refused);
  t.equal(rounds.count(report({})), undefined, 'nothing was asked for');
  t.equal(rounds.count(refused)?.violation, violation);
  t.equal(rounds.count(refused), undefined, 'once');
});

t.test('the line says that something is made smaller', async (t) => {
  const progress = new CampaignProgress({ rounds: 0, findings: 0 });
  progress.minimizes('ISO-01');
  t.match(figuresLine(progress.take()), '0 rounds, shrinking what breaks ISO-01 for 0 s');
  progress.finding();
  t.match(figuresLine(progress.take()), '0 rounds, 0 operations/s');
});
