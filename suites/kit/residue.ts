import {
  linux,
  type Operation,
  type RepeatStep,
  type Result,
  succeeded,
} from '../../adapters/contract/index.ts';
import { pattern, ZERO } from './contents.ts';
import { type CaseContext, SUBJECT } from './context.ts';
import { Inconclusive } from './observation.ts';
import { budgetOf, sizesText } from './sizes.ts';

/** The most buffers of one size that are filled, freed and asked for again. */
const BUFFERS_MAX = 64n;
/** The byte that residue shows. */
export const SECRET = 0xa5;

/** Buffers that were filled and freed. */
export interface Secrets {
  readonly count: bigint;
  /** For the detail of an observation. */
  readonly text: string;
}

/**
 * Fills buffers of all the given sizes, all at once, so that as many different pages as possible
 * carry the secret; then frees them.
 *
 * @throws {@link Inconclusive} when none did
 */
export async function leaveSecrets(
  context: CaseContext,
  sizes: readonly bigint[],
  client = SUBJECT,
): Promise<Secrets> {
  const flags = linux.MAP_SHARED;
  const protection = linux.PROT_READ | linux.PROT_WRITE;
  const device = await context.device();
  const fill = sizes.map((length, index): Operation => {
    const fd = context.descriptorIn(`old-${index}[i]`);
    const address = { slot: `seen-${index}[i]` };
    return timesOf(context, sizes, length, [
      context.allocationStep(fd.slot, device, { length }),
      { op: 'mmap', slot: address.slot, length, protection, flags, fd },
      { op: 'store', address, length, bytes: pattern(SECRET) },
    ]);
  });
  const [results = []] = (await context.runSteps(client, fill)).threads;
  const held = results.map(({ value }) => value);
  const release = sizes.flatMap((length, index): Operation[] => {
    const times = held[index] ?? 0n;
    const address = { slot: `seen-${index}[i]` };
    const fd = context.descriptorIn(`old-${index}[i]`);
    const body: Operation[] = [
      { op: 'munmap', address, length },
      { op: 'close', fd },
    ];
    return times === 0n ? [] : [{ op: 'repeat', times, stop: 'never', body }];
  });
  if (release.length === 0) throw new Inconclusive('blocked: no buffer could be filled');
  await context.runSteps(client, release);
  return howMany(sizes, held);
}

/** New buffers that were read from their first byte to their last. */
export interface NewBuffers {
  readonly word: 'zero' | 'residue';
  /** For the detail of an observation. */
  readonly text: string;
}

/**
 * Allocates and reads as many buffers of the same sizes again, holding all of them.
 *
 * @throws {@link Inconclusive} when none could be read
 */
export async function scanNewBuffers(
  context: CaseContext,
  sizes: readonly bigint[],
): Promise<NewBuffers> {
  const flags = linux.MAP_SHARED;
  const protection = linux.PROT_READ;
  const device = await context.device();
  const look = sizes.map((length, index): Operation => {
    const fd = context.descriptorIn(`again-${index}[i]`);
    return timesOf(context, sizes, length, [
      context.allocationStep(fd.slot, device, { length }),
      { op: 'mmap', slot: 'new', length, protection, flags, fd },
      { op: 'scan', address: { slot: 'new' }, length, bytes: ZERO },
      { op: 'munmap', address: { slot: 'new' }, length },
    ]);
  });
  const [results = []] = (await context.runSteps(SUBJECT, look)).threads;
  const scans = results.map((result) => result.steps?.[2]);
  const { count, text } = howMany(
    sizes,
    scans.map((scan) => scan?.succeeded ?? 0n),
  );
  if (count === 0n) throw new Inconclusive('blocked: no new buffer could be read');
  const dirty = sizes.flatMap((length, index) => residueIn(scans[index], length));
  const [first] = dirty;
  return first === undefined
    ? { word: 'zero', text }
    : { word: 'residue', text: `${text}, ${first}` };
}

/** A loop over one size, as often as its share of what a case may hold allows. */
function timesOf(
  context: CaseContext,
  sizes: readonly bigint[],
  length: bigint,
  body: readonly Operation[],
): Operation {
  const share = budgetOf(context) / BigInt(sizes.length) / length;
  const times = share < 1n ? 1n : share > BUFFERS_MAX ? BUFFERS_MAX : share;
  return { op: 'repeat', times, stop: 'failure', body };
}

function howMany(sizes: readonly bigint[], counts: readonly bigint[]): Secrets {
  const had = sizes.filter((_, index) => (counts[index] ?? 0n) > 0n);
  const count = counts.reduce((sum, one) => sum + one, 0n);
  return { count, text: `${count} buffers of ${sizesText(had)}` };
}

/** Where the scans of a loop found something else than zeros: at most the first place. */
export function residueIn(scan: RepeatStep | undefined, length: bigint): readonly string[] {
  const results: readonly Result[] =
    scan === undefined ? [] : [scan.first, ...scan.anomalies.map(({ result }) => result)];
  const found = results.find((result) => succeeded(result) && result.value !== length);
  return found === undefined ? [] : [`one of ${length} bytes not zero at byte ${found.value}`];
}
