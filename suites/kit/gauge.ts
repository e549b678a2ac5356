/** Free memory as a line of /proc/meminfo counts it: it moves by itself, too. */
import { kilobytesIn, type Operation } from '../../adapters/contract/index.ts';
import { type CaseContext, SUBJECT } from './context.ts';
import { larger, smaller } from './larger-smaller.ts';
import { Inconclusive } from './observation.ts';

/** Readings without any work between them, to see how much the gauge moves by itself. */
const IDLE_READINGS = 5;
/** Files in memory that are made and closed between two readings. */
const RIGHT_CYCLES = 512n;
/** How often, at most, until the gauge comes to rest. */
const RIGHT_BLOCKS_MAX = 12;
/** Bytes by which a gauge at rest may move. */
const QUIET_BYTES = 256n << 10n;

/** Free bytes as the region's gauge counts them. */
export async function freeBytes(context: CaseContext): Promise<bigint> {
  return (await readGauge(context)).free;
}

/** A reading of the gauge. */
export interface GaugeReading {
  /** Bytes. */
  readonly free: bigint;
  /** Bytes in objects of the kernel, freed ones that it keeps among them; where it says so. */
  readonly objects?: bigint;
}

/** Reads the region's gauge, and what the kernel's objects take. */
export async function readGauge(context: CaseContext): Promise<GaugeReading> {
  const { gauge } = context.region;
  if (gauge === undefined) throw new Inconclusive('the target shows no gauge of free memory');
  const { out } = await context.subject.readfile({ document: '/proc/meminfo' });
  const free = kilobytesIn(out, gauge);
  if (free === undefined) throw new Inconclusive(`/proc/meminfo shows no ${gauge}`);
  const objects = kilobytesIn(out, 'Slab');
  return { free: free * 1024n, ...(objects === undefined ? {} : { objects: objects * 1024n }) };
}

/** A line of /proc/meminfo in bytes. */
export async function memoryBytes(context: CaseContext, line: string): Promise<bigint> {
  const reply = await context.subject.readfile({ document: '/proc/meminfo' });
  const kibibytes = kilobytesIn(reply.out, line);
  if (kibibytes === undefined) throw new Inconclusive(`/proc/meminfo shows no ${line}`);
  return kibibytes * 1024n;
}

/** How far a gauge moves without the region. */
export interface Unrest {
  /** Bytes: the most that it moves by itself, or by right work once it came to rest. */
  readonly noise: bigint;
  /** The same in words. */
  readonly note: string;
}

/**
 * Measures how far a gauge moves that nothing wrong moves: while nothing is done, and while files
 * in memory are made and closed, which is right work without the region. Such work goes on until
 * the gauge comes to rest: an instrumented kernel keeps freed objects, until it is full of them.
 */
export async function unrestOf(context: CaseContext): Promise<Unrest> {
  const idle: bigint[] = [];
  for (let reading = 0; reading < IDLE_READINGS; reading += 1) idle.push(await freeBytes(context));
  const alone = idle.reduce(larger) - idle.reduce(smaller);
  if (!context.facts.capabilities.includes('memory')) {
    return { noise: alone, note: `it moves by ${alone} bytes when nothing is done` };
  }
  let before = idle.at(-1) ?? 0n;
  let moved = 0n;
  let total = 0n;
  for (let block = 0; block < RIGHT_BLOCKS_MAX; block += 1) {
    await rightWork(context);
    const after = await freeBytes(context);
    moved = before > after ? before - after : after - before;
    total += before - after;
    before = after;
    if (moved <= QUIET_BYTES) break;
  }
  const rest = moved <= QUIET_BYTES ? 'stood still' : 'did not stand still';
  const note =
    `it moves by ${alone} bytes when nothing is done, and by ${moved} with files in memory, ` +
    `which took ${total} until it ${rest}`;
  return { noise: larger(alone, moved), note };
}

async function rightWork(context: CaseContext): Promise<void> {
  const body: Operation[] = [
    { op: 'memfd', slot: 'right', length: context.page },
    { op: 'close', fd: { slot: 'right' } },
  ];
  await context.runSteps(SUBJECT, [{ op: 'repeat', times: RIGHT_CYCLES, stop: 'never', body }]);
}
