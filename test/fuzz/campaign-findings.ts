import { openSimulator } from '../../adapters/simulator/adapter.ts';
import { type Finding, runCampaign } from '../../fuzz/index.ts';

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
