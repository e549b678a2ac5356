import { usageError } from '../../base/errors.ts';
import { meant, nearest } from '../../base/nearest.ts';
import { splitTarget } from '../../base/target-url.ts';
import { BEHAVIOURS, type Behaviour } from './buffers/behaviour.ts';
import { ORDER_MAX } from './buffers/region.ts';
import { ALL_DEFECTS, type DefectName, type DefectNames, isDefectName } from './defects/all.ts';
import type { AllocatorSettings } from './registry/allocator-devices.ts';

/** How threads take turns: at random, by PCT, or the one or the other as the seed has it. */
export const SCHEDULE_KINDS = ['random', 'pct', 'both'] as const;

/** One of {@link SCHEDULE_KINDS}. */
export type Schedule = (typeof SCHEDULE_KINDS)[number];

/** A `sim:` URL, parsed. */
export interface SimulatorOptions extends AllocatorSettings {
  readonly defects: DefectNames;
  /** Bytes of a pointer in the programs that call; the kernel is a 64-bit one. */
  readonly pointerBytes: 4 | 8;
  /** Seeds chance, and the scheduler when the Program has no seed of its own. */
  readonly seed: bigint;
  readonly schedule: Schedule;
  /** How many orderings of steps a PCT schedule can meet at once: one more than it changes. */
  readonly depth: number;
  /** Whether the target says that its regions end; else only a gauge shows what is free. */
  readonly bounded: boolean;
  /** Bytes of freed objects that the kernel keeps, as KASAN does; 0 for none. */
  readonly quarantineBytes: number;
  /** Whether pagemap shows the page frames of buffers; Linux hides those mapped by frame number. */
  readonly showsFrames: boolean;
}

const PARAMETERS = {
  names: [
    'behaviour',
    'region',
    'defect',
    'seed',
    'page',
    'regions',
    'order',
    'transient',
    'schedule',
    'depth',
    'caller',
    'bounded',
    'quarantine',
    'latency',
    'pagemap',
  ],
  repeated: ['defect'],
} as const;
const PAGE_SIZES = [4096, 16_384, 65_536];
const UNITS: Readonly<Record<string, number>> = { '': 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };
const REGION_BYTES_MAX = 64 * 2 ** 30;
/** The simulated machine has little more than that beside its regions. */
const QUARANTINE_BYTES_MAX = 64 * 2 ** 20;
const REGIONS_DEFAULT = 2;
const REGIONS_MAX = 8;
/** CONFIG_CMA_ALIGNMENT of the kernel is 8 by default. */
const ORDER_DEFAULT = 8;
/** Most races need two or three orderings. */
const DEPTH_DEFAULT = 3;
const DEPTH_MAX = 16;
const TRANSIENT_MAX = 1_000_000;
const LATENCY_US_MAX = 1_000_000;

/**
 * Reads a `sim:` URL, such as `sim:?behaviour=rfc-v2&region=64MiB&defect=no-zeroing`.
 *
 * @throws AllocertError for what it does not know, with a sentence that names what it does
 */
export function parseSimulatorUrl(url: string): SimulatorOptions {
  const rest = /^sim:(\?.*|)$/.exec(url)?.[1];
  if (rest === undefined) {
    throw usageError(`"${url}" is not a simulator URL: write sim: or sim:?parameter=value`);
  }
  const given = splitTarget(url, rest, PARAMETERS);
  const pageBytes = pageSize(given.get('page'));
  return {
    behaviour: behaviour(given.get('behaviour')),
    regionBytes: regionSize(given.get('region') ?? '16MiB', pageBytes),
    regionCount: count('regions', given.get('regions'), {
      from: 1,
      to: REGIONS_MAX,
      usually: REGIONS_DEFAULT,
    }),
    orderMax: count('order', given.get('order'), {
      from: 0,
      to: ORDER_MAX,
      usually: ORDER_DEFAULT,
    }),
    transient: count('transient', given.get('transient'), {
      from: 0,
      to: TRANSIENT_MAX,
      usually: 0,
    }),
    pageBytes,
    defects: new Set(given.all('defect').map(defect)),
    pointerBytes: pointerBytes(given.get('caller') ?? '64'),
    seed: seed(given.get('seed') ?? '0'),
    schedule: schedule(given.get('schedule')),
    depth: count('depth', given.get('depth'), { from: 1, to: DEPTH_MAX, usually: DEPTH_DEFAULT }),
    bounded: yesOrNo('bounded', given.get('bounded') ?? 'yes'),
    quarantineBytes: quarantineSize(given.get('quarantine') ?? '0'),
    showsFrames: yesOrNo('pagemap', given.get('pagemap') ?? 'yes'),
    latencyUs: count('latency', given.get('latency'), { from: 0, to: LATENCY_US_MAX, usually: 0 }),
  };
}

function behaviour(word: string | undefined): Behaviour {
  if (word === undefined) return 'hardened';
  const known = BEHAVIOURS.find((name) => name === word);
  if (known !== undefined) return known;
  throw usageError(
    `sim: has no behaviour "${word}"; it has ${BEHAVIOURS.join(' and ')}${meant(word, BEHAVIOURS)}`,
  );
}

function schedule(word: string | undefined): Schedule {
  if (word === undefined) return 'both';
  const known = SCHEDULE_KINDS.find((name) => name === word);
  if (known !== undefined) return known;
  throw usageError(
    `sim: has no schedule "${word}"; it has ${SCHEDULE_KINDS.join(', ')}${meant(word, SCHEDULE_KINDS)}`,
  );
}

function defect(word: string): DefectName {
  if (isDefectName(word)) return word;
  const known = ALL_DEFECTS.map(({ name }) => name);
  const near = nearest(word, known);
  const hint = near === undefined ? `it has ${known.join(', ')}` : `did you mean ${near}?`;
  throw usageError(`sim: has no defect "${word}"; ${hint}`);
}

function pageSize(word: string | undefined): number {
  if (word === undefined) return 4096;
  if (PAGE_SIZES.includes(Number(word))) return Number(word);
  throw usageError(`sim: has no page size "${word}"; it has ${PAGE_SIZES.join(', ')}`);
}

function pointerBytes(bits: string): 4 | 8 {
  if (bits === '32') return 4;
  if (bits === '64') return 8;
  throw usageError(`sim: has no caller "${bits}"; it has 32 and 64, the bits of the programs`);
}

function yesOrNo(name: string, word: string): boolean {
  if (word === 'yes' || word === 'no') return word === 'yes';
  throw usageError(`sim: cannot have ${name} "${word}"; give yes or no`);
}

function bytesIn(word: string): number {
  const [, digits, unit] = /^([0-9]+)(|KiB|MiB|GiB)$/.exec(word) ?? [];
  return Number(digits) * (UNITS[unit ?? ''] ?? Number.NaN);
}

function quarantineSize(word: string): number {
  const bytes = bytesIn(word);
  if (bytes <= QUARANTINE_BYTES_MAX) return bytes;
  throw usageError(`sim: cannot have a quarantine of "${word}": give bytes, KiB or MiB to 64MiB`);
}

function regionSize(word: string, pageBytes: number): number {
  const bytes = bytesIn(word);
  if (bytes >= pageBytes && bytes <= REGION_BYTES_MAX && bytes % pageBytes === 0) return bytes;
  throw usageError(
    `sim: cannot have a region of "${word}": give bytes, KiB, MiB or GiB, a multiple of ` +
      `${pageBytes} bytes up to 64GiB`,
  );
}

interface Bounds {
  readonly from: number;
  readonly to: number;
  /** The value when the URL does not say. */
  readonly usually: number;
}

function count(name: string, given: string | undefined, { from, to, usually }: Bounds): number {
  const word = given ?? String(usually);
  if (/^[0-9]+$/.test(word) && Number(word) >= from && Number(word) <= to) return Number(word);
  throw usageError(`sim: cannot have ${name} "${word}"; give a number from ${from} to ${to}`);
}

function seed(word: string): bigint {
  if (/^([0-9]+|0x[0-9a-fA-F]+)$/.test(word)) return BigInt.asUintN(64, BigInt(word));
  throw usageError(`sim: cannot use the seed "${word}": give a number such as 7 or 0x7`);
}
