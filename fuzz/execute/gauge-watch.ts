import {
  type History,
  kilobytesIn,
  type Program,
  succeeded,
} from '../../adapters/contract/index.ts';
import {
  type Fall,
  fallsSteadily,
  LEAK_BYTES_MIN,
  QUARANTINE_PART,
  type Violation,
} from '../../oracles/index.ts';
import type { Round } from '../judge/round-report.ts';
import type { CampaignContext } from '../plan/campaign-context.ts';

/** Rounds before the first reading counts: caches of the kernel are warm then. */
const WARM_UP = 64;
/** Rounds of the first stretch; the second has twice as many, and so on. */
const STRETCH = 128;
const MEMINFO = '/proc/meminfo';

/** Bytes of a machine's memory, when a round was over and its clients dead. */
interface Reading {
  readonly free: bigint;
  readonly total: bigint;
}

/**
 * Watches the gauge of a machine's free memory over very many rounds, where no region can be filled
 * to count what is lost: kernels whose allocator takes what the machine has. One round moves such a
 * gauge less than everything else does. What a kernel merely keeps comes to rest: so it is a leak
 * when the gauge falls at one rate over three stretches, each longer than the one before, and by
 * more than a quarantine holds.
 */
export class GaugeWatch {
  readonly #gauge: string;
  #rounds = 0;
  #start: Reading | undefined;
  #before: Reading | undefined;
  readonly #falls: Fall[] = [];

  /** @param gauge the line of /proc/meminfo that counts free memory */
  constructor(gauge: string) {
    this.#gauge = gauge;
  }

  /**
   * Takes what a round read when it was over.
   *
   * @returns the violation, once the rounds so far prove it
   */
  take({ histories, scenario }: Round): Violation | undefined {
    this.#rounds += 1;
    const stretch = STRETCH * (this.#falls.length + 1);
    if (this.#rounds < (this.#start === undefined ? WARM_UP : stretch)) return undefined;
    const reading = lastReading(scenario.programs, histories, this.#gauge);
    if (reading === undefined) return undefined;
    if (this.#before !== undefined) {
      const lost = this.#before.free - reading.free;
      this.#falls.push({ times: BigInt(this.#rounds), lost });
    }
    this.#start ??= reading;
    this.#before = reading;
    this.#rounds = 0;
    return this.#proves(reading) ? this.#violation() : undefined;
  }

  #proves({ free, total }: Reading): boolean {
    const [last] = this.#falls.slice(-1);
    if (last === undefined || last.lost < LEAK_BYTES_MIN || !fallsSteadily(this.#falls))
      return false;
    return (this.#start?.free ?? free) - free > total / QUARANTINE_PART;
  }

  #violation(): Violation {
    const falls = this.#falls.map(({ lost, times }) => `${lost / 1024n} kB over ${times} rounds`);
    return {
      oracle: 'gauge',
      requirement: 'LIF-09',
      kind: 'free memory keeps falling',
      detail: `${this.#gauge} fell by ${falls.join(', then ')}`,
      events: [],
    };
  }
}

/** A watch for a target whose free memory only a machine's gauge tells, and nobody else uses. */
export function gaugeWatchFor({ facts, generator }: CampaignContext): GaugeWatch | undefined {
  const { bounded, gauge } = generator.region;
  if (facts.kind === 'sim' || bounded || gauge === undefined) return undefined;
  return new GaugeWatch(gauge);
}

function lastReading(
  programs: readonly Program[],
  histories: readonly History[],
  gauge: string,
): Reading | undefined {
  const at = programs.length - 1;
  const results = programs[at]?.threads[0]?.operations.flatMap((operation, index) => {
    const result = histories[at]?.threads[0]?.[index];
    const reads = operation.op === 'readfile' && operation.document === MEMINFO;
    return reads && result !== undefined && succeeded(result) ? [result] : [];
  });
  const out = results?.at(-1)?.out ?? new Uint8Array(0);
  const [free, total] = [kilobytesIn(out, gauge), kilobytesIn(out, 'MemTotal')];
  return free === undefined || total === undefined
    ? undefined
    : { free: free * 1024n, total: total * 1024n };
}
