import type { Operation } from '../adapters/contract/index.ts';
import { type Bench, SUBJECT } from './bench.ts';
import { Inconclusive } from './case.ts';

/** Something that must leave as much memory free as it found. */
export interface Cycle {
  /** The requirement that is observed, in its role `memory`. */
  readonly requirement: string;
  /** One cycle, as operations of `client`. */
  readonly body: readonly Operation[];
  readonly client?: string;
  /** Bytes that the smallest leak worth claiming loses in one cycle. */
  readonly bytesPerCycle: bigint;
}

/** Cycles on a bounded region: each loses at least a page if it leaks, and capacity is exact. */
const BOUNDED_CYCLES = 256n;
/** Cycles before the first reading, so that caches of the kernel are warm. */
const WARM_UP_CYCLES = 64n;
/** Times the idle noise that the smallest claimed leak must amount to. */
const NOISE_FACTOR = 10n;
/** Readings without any work between them, to see how much the gauge moves by itself. */
const IDLE_READINGS = 5;
/** Buffers that one Program of a fill asks for. */
const FILL_MAX = 512n;
/** The most such fills in one case: each takes slots of its own. */
const FILLS_MAX = 100;
/** The size of the first buffers of a fill, when the region's size is not known. */
const FILL_START_BYTES = 1n << 20n;

/**
 * Runs a cycle many times and observes whether free memory is `conserved` or `leaked`. A bounded
 * region is filled before and after; of an unbounded one a gauge is read, over so many cycles that
 * the smallest leak claimed is ten times the gauge's idle noise.
 */
export async function observeConserved(bench: Bench, cycle: Cycle): Promise<void> {
  const seen = bench.region.bounded ? await byFilling(bench, cycle) : await byGauge(bench, cycle);
  bench.observe(cycle.requirement, 'memory', seen.word, seen.detail);
}

interface Seen {
  readonly word: 'conserved' | 'leaked';
  readonly detail: string;
}

async function byFilling(bench: Bench, cycle: Cycle): Promise<Seen> {
  await runCycles(bench, cycle, 1n);
  const before = await fill(bench);
  await runCycles(bench, cycle, BOUNDED_CYCLES);
  const after = await fill(bench);
  const detail =
    `the region held ${before.pages} pages before and ${after.pages} after ` +
    `${BOUNDED_CYCLES} cycles`;
  return { word: after.pages < before.pages ? 'leaked' : 'conserved', detail };
}

async function byGauge(bench: Bench, cycle: Cycle): Promise<Seen> {
  await runCycles(bench, cycle, WARM_UP_CYCLES);
  const idle: bigint[] = [];
  for (let reading = 0; reading < IDLE_READINGS; reading += 1) idle.push(await freeBytes(bench));
  const noise = idle.reduce(larger) - idle.reduce(smaller);
  const claimed = larger(noise * NOISE_FACTOR, BOUNDED_CYCLES * bench.page);
  const cycles = (claimed + cycle.bytesPerCycle - 1n) / cycle.bytesPerCycle;
  const before = await freeBytes(bench);
  await runCycles(bench, cycle, cycles);
  const after = await freeBytes(bench);
  const lost = before - after;
  const leaked = lost * 2n >= cycles * cycle.bytesPerCycle;
  const detail =
    `${bench.region.gauge} fell by ${lost} bytes over ${cycles} cycles; a leak of ` +
    `${cycle.bytesPerCycle} bytes a cycle would be ${cycles * cycle.bytesPerCycle}, idle noise ${noise}`;
  return { word: leaked ? 'leaked' : 'conserved', detail };
}

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);

async function runCycles(bench: Bench, cycle: Cycle, times: bigint): Promise<void> {
  const repeat: Operation = { op: 'repeat', times, stop: 'never', body: cycle.body };
  const history = await bench.runSteps(cycle.client ?? SUBJECT, [repeat]);
  const done = history.threads[0]?.[0]?.value;
  if (done !== times) throw new Inconclusive(`only ${done} of ${times} cycles ran`);
}

async function freeBytes(bench: Bench): Promise<bigint> {
  const { gauge } = bench.region;
  if (gauge === undefined) throw new Inconclusive('the target shows no gauge of free memory');
  const reply = await bench.subject.readfile({ document: '/proc/meminfo' });
  const text = new TextDecoder().decode(reply.out);
  const kibibytes = new RegExp(`^${gauge}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
  if (kibibytes === undefined) throw new Inconclusive(`/proc/meminfo shows no ${gauge}`);
  return BigInt(kibibytes) * 1024n;
}

/** What filling a region showed. */
export interface Filling {
  /** Pages that the region gave out before it was full. */
  readonly pages: bigint;
  /** How the request failed that found it full, in one word. */
  readonly failure: string;
}

/**
 * Fills a bounded region with ever smaller buffers until a page no longer fits, then frees all.
 *
 * @throws {@link Inconclusive} when the descriptor table fills up before the region does
 */
export async function fill(bench: Bench): Promise<Filling> {
  const held: { readonly family: string; readonly count: bigint }[] = [];
  let pages = 0n;
  let failure = 'ok';
  for (let length = startLength(bench); length >= bench.page; length /= 2n) {
    do {
      const family = `fill-${held.length}`;
      const filled = await fillOnce(bench, family, length);
      held.push({ family, count: filled.count });
      pages += (filled.count * length) / bench.page;
      failure = filled.failure;
    } while (failure === 'ok' && held.length < FILLS_MAX);
  }
  for (const { family, count } of held) {
    if (count === 0n) continue;
    const close: Operation = { op: 'close', fd: bench.descriptorIn(`${family}[i]`) };
    await bench.runSteps(SUBJECT, [{ op: 'repeat', times: count, stop: 'never', body: [close] }]);
  }
  if (failure === 'EMFILE') throw new Inconclusive('the descriptor table filled up first');
  if (failure === 'ok') throw new Inconclusive('the region did not fill up');
  return { pages, failure };
}

/** Takes up to {@link FILL_MAX} buffers of one length; `failure` is `ok` when all were given. */
async function fillOnce(
  bench: Bench,
  family: string,
  length: bigint,
): Promise<{ count: bigint; failure: string }> {
  const step = bench.allocationStep(`${family}[i]`, await bench.device(), { length });
  const repeat: Operation = { op: 'repeat', times: FILL_MAX, stop: 'failure', body: [step] };
  const result = (await bench.runSteps(SUBJECT, [repeat])).threads[0]?.[0];
  if (result === undefined) throw new Error('the fill has no result');
  const [failure = 'ok'] = Object.keys(result.steps?.[0]?.failures ?? {});
  return { count: result.value, failure };
}

/** A power of two of pages, so that a fill needs few buffers of each size. */
function startLength(bench: Bench): bigint {
  const target = (bench.region.sizeBytes ?? FILL_START_BYTES * 64n) / 64n;
  let length = bench.page;
  while (length * 2n <= target) length *= 2n;
  return length;
}
