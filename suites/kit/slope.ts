/** How fast a gauge falls over blocks of work: a leak goes on, all else comes to rest. */
import { type Fall, fallsSteadily, LEAK_BYTES_MIN, QUARANTINE_PART } from '../../oracles/index.ts';
import type { CaseContext } from './context.ts';
import { type GaugeReading, memoryBytes, readGauge, type Unrest, unrestOf } from './gauge.ts';
import { larger, smaller } from './larger-smaller.ts';
import type { Block, LeakSize, MemoryChange } from './memory-change.ts';
import { Inconclusive, Skip } from './observation.ts';

/** The fewest cycles between two readings of a gauge. */
const CYCLES_MIN = 64n;
/** Times the gauge's noise that the smallest claimed leak must amount to. */
const NOISE_FACTOR = 10n;
/** Blocks after which nothing can be said. */
const BLOCKS_MAX = 6;

/**
 * Reads a gauge before and after blocks of work, each longer than the one before. The first block
 * decides when the gauge hardly falls. Else it is a leak only when it falls at one rate over three
 * blocks in a row, and by more than the kernel may merely keep.
 *
 * @throws {@link Skip} when too few cycles can be had
 * @throws {@link Inconclusive} when a leak cannot be told from what the kernel keeps
 */
export async function changeOfGauge(
  context: CaseContext,
  loss: LeakSize,
  work: Block,
): Promise<MemoryChange> {
  const unrest = await unrestOf(context);
  const plan = planOf(context, loss, unrest);
  const first = await readGauge(context);
  const falls: Fall[] = [];
  let before = first;
  for (let block = 1n; block <= BLOCKS_MAX; block += 1n) {
    const cycles = plan.cycles * block;
    await work(cycles);
    const after = await readGauge(context);
    const lost = before.free - after.free;
    before = after;
    falls.push({ times: cycles, lost });
    const detail = detailOf(context, plan, falls);
    if (lost * 2n < plan.expected * block) return { word: 'conserved', detail };
    if (!fallsSteadily(falls)) continue;
    if (await exceedsKept(context, first, after)) return { word: 'leaked', detail };
  }
  throw new Inconclusive(
    `a leak cannot be told from objects that the kernel keeps: ${detailOf(context, plan, falls)}; ` +
      `${unrest.note}; ${keptNote(context)}`,
  );
}

interface Plan extends Unrest {
  /** Of the first block. */
  readonly cycles: bigint;
  /** Bytes that the smallest leak which is looked for loses in the first block. */
  readonly expected: bigint;
  /** One leak in so many cycles loses that. */
  readonly odds: bigint;
}

function planOf(context: CaseContext, loss: LeakSize, unrest: Unrest): Plan {
  const expected = larger(unrest.noise * NOISE_FACTOR, LEAK_BYTES_MIN);
  const needed = (expected * loss.odds + loss.bytes - 1n) / loss.bytes;
  const cycles = smaller(larger(needed, CYCLES_MIN), loss.affordable);
  const odds = smaller((cycles * loss.bytes) / expected, loss.odds);
  if (odds > 0n) return { ...unrest, cycles, expected, odds };
  throw new Skip(
    `${cycles} cycles lose at most ${cycles * loss.bytes} bytes, too few to tell from the noise ` +
      `of ${context.region.gauge}`,
  );
}

/**
 * Whether the gauge fell by more than the kernel may keep. Pages of buffers are nobody's to keep;
 * freed objects may be, where the kernel has a quarantine or does not say that it has none.
 */
async function exceedsKept(
  context: CaseContext,
  first: GaugeReading,
  last: GaugeReading,
): Promise<boolean> {
  const { instruments } = context.facts.details;
  if (instruments !== undefined && !/\bkasan\b/.test(instruments)) return true;
  const fell = first.free - last.free;
  const inObjects = (last.objects ?? fell) - (first.objects ?? 0n);
  if (inObjects * 2n <= fell) return true;
  return fell > (await memoryBytes(context, 'MemTotal')) / QUARANTINE_PART;
}

const keptNote = ({ facts }: CaseContext): string =>
  facts.details.instruments === undefined
    ? 'the kernel does not say whether it keeps freed objects'
    : `the kernel says of itself: ${facts.details.instruments}`;

function detailOf({ region }: CaseContext, plan: Plan, falls: readonly Fall[]): string {
  const lost = falls.map((fall) => `${fall.lost} bytes over ${fall.times} cycles`).join(', then ');
  return (
    `${region.gauge} fell by ${lost}; a leak in one of ${plan.odds} cycles would be ` +
    `${plan.expected} over ${plan.cycles}, noise ${plan.noise}`
  );
}
