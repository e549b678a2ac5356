import { succeeded } from '../adapters/contract/index.ts';
import { commandOf, fieldOf, readField } from '../catalogue/abi-request.ts';
import type { Abi } from '../catalogue/catalogue.ts';
import { credible } from './credible.ts';
import { certainFreeRun, fitsAnyhow } from './free-run.ts';
import { allocationsOf, sizesOf } from './timeline/allocations.ts';
import { type DeviceFinder, devicesIn } from './timeline/devices.ts';
import { injectedIn } from './timeline/injected.ts';
import { type HeldBuffer, mayLive } from './timeline/lifetimes.ts';
import type { Event, Timeline } from './timeline/timeline.ts';
import type { Violation } from './violation.ts';

/** The facts of a region without which it is uncertain that it had room. */
export interface Room {
  /** Pages in each region, by its name; the first is the one that requests are on by default. */
  readonly regions: ReadonlyMap<string, bigint>;
  /** Bytes in a page. */
  readonly page: bigint;
  /** The largest order to which the allocator aligns buffers; 0 when it does not. */
  readonly orderMax: number;
  /**
   * Set where it is unknown how the allocator rounds and aligns: then a request counts only where
   * it would fit into half of the region, and with every buffer twice as large as asked for.
   */
  readonly careful?: true;
}

/**
 * A request is refused with ENOMEM only when the region may not have had room (ERR-07, LEN-07).
 *
 * Sound where no other process uses the region and its allocator gives out every page: each buffer
 * that may have lived during the call counts as there for the whole of it, wherever it does most
 * harm (`certainFreeRun`). A buffer of an unknown region counts in each, and a request on
 * one is judged by all. A request that failed otherwise, for its answer or for want of a
 * descriptor, had its pages for a while and counts as a buffer; so does one that was made to fail.
 * Linux may fail to move a page: there it is not decidable, and must not be asked.
 */
export function justifiedFailure(
  timeline: Timeline,
  buffers: readonly HeldBuffer[],
  abi: Abi,
  room: Room,
): Violation[] {
  const command = commandOf(abi);
  const requests = timeline
    .named('ioctl')
    .filter(({ operation }) => operation.op === 'ioctl' && operation.request === command);
  const lost = requests.some(({ result }) => result.return === undefined);
  const unlisted = timeline.named('repeat').length > 0;
  // What a call that never returned has taken is unknown.
  if (lost || unlisted) return [];
  const held = new Set(allocationsOf(timeline, abi)).size === buffers.length;
  if (!held) return [];
  const deviceOf = devicesIn(timeline);
  const injected = injectedIn(timeline);
  const isShort = (event: Event): boolean =>
    event.result.errno === 'ENOMEM' && injected(event) === 'no';
  const undone = requests.filter((event) => !succeeded(event.result) && !isShort(event));
  const found = requests
    .filter(isShort)
    .flatMap((event) => judge(event, { buffers, undone, abi, room, deviceOf }));
  return credible(timeline, found);
}

/** The facts by which a refusal is judged. */
interface Evidence {
  readonly buffers: readonly HeldBuffer[];
  /** Requests that had their pages at most while they ran. */
  readonly undone: readonly Event[];
  readonly abi: Abi;
  readonly room: Room;
  readonly deviceOf: DeviceFinder;
}

/** A refusal breaks a rule when none of the regions that it may have been for was short of room. */
function judge(event: Event, evidence: Evidence): Violation[] {
  const { operation } = event;
  const { abi, deviceOf, room } = evidence;
  if (operation.op !== 'ioctl' || operation.argument.placement?.kind === 'flipped') return [];
  const asked = readField(operation.argument.bytes, fieldOf(abi, 'length'));
  const wanted = (asked + room.page - 1n) / room.page;
  if (wanted === 0n) return [];
  const device = deviceOf(event);
  const regions = device === undefined ? [...room.regions.keys()] : [device];
  const details = regions.map((region) => roomIn(region, event, wanted, evidence));
  const [detail] = details;
  if (detail === undefined || details.includes(undefined)) return [];
  const [byDefault] = room.regions.keys();
  // A region that is full has no effect on another.
  const requirement = device === undefined || device === byDefault ? 'LEN-07' : 'CMA-08';
  const kind = 'ENOMEM though there was room';
  return [{ oracle: 'justified-failure', requirement, kind, detail, events: [event] }];
}

/** The room that a region must have had for a refused request; undefined when maybe none. */
function roomIn(
  region: string,
  event: Event,
  wanted: bigint,
  { abi, buffers, deviceOf, room, undone }: Evidence,
): string | undefined {
  const { orderMax, page } = room;
  const pages = room.regions.get(region);
  if (pages === undefined) return undefined;
  const { call, return: back } = event.result;
  const there = buffers.filter(
    (buffer) => (deviceOf(buffer.allocation) ?? region) === region && mayLive(buffer, call, back),
  );
  const passing = undone.filter(
    (other) => (deviceOf(other) ?? region) === region && overlap(other, event),
  );
  const sizes = [...there, ...passing.map((other) => sizesOf(other, abi, page))];
  const taken = sizes.map(({ bytes }) => bytes / page).reduce((sum, one) => sum + one, 0n);
  // No number of pages is so large that it would be rounded, but that of a request may be.
  if (wanted > pages) return undefined;
  if (room.careful === true) {
    const counts = sizes.map(({ bytes }) => Number(bytes / page));
    return fitsAnyhow(Number(wanted), counts, Number(pages))
      ? `${wanted} pages were refused while at most ${sizes.length} buffers had ${taken} of ${pages} pages`
      : undefined;
  }
  const occupancy = { buffers: sizes.length, pages: Number(taken) };
  const run = certainFreeRun(Number(wanted), occupancy, { pages: Number(pages), orderMax });
  if (run === undefined) return undefined;
  return (
    `${wanted} pages were refused while at most ${sizes.length} buffers had ${taken} of ` +
    `${pages} pages: ${run} must have been free in a row`
  );
}

/** Whether two calls that both returned may have been under way at once. */
const overlap = (one: Event, other: Event): boolean =>
  one.result.call <= (other.result.return ?? one.result.call) &&
  other.result.call <= (one.result.return ?? other.result.call);
