import { type Operation, type RepeatStep, wordOf } from '../adapters/contract/index.ts';
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
  /** Whether the cycle is a request that is refused each time; else every operation must work. */
  readonly refused?: boolean;
}

/** Cycles in a block on a bounded region, where capacity is exact. */
const BOUNDED_CYCLES = 256n;
/** Cycles before the first reading, so that caches of the kernel are warm. */
const WARM_UP_CYCLES = 64n;
/** The fewest cycles between two readings of a gauge. */
const GAUGE_CYCLES_MIN = 64n;
/** What a leak must amount to at least before a gauge is believed, in bytes. */
const GAUGE_LEAK_BYTES_MIN = 16n << 20n;
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
 * region is filled before and after two blocks of cycles, and leaks when it holds less after each:
 * real CMA may lose a page for a while, but not twice in a row. Of an unbounded region a gauge is
 * read, over so many cycles that the smallest leak claimed is ten times the gauge's idle noise.
 *
 * @throws {@link Inconclusive} when the cycle does not do what it is for
 */
export async function observeConserved(bench: Bench, cycle: Cycle): Promise<void> {
  await warmUp(bench, cycle);
  const seen = bench.region.bounded ? await byFilling(bench, cycle) : await byGauge(bench, cycle);
  bench.observe(cycle.requirement, 'memory', seen.word, seen.detail);
}

interface Seen {
  readonly word: 'conserved' | 'leaked';
  readonly detail: string;
}

/** The control: a cycle whose operations did not work frees nothing and leaks nothing. */
async function warmUp(bench: Bench, cycle: Cycle): Promise<void> {
  const times = bench.region.bounded ? 1n : WARM_UP_CYCLES;
  const steps = await runCycles(bench, cycle, times);
  for (const [index, step] of steps.entries()) {
    const name = cycle.body[index]?.op;
    if (cycle.refused === true) {
      if (step.succeeded === 0n) continue;
      throw new Inconclusive(`blocked: ${name} was to be refused, but worked`);
    }
    if (step.failed === 0n) continue;
    throw new Inconclusive(`blocked: ${name} in the cycle failed: ${wordOf(step.last)}`);
  }
}

async function byFilling(bench: Bench, cycle: Cycle): Promise<Seen> {
  const held = [(await fill(bench)).pages];
  for (let block = 0; block < 2; block += 1) {
    await runCycles(bench, cycle, BOUNDED_CYCLES);
    held.push((await fill(bench)).pages);
  }
  const [before = 0n, between = 0n, after = 0n] = held;
  if (before === 0n) throw new Inconclusive('blocked: the region gave out nothing to begin with');
  const leaked = between < before && (after < between || between === 0n);
  const detail =
    `the region held ${held.join(', ')} pages before, between and after two blocks of ` +
    `${BOUNDED_CYCLES} cycles`;
  return { word: leaked ? 'leaked' : 'conserved', detail };
}

async function byGauge(bench: Bench, cycle: Cycle): Promise<Seen> {
  const idle: bigint[] = [];
  for (let reading = 0; reading < IDLE_READINGS; reading += 1) idle.push(await freeBytes(bench));
  const noise = idle.reduce(larger) - idle.reduce(smaller);
  const claimed = larger(noise * NOISE_FACTOR, GAUGE_LEAK_BYTES_MIN);
  const needed = (claimed + cycle.bytesPerCycle - 1n) / cycle.bytesPerCycle;
  const cycles = larger(needed, GAUGE_CYCLES_MIN);
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

/** What each operation of the cycle did over all iterations. */
async function runCycles(
  bench: Bench,
  cycle: Cycle,
  times: bigint,
): Promise<readonly RepeatStep[]> {
  const repeat: Operation = { op: 'repeat', times, stop: 'never', body: cycle.body };
  const history = await bench.runSteps(cycle.client ?? SUBJECT, [repeat]);
  const result = history.threads[0]?.[0];
  if (result?.value !== times || result.steps === undefined) {
    throw new Inconclusive(`only ${result?.value} of ${times} cycles ran`);
  }
  return result.steps;
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
