import {
  kilobytesIn,
  type Operation,
  type RepeatStep,
  wordOf,
} from '../../adapters/contract/index.ts';
import { type CaseContext, SUBJECT } from './context.ts';
import { Inconclusive, Skip } from './observation.ts';

/** Something that must leave as much memory free as it found. */
export interface Cycle {
  /** The requirement that is observed. */
  readonly requirement: string;
  /** Its role; `memory` when left out. */
  readonly role?: string;
  /** One cycle, as operations of `client`. */
  readonly body: readonly Operation[];
  readonly client?: string;
  /** Bytes that the smallest leak worth claiming loses in one cycle. */
  readonly bytesPerCycle: bigint;
  /** Whether the cycle is a request that is refused each time; else every operation must work. */
  readonly refused?: boolean;
  /** Operations of the body that are refused each time, although the others work. */
  readonly refusedSteps?: readonly Operation[];
  /** Cycles in each of the two blocks on a bounded region; the smallest leak that shows decides. */
  readonly cycles?: bigint;
}

/** Cycles in a block on a bounded region, where capacity is exact. */
const BOUNDED_CYCLES = 256n;
/** Cycles before the first reading, so that caches of the kernel are warm. */
const WARM_UP_CYCLES = 64n;
/** The fewest cycles between two readings of a gauge. */
const GAUGE_CYCLES_MIN = 64n;
/** Bytes that a leak must amount to at least before a gauge is believed. */
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
export async function observeConserved(context: CaseContext, cycle: Cycle): Promise<void> {
  await warmUp(context, cycle);
  const block: Block = (times) => runCycles(context, cycle, times);
  const seen = context.region.bounded
    ? await byFilling(context, cycle.cycles ?? BOUNDED_CYCLES, block)
    : await byGauge(context, cycle, block);
  context.observe(cycle.requirement, cycle.role ?? 'memory', seen.word, seen.detail);
}

/** Something that is not one client's loop and must leave as much memory free as it found. */
export interface RepeatedWork {
  readonly requirement: string;
  readonly role?: string;
  /** How often it is done in each of the two blocks. */
  readonly cycles: number;
  /** Bytes that the smallest leak worth claiming loses in one cycle. */
  readonly bytesPerCycle: bigint;
  run(index: number): Promise<void>;
  /** A remark on the work, once it was done; it is added to the detail. */
  note?(): string;
}

/** {@link observeConserved} for work that takes several clients. */
export async function observeConservedBy(context: CaseContext, work: RepeatedWork): Promise<void> {
  let index = 0;
  const block = async (times: bigint): Promise<void> => {
    for (let done = 0n; done < times; done += 1n) {
      await work.run(index);
      index += 1;
    }
  };
  const times = BigInt(work.cycles);
  const seen = context.region.bounded
    ? await byFilling(context, times, block)
    : await byGauge(context, { ...work, most: times }, block);
  const note = work.note === undefined ? '' : `; ${work.note()}`;
  context.observe(work.requirement, work.role ?? 'memory', seen.word, `${seen.detail}${note}`);
}

/** Does something as often as it is told. */
type Block = (times: bigint) => Promise<unknown>;

interface Seen {
  readonly word: 'conserved' | 'leaked';
  readonly detail: string;
}

/** The control: a cycle whose operations did not work frees nothing and leaks nothing. */
async function warmUp(context: CaseContext, cycle: Cycle): Promise<void> {
  const times = context.region.bounded ? 1n : WARM_UP_CYCLES;
  const steps = await runCycles(context, cycle, times);
  for (const [index, step] of steps.entries()) {
    const operation = cycle.body[index];
    const name = operation?.op;
    const refused = operation !== undefined && cycle.refusedSteps?.includes(operation) === true;
    if (cycle.refused === true || refused) {
      if (step.succeeded === 0n) continue;
      throw new Inconclusive(`blocked: ${name} was to be refused, but worked`);
    }
    if (step.failed === 0n) continue;
    throw new Inconclusive(`blocked: ${name} in the cycle failed: ${wordOf(step.last)}`);
  }
}

async function byFilling(context: CaseContext, cycles: bigint, work: Block): Promise<Seen> {
  const held = [(await fill(context)).pages];
  for (let block = 0; block < 2; block += 1) {
    await work(cycles);
    held.push((await fill(context)).pages);
  }
  const [before = 0n, between = 0n, after = 0n] = held;
  if (before === 0n) throw new Inconclusive('blocked: the region gave out nothing to begin with');
  const leaked = between < before && (after < between || between === 0n);
  const detail =
    `the region held ${held.join(', ')} pages before, between and after two blocks of ` +
    `${cycles} cycles`;
  return { word: leaked ? 'leaked' : 'conserved', detail };
}

async function byGauge(
  context: CaseContext,
  { bytesPerCycle, most }: { readonly bytesPerCycle: bigint; readonly most?: bigint },
  work: Block,
): Promise<Seen> {
  const idle: bigint[] = [];
  for (let reading = 0; reading < IDLE_READINGS; reading += 1) idle.push(await freeBytes(context));
  const noise = idle.reduce(larger) - idle.reduce(smaller);
  const claimed = larger(noise * NOISE_FACTOR, GAUGE_LEAK_BYTES_MIN);
  const needed = larger((claimed + bytesPerCycle - 1n) / bytesPerCycle, GAUGE_CYCLES_MIN);
  const cycles = most === undefined ? needed : smaller(needed, most);
  if (cycles < needed) {
    throw new Skip(
      `${cycles} cycles lose at most ${cycles * bytesPerCycle} bytes, too few to tell from the ` +
        `noise of ${context.region.gauge}`,
    );
  }
  const before = await freeBytes(context);
  await work(cycles);
  const after = await freeBytes(context);
  const lost = before - after;
  const leaked = lost * 2n >= cycles * bytesPerCycle;
  const detail =
    `${context.region.gauge} fell by ${lost} bytes over ${cycles} cycles; a leak of ` +
    `${bytesPerCycle} bytes a cycle would be ${cycles * bytesPerCycle}, idle noise ${noise}`;
  return { word: leaked ? 'leaked' : 'conserved', detail };
}

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** The results of each operation of the cycle over all iterations. */
async function runCycles(
  context: CaseContext,
  cycle: Cycle,
  times: bigint,
): Promise<readonly RepeatStep[]> {
  const repeat: Operation = { op: 'repeat', times, stop: 'never', body: cycle.body };
  const history = await context.runSteps(cycle.client ?? SUBJECT, [repeat]);
  const result = history.threads[0]?.[0];
  if (result?.value !== times || result.steps === undefined) {
    throw new Inconclusive(`only ${result?.value} of ${times} cycles ran`);
  }
  return result.steps;
}

/** Free bytes as the region's gauge counts them. */
export async function freeBytes(context: CaseContext): Promise<bigint> {
  const { gauge } = context.region;
  if (gauge === undefined) throw new Inconclusive('the target shows no gauge of free memory');
  return memoryBytes(context, gauge);
}

/** A line of /proc/meminfo in bytes. */
export async function memoryBytes(context: CaseContext, line: string): Promise<bigint> {
  const reply = await context.subject.readfile({ document: '/proc/meminfo' });
  const kibibytes = kilobytesIn(reply.out, line);
  if (kibibytes === undefined) throw new Inconclusive(`/proc/meminfo shows no ${line}`);
  return kibibytes * 1024n;
}

/** The size of a region, as filling it showed. */
export interface Filling {
  /** Pages that the region gave out before it was full. */
  readonly pages: bigint;
  /** How the request failed that found it full, in one word. */
  readonly failure: string;
}

/** A full region, until it is dropped. */
export interface FullRegion extends Filling {
  /** Frees everything. */
  drop(): Promise<void>;
}

/**
 * Fills a bounded region with ever smaller buffers until a page no longer fits, then frees all.
 *
 * @throws {@link Inconclusive} when the descriptor table fills up before the region does
 */
export async function fill(context: CaseContext): Promise<Filling> {
  const holding = await fillAndHold(context);
  await holding.drop();
  return holding;
}

/** Fills a bounded region as {@link fill} does, and keeps it full. */
export async function fillAndHold(context: CaseContext): Promise<FullRegion> {
  const held: SlotFamily[] = [];
  let pages = 0n;
  let failure = 'ok';
  for (let length = startLength(context); length >= context.page; length /= 2n) {
    do {
      const family = `fill-${held.length}`;
      const filled = await fillOnce(context, family, length);
      held.push({ family, count: filled.count });
      pages += (filled.count * length) / context.page;
      failure = filled.failure;
    } while (failure === 'ok' && held.length < FILLS_MAX);
  }
  const drop = (): Promise<void> => closeAll(context, held);
  if (failure !== 'EMFILE' && failure !== 'ok') return { pages, failure, drop };
  await drop();
  throw new Inconclusive(
    failure === 'ok' ? 'the region did not fill up' : 'the descriptor table filled up first',
  );
}

/** Buffers in the slots `family[0]`, `family[1]`, … */
export interface SlotFamily {
  readonly family: string;
  readonly count: bigint;
}

/** Closes the buffers of some families. */
export async function closeAll(
  context: CaseContext,
  families: readonly SlotFamily[],
): Promise<void> {
  for (const { family, count } of families) {
    if (count === 0n) continue;
    const close: Operation = { op: 'close', fd: context.descriptorIn(`${family}[i]`) };
    await context.runSteps(SUBJECT, [{ op: 'repeat', times: count, stop: 'never', body: [close] }]);
  }
}

/**
 * Takes buffers of one length, as many as asked for or as there are; `failure` is `ok` when all
 * were given.
 */
export async function fillOnce(
  context: CaseContext,
  family: string,
  length: bigint,
  most = FILL_MAX,
): Promise<{ count: bigint; failure: string }> {
  const step = context.allocationStep(`${family}[i]`, await context.device(), { length });
  const repeat: Operation = { op: 'repeat', times: most, stop: 'failure', body: [step] };
  const result = (await context.runSteps(SUBJECT, [repeat])).threads[0]?.[0];
  if (result === undefined) throw new Error('the fill has no result');
  const [failure = 'ok'] = Object.keys(result.steps?.[0]?.failures ?? {});
  return { count: result.value, failure };
}

/** A power of two of pages, so that a fill needs few buffers of each size. */
function startLength(context: CaseContext): bigint {
  const target = (context.region.sizeBytes ?? FILL_START_BYTES * 64n) / 64n;
  let length = context.page;
  while (length * 2n <= target) length *= 2n;
  return length;
}
