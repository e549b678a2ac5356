/**
 * How fast a campaign is on a real target, as a ratio to what the target makes at best: operations
 * a second of a campaign in its usual modes, to allocations and closes a second in a loop that the
 * executor runs in one Program, which is nine tenths of a loop in C (`npm run bench:guest`). The
 * loop is run before and after the campaign. Without a target it is the example's library, in both
 * modes.
 *
 * `node build/bench/fuzz-target.js [TARGET [SECONDS]]`
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Adapter, Operation } from '../adapters/contract/index.ts';
import { openTarget } from '../adapters/open-target.ts';
import { commandOf, fieldOf, requestBytes } from '../catalogue/abi-request.ts';
import { abiNamed } from '../catalogue/catalogue.ts';
import { runCampaign } from '../fuzz/campaign/campaign.ts';
import { buildExample } from '../test/adapters/native/example-library.ts';
import { type Figures, tellFigures } from './all/figures.ts';

const TIMES = 20_000n;
const LENGTH = 16_384n;

const [url, seconds = '15'] = process.argv.slice(2);

/** Pairs of an allocation and a close a second. */
async function loopOf(adapter: Adapter): Promise<number> {
  const session = await adapter.open();
  await session.begin('bench');
  const abi = abiNamed(session.facts.regions[0]?.abi ?? 'simple-allocator');
  const { offset, width, signed } = fieldOf(abi, 'descriptor');
  const buffer = { slot: 'buffer', offset, width, signed: signed === true };
  const argument = { bytes: requestBytes(abi, { length: LENGTH }) };
  const body: readonly Operation[] = [
    { op: 'ioctl', slot: 'buffer', fd: { slot: 'device' }, request: commandOf(abi), argument },
    { op: 'close', fd: buffer },
  ];
  const operations: readonly Operation[] = [
    { op: 'open', file: 'region:0', flags: 2n, slot: 'device' },
    { op: 'repeat', times: TIMES, stop: 'failure', body },
  ];
  const { threads } = await session.run({
    threads: [{ client: 'main', operations }],
    deadlineMs: 600_000,
  });
  const loop = threads[0]?.[1];
  if (loop?.value !== TIMES || loop.return === undefined) throw new Error('a call failed');
  await session.close();
  return (Number(TIMES) * 1e9) / Number(loop.return - loop.call);
}

interface CampaignRate {
  readonly rounds: number;
  readonly operations: number;
}

/** Rounds and operations a second, from the end of the first round on. */
async function campaignOf(adapter: Adapter): Promise<CampaignRate> {
  let [rounds, operations, start, end] = [-1, 0, 0, 0];
  await runCampaign({
    ...{ adapter, version: 'bench', seed: 1n, modes: [], memoryLimit: 8n << 20n, shrinkBudget: 0 },
    budget: { rounds: undefined, operations: undefined, milliseconds: Number(seconds) * 1000 },
    onRoundDone: (round) => {
      rounds += 1;
      end = performance.now();
      if (rounds === 0) start = end;
      else operations += round.operations;
    },
  });
  const took = (end - start) / 1000;
  return { rounds: rounds / took, operations: operations / took };
}

async function measured(target: string, name: string): Promise<Figures> {
  const adapter = await openTarget(target);
  try {
    const before = await loopOf(adapter);
    const { operations, rounds } = await campaignOf(adapter);
    const loop = (before + (await loopOf(adapter))) / 2;
    const ratio = operations / loop;
    console.log(
      `${name}: ${rounds.toFixed(0)} rounds/s, ${operations.toFixed(0)} operations/s; a loop ` +
        `makes ${loop.toFixed(0)} allocations and closes a second: ${ratio.toFixed(3)}`,
    );
    return { [name]: ratio, [`${name}-rounds`]: rounds };
  } finally {
    await adapter.close();
  }
}

if (url !== undefined) {
  tellFigures(await measured(url, url.slice(0, url.indexOf(':'))));
} else {
  const folder = mkdtempSync(join(tmpdir(), 'allocert-bench-'));
  try {
    const library = await buildExample(folder);
    for (const mode of ['contained', 'in-process']) {
      tellFigures(await measured(`native:${library}?mode=${mode}`, mode));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
