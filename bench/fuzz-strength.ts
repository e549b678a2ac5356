/**
 * How soon the fuzzer finds each defect of the simulator, with random seeds:
 * `npm run bench:fuzz [SEEDS] [ROUNDS] [SECTION]`. A section is `lifetime`, `buffers`, `requests`,
 * `all` or the name of one defect. Prints a Markdown table of operations to the first finding and
 * the size of its smallest Programs, and ends 1 when a defect was missed by some seed.
 */
import { randomBytes } from 'node:crypto';
import { openTarget } from '../adapters/open-target.ts';
import {
  BUFFER_DEFECTS,
  RACE_DEFECTS,
  REQUEST_DEFECTS,
} from '../adapters/simulator/defects/all.ts';
import type { Defect } from '../adapters/simulator/defects/defect.ts';
import { runCampaign } from '../fuzz/campaign/campaign.ts';
import { operationsIn } from '../fuzz/generate/scenario.ts';

const [seeds = '20', rounds = '2000', wanted = 'all'] = process.argv.slice(2);
const SHRINK_BUDGET = 400;
/** Seeds whose finding is shrunk: the sizes hardly differ, and shrinking takes longest. */
const SHRUNK = 1;

/** Rules that are about what happens at once, or about how long buffers live and what they show. */
const LIFETIME = /^(CON|LIF|ISO)-|^FD-0[345]$|^MAP-1[235]$/;
const isLifetime = ({ breaks }: Defect): boolean => breaks.some((rule) => LIFETIME.test(rule));

/** Where nothing that comes back tells a defect from a right target, and why. */
const UNDECIDABLE: Readonly<Record<string, string>> = {
  'order-ignored': 'nothing tells up to which order a target aligns; `order=0` is right, too',
};

const SECTIONS: Readonly<Record<string, readonly Defect[]>> = {
  lifetime: [
    ...RACE_DEFECTS,
    ...[...BUFFER_DEFECTS, ...REQUEST_DEFECTS].filter((defect) => isLifetime(defect)),
  ],
  buffers: BUFFER_DEFECTS.filter((defect) => !isLifetime(defect)),
  requests: REQUEST_DEFECTS.filter((defect) => !isLifetime(defect)),
};

interface Hunt {
  /** Operations to the first finding; undefined when there was none. */
  readonly operations: number | undefined;
  readonly signature: string;
  /** Operations of the smallest Program that shows it; undefined when it was not shrunk. */
  readonly minimal: number | undefined;
}

async function hunt({ name, needs }: Defect, seed: bigint, shrink: boolean): Promise<Hunt> {
  const enough = new AbortController();
  const adapter = await openTarget(`sim:?defect=${name}${needs === undefined ? '' : `&${needs}`}`);
  let found: Hunt | undefined;
  let operations = 0;
  let until: number | undefined;
  await runCampaign({
    adapter,
    version: 'strength',
    seed,
    budget: { rounds: Number(rounds), operations: undefined, milliseconds: undefined },
    modes: [],
    memoryLimit: 8n << 20n,
    shrinkBudget: shrink ? SHRINK_BUDGET : 0,
    signal: enough.signal,
    onFinding: ({ minimal = [], signature }) => {
      if (found !== undefined) return;
      const size = operationsIn({ mode: '', programs: minimal });
      found = { operations: undefined, signature, minimal: shrink ? size : undefined };
      enough.abort();
    },
    // What was run at the same time is counted, too, and took no part in it.
    onRoundDone: (round) => {
      operations += round.operations;
      if (found !== undefined) until ??= operations;
    },
  });
  if (found === undefined) return { operations: undefined, signature: '', minimal: undefined };
  return { ...found, operations: until };
}

const middle = (values: readonly number[]): number | undefined =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];

const start = randomBytes(6).readUIntBE(0, 6);
const smallest: number[] = [];
let missed = 0;

async function huntAll(defect: Defect): Promise<void> {
  const reason = UNDECIDABLE[defect.name];
  if (reason !== undefined) {
    process.stdout.write(`| ${defect.name} | — | | | | ${reason} |\n`);
    return;
  }
  const hunts: Hunt[] = [];
  for (let at = 0; at < Number(seeds); at += 1) {
    hunts.push(await hunt(defect, BigInt(start + at), at < SHRUNK));
  }
  const needed = hunts.flatMap(({ operations }) => operations ?? []);
  if (needed.length < hunts.length) missed += 1;
  const minimal = middle(hunts.flatMap((one) => one.minimal ?? []));
  if (minimal !== undefined) smallest.push(minimal);
  const worst = needed.length === 0 ? '' : Math.max(...needed);
  const found = `${needed.length}/${hunts.length}`;
  const cells = [found, middle(needed) ?? '', worst, minimal ?? '', hunts[0]?.signature ?? ''];
  process.stdout.write(`| ${defect.name} | ${cells.join(' | ')} |\n`);
}

const named = Object.values(SECTIONS)
  .flat()
  .find(({ name }) => name === wanted);
const chosen = Object.entries(named === undefined ? SECTIONS : { [wanted]: [named] }).filter(
  ([name]) => wanted === 'all' || name === wanted,
);
if (chosen.length === 0) {
  process.stderr.write(
    `there is no section "${wanted}"; name one of lifetime, buffers, requests\n`,
  );
  process.exit(2);
}
process.stdout.write(`Seeds ${start} to ${start + Number(seeds) - 1}, ${rounds} rounds each.\n`);
for (const [section, defects] of chosen) {
  process.stdout.write(`\n${section}: ${defects.length} defects\n\n`);
  process.stdout.write('| defect | found | operations, median | worst | smallest | as |\n');
  process.stdout.write('| --- | ---: | ---: | ---: | ---: | --- |\n');
  for (const defect of defects) await huntAll(defect);
}
process.stdout.write(`\n${missed} defects were missed by some seed; `);
process.stdout.write(`the smallest Programs have ${middle(smallest)} operations in the median.\n`);
process.exitCode = missed > 0 ? 1 : 0;
