/** Findings as people read them: the whole text of three, and what holds for every one. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openSimulator } from '../../../adapters/simulator/adapter.ts';
import { packageRoot } from '../../../base/package-root.ts';
import { scheduleOf } from '../../../fuzz/findings/schedule.ts';
import { type Finding, readFinding, runCampaign } from '../../../fuzz/index.ts';

async function firstFinding(defect: string, mode: string, rounds: number): Promise<Finding> {
  const findings: Finding[] = [];
  const adapter = openSimulator(`sim:?defect=${defect}`);
  await runCampaign({
    adapter,
    version: '0.1.0',
    seed: 1n,
    budget: { rounds, operations: undefined, milliseconds: undefined },
    modes: [mode],
    memoryLimit: 8n << 20n,
    shrinkBudget: 300,
    onFinding: (finding) => findings.push(finding),
  });
  await adapter.close();
  const [first] = findings;
  if (first === undefined) throw new Error(`${defect} was not found`);
  return first;
}

t.test('a schedule is what it was', async (t) => {
  const kernel = readFinding(
    join(packageRoot(), 'test/fixtures/debian-6.12-dma-heap/finding-unknown-nr.json'),
  );
  const texts = [
    kernel,
    await firstFinding('efault-takes-back', 'meddling', 61),
    await firstFinding('freed-while-mapped', 'hammer', 40),
    await firstFinding('leak-in-flight', 'lifetime', 10),
  ].map((finding) => [finding.signature, ...scheduleOf(finding), ''].join('\n'));
  const golden = join(packageRoot(), 'test/golden/schedules.txt');
  t.equal(texts.join('\n'), readFileSync(golden, 'utf8'));
  for (const line of texts.join('\n').split('\n')) t.ok(line.length <= 100, line);
});
