/** Parallel rounds: what they generate, what they find alone, and what becomes of a finding. */
import t from 'tap';
import {
  FIRST_DESCRIPTOR,
  OPERATION_WORDS,
  PACKED,
  PACKED_SLOTS,
} from '../../../../adapters/contract/packed.ts';
import { openSimulator } from '../../../../adapters/simulator/adapter.ts';
import { runCampaign } from '../../../../fuzz/campaign/campaign.ts';
import { isParallel, modeNames } from '../../../../fuzz/generate/mode-selection.ts';
import { MODES } from '../../../../fuzz/generate/modes.ts';
import { PART_OPERATIONS, PackedWriter } from '../../../../fuzz/generate/packed-writer.ts';
import { operationsIn } from '../../../../fuzz/generate/scenario.ts';
import type { RoundDone } from '../../../../fuzz/judge/round-report.ts';
import type { Finding } from '../../../../fuzz/record/finding.ts';
import { LocalWorker } from '../../../../fuzz/workers/local-worker.ts';

const PAGES = 4096;
const writer = new PackedWriter();

function written(seed: bigint, index: number, part: number): Int32Array {
  const program = new Int32Array(PART_OPERATIONS * OPERATION_WORDS);
  const rows = writer.write(program, { version: 'test', seed, index, part }, PAGES);
  return program.subarray(0, rows * OPERATION_WORDS);
}

t.test('a part is a function of version, seed, index and part', async (t) => {
  const text = (...origin: Parameters<typeof written>): string => written(...origin).join(' ');
  const one = text(1n, 2, 0);
  t.ok(text(1n, 2, 0) === one);
  t.notOk([text(1n, 2, 1), text(1n, 3, 0), text(2n, 2, 0)].includes(one));
});

/** What is wrong with a packed Program by itself; the empty text when nothing is. */
function flawIn(program: Int32Array): string {
  const held = new Set<number>();
  const stamps = new Set<number>();
  for (let at = 0; at < program.length; at += OPERATION_WORDS) {
    const [kind = 0, slot = -1, value = 0] = program.subarray(at);
    const fills = kind === PACKED.allocate ? slot : kind === PACKED.duplicate ? value : -1;
    if (slot < 0 || slot >= PACKED_SLOTS) return `row ${at}: slot ${slot}`;
    if (kind !== PACKED.allocate && !held.has(slot)) return `row ${at}: slot ${slot} is empty`;
    if (fills >= 0 && held.has(fills)) return `row ${at}: slot ${fills} is full`;
    if (fills >= 0) held.add(fills);
    if (kind === PACKED.allocate && (value < 1 || value > PAGES))
      return `row ${at}: ${value} pages`;
    if (kind === PACKED.close) held.delete(slot);
    if (kind !== PACKED.stamp) continue;
    if (stamps.has(value)) return `row ${at}: the stamp ${value} again`;
    stamps.add(value);
  }
  return held.size === 0 ? '' : `${held.size} slots stay full`;
}

t.test('what is written can be run, and leaves nothing open', async (t) => {
  const flaws = Array.from({ length: 60 }, (_, index) => flawIn(written(9n, index, index % 3)));
  t.strictSame(
    flaws.filter((flaw) => flaw !== ''),
    [],
  );
  t.ok(FIRST_DESCRIPTOR > 2);
});

interface Ran {
  readonly findings: readonly Finding[];
  readonly rounds: readonly RoundDone[];
}

async function campaign(url: string, rounds: number, modes = ['parallel']): Promise<Ran> {
  const findings: Finding[] = [];
  const done: RoundDone[] = [];
  await runCampaign({
    ...{ adapter: openSimulator(url), version: 'test', seed: 3n, modes, memoryLimit: 8n << 20n },
    budget: { rounds, operations: undefined, milliseconds: undefined },
    shrinkBudget: 200,
    onFinding: (finding) => findings.push(finding),
    onRoundDone: (round) => done.push(round),
  });
  return { findings, rounds: done };
}

t.test('one thread finds what needs no other', async (t) => {
  for (const [defect, requirement, again] of [
    ['no-zeroing', 'ISO-01', 10],
    ['half-page-zeroed', 'ISO-01', 10],
    ['leak-on-close', 'LIF-09', 10],
    ['overlapping-buffers', 'CMA-03', 10],
    ['freed-on-first-close', 'CMA-03', 10],
    ['frees-one-page-more', 'CMA-03', 10],
    ['descriptor-not-lowest', 'FD-01', 10],
    ['search-never-wraps', 'LEN-07', undefined],
    ['leak-one-in-64', 'LIF-09', undefined],
  ] as const) {
    const { findings } = await campaign(`sim:?defect=${defect}`, 12);
    const finding = findings.find((one) => one.requirement === requirement);
    t.ok(finding, `${defect}: ${findings.map(({ signature }) => signature)}`);
    if (again !== undefined) t.equal(finding?.reproduced?.times, again, `${defect} on a schedule`);
    const { histories = [], minimal = [] } = finding ?? {};
    t.strictSame(
      histories.map(({ threads }) => threads.map(({ length }) => length)),
      minimal.map(({ threads }) => threads.map(({ operations }) => operations.length)),
      'every operation has a result',
    );
  }
});

t.test('the minimal Programs of what shows on a schedule are small', async (t) => {
  const { findings } = await campaign('sim:?defect=overlapping-buffers', 4);
  const finding = findings.find(({ requirement }) => requirement === 'CMA-03');
  const minimal = finding?.minimal ?? [];
  t.ok(operationsIn({ mode: '', programs: minimal }) <= 8);
  t.ok(operationsIn({ mode: '', programs: finding?.programs ?? [] }) > 20, 'cut from a round');
});

t.test('a right target is accused of nothing, also when it is full', async (t) => {
  for (const url of [
    'sim:',
    'sim:?region=128KiB',
    'sim:?order=0&region=256KiB',
    'sim:?page=16384',
  ]) {
    const { findings, rounds } = await campaign(url, 40);
    t.strictSame(
      findings.map(({ detail, signature }) => `${signature}: ${detail}`),
      [],
      url,
    );
    t.equal(rounds.length, 40);
    t.ok(rounds.every(({ operations }) => operations > 0));
  }
});

t.test('a round of one thread repeats exactly', async (t) => {
  const url = 'sim:?defect=leak-one-in-64';
  t.strictSame((await campaign(url, 12)).rounds, (await campaign(url, 12)).rounds);
});

t.test('the mode has to be asked for, and takes turns with the others', async (t) => {
  const names = MODES.map(({ name }) => name);
  t.strictSame(modeNames([], names, true), names);
  t.strictSame(modeNames(['all'], names, true), [...names, 'parallel']);
  t.strictSame(modeNames(['all'], names, false), names);
  t.strictSame(modeNames(['parallel'], names, true), ['parallel']);
  t.strictSame(modeNames(['parallel', 'hammer'], ['hammer'], true), ['hammer', 'parallel']);
  const turns = (modes: readonly string[]): boolean[] =>
    [0, 1, 2, 3].map((index) => isParallel(modes, index));
  t.strictSame(turns(['hammer', 'parallel']), [false, true, false, true]);
  t.strictSame(turns(['parallel']), [true, true, true, true]);
  t.strictSame(turns(names), [false, false, false, false]);
  const { rounds } = await campaign('sim:', 8, ['hammer', 'parallel']);
  t.strictSame(
    rounds.map(({ mode }) => mode),
    Array.from({ length: 4 }, () => ['hammer', 'parallel']).flat(),
  );
});

t.test('a target that threads cannot use together says so', async (t) => {
  const adapter = openSimulator('sim:?defect=leak-at-munmap');
  const options = { adapter, version: 'test', seed: 1n, shrinkBudget: 0, memoryLimit: 8n << 20n };
  const alone = new LocalWorker({ ...options, modes: ['parallel'] });
  await t.rejects(alone.describeTarget(), {
    blame: 'usage',
    message: /^threads cannot use sim:\?defect=leak-at-munmap together/,
  });
  const all = await new LocalWorker({ ...options, modes: ['all'] }).describeTarget();
  t.notOk(all.modes.includes('parallel'));
});
