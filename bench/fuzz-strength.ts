/**
 * How soon the fuzzer finds each defect of the simulator, with random seeds:
 * `npm run bench:fuzz [SEEDS] [ROUNDS]`. Prints a Markdown table of operations to the first finding
 * and its smallest Program, and ends 1 when a defect was missed by some seed.
 */
import { randomBytes } from 'node:crypto';
import { openTarget } from '../adapters/registry.ts';
import { BUFFER_DEFECTS } from '../adapters/simulator/defects/buffers.ts';
import type { Defect } from '../adapters/simulator/defects/defect.ts';
import { RACE_DEFECTS } from '../adapters/simulator/defects/races.ts';
import { runCampaign } from '../fuzz/campaign.ts';
import { operationsIn } from '../fuzz/round.ts';

const [seeds = '20', rounds = '500'] = process.argv.slice(2);
const SHRINK_BUDGET = 200;

interface Hunt {
  /** Operations to the first finding; undefined when there was none. */
  readonly operations: number | undefined;
  /** Operations of the smallest Program that shows it. */
  readonly minimal: number;
}

async function hunt({ name, needs }: Defect, seed: bigint, shrink: boolean): Promise<Hunt> {
  const enough = new AbortController();
  const adapter = await openTarget(`sim:?defect=${name}${needs === undefined ? '' : `&${needs}`}`);
  let minimal = 0;
  let found = false;
  const end = await runCampaign({
    adapter,
    version: 'strength',
    seed,
    budget: { rounds: Number(rounds), operations: undefined, milliseconds: undefined },
    modes: [],
    memoryLimit: 8n << 20n,
    shrinkBudget: shrink ? SHRINK_BUDGET : 0,
    signal: enough.signal,
    onFinding: (finding) => {
      if (found) return;
      found = true;
      minimal = operationsIn({ mode: '', programs: finding.minimal ?? [] });
      enough.abort();
    },
  });
  return { operations: found ? end.operations : undefined, minimal };
}

const middle = (sorted: readonly number[]): number => sorted[Math.floor(sorted.length / 2)] ?? 0;

const start = randomBytes(6).readUIntBE(0, 6);
process.stdout.write(`Seeds ${start} to ${start + Number(seeds) - 1}, ${rounds} rounds each.\n\n`);
process.stdout.write('| defect | found | operations, median | worst | smallest |\n');
process.stdout.write('| --- | ---: | ---: | ---: | ---: |\n');
const smallest: number[] = [];
let missed = 0;
for (const defect of [...BUFFER_DEFECTS, ...RACE_DEFECTS]) {
  const hunts: Hunt[] = [];
  for (let at = 0; at < Number(seeds); at += 1) {
    hunts.push(await hunt(defect, BigInt(start + at), at === 0));
  }
  const needed = hunts
    .flatMap(({ operations }) => operations ?? [])
    .toSorted((one, other) => one - other);
  if (needed.length < hunts.length) missed += 1;
  const minimal = hunts[0]?.minimal ?? 0;
  if (minimal > 0) smallest.push(minimal);
  const cells = [`${needed.length}/${hunts.length}`, middle(needed), needed.at(-1) ?? '', minimal];
  process.stdout.write(`| ${defect.name} | ${cells.join(' | ')} |\n`);
}
const size = middle(smallest.toSorted((one, other) => one - other));
process.stdout.write(`\n${missed} defects were missed by some seed; `);
process.stdout.write(`the smallest Programs have ${size} operations in the median.\n`);
process.exitCode = missed > 0 ? 1 : 0;
