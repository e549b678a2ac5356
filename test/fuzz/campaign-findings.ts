import type { Adapter } from '../../adapters/contract/index.ts';
import { openSimulator } from '../../adapters/simulator/adapter.ts';
import { type CampaignEnd, type Finding, type RoundDone, runCampaign } from '../../fuzz/index.ts';

/** A campaign of one mode without shrinking: how it ended, what it found, which rounds it did. */
export async function shortCampaign(
  adapter: Adapter,
  mode: string,
  rounds: number,
): Promise<{ end: CampaignEnd; findings: Finding[]; rounds: RoundDone[] }> {
  const findings: Finding[] = [];
  const done: RoundDone[] = [];
  const end = await runCampaign({
    adapter,
    ...{ version: 'test', seed: 1n, modes: [mode], memoryLimit: 8n << 20n, shrinkBudget: 0 },
    budget: { rounds, operations: undefined, milliseconds: undefined },
    onFinding: (finding) => findings.push(finding),
    onRoundDone: (round) => done.push(round),
  });
  return { end, findings, rounds: done };
}

/** What a campaign of the usual seed finds on a simulator. */
export async function findingsOn(url: string, rounds: number): Promise<Finding[]> {
  const found: Finding[] = [];
  const adapter = openSimulator(url);
  await runCampaign({
    adapter,
    ...{ version: 'test', seed: 7n, modes: [], memoryLimit: 8n << 20n, shrinkBudget: 400 },
    budget: { rounds, operations: undefined, milliseconds: undefined },
    onFinding: (finding) => found.push(finding),
  });
  await adapter.close();
  return found;
}
