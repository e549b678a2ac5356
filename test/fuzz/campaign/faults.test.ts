/** Campaigns of the mode `faults` on the simulator: a right one is clean, error paths are found. */
import t from 'tap';
import { openSimulator } from '../../../adapters/simulator/adapter.ts';
import { runCampaign } from '../../../fuzz/campaign/campaign.ts';

async function found(url: string, rounds: number): Promise<readonly string[]> {
  const signatures: string[] = [];
  const adapter = openSimulator(url);
  const { rounds: done } = await runCampaign({
    ...{ adapter, version: 'test', seed: 1n, modes: ['faults'], memoryLimit: 8n << 20n },
    budget: { rounds, operations: undefined, milliseconds: undefined },
    shrinkBudget: 0,
    onFinding: ({ signature }) => signatures.push(signature),
  });
  t.equal(done, rounds);
  await adapter.close();
  return signatures;
}

t.test('a right simulator is accused of nothing while allocations fail', async (t) => {
  t.strictSame(await found('sim:', 48), []);
  t.strictSame(await found('sim:?schedule=pct', 24), []);
});

/** Defects of paths that no other mode takes, and the oracles that name them. */
const DEFECTS: readonly (readonly [name: string, signature: RegExp])[] = [
  ['fault-leaks-buffer', /^accounting LIF-09: memory is lost/],
  ['fault-leaves-descriptor', /^descriptors ERR-04: a descriptor that nothing gave/],
  ['fault-tells-einval', /^errors IOC-01: ioctl failed with EINVAL/],
  ['fault-warns', /^survival ERR-12: kernel: WARNING/],
];

t.test('defects of error paths are found', async (t) => {
  for (const [name, signature] of DEFECTS) {
    const signatures = await found(`sim:?defect=${name}`, 16);
    t.ok(
      signatures.some((one) => signature.test(one)),
      `${name}: ${signatures.join(', ')}`,
    );
  }
});
