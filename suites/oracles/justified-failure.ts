import type { Abi } from '../catalogue.ts';
import { commandOf, fieldOf, readField } from '../request.ts';
import { allocationsOf, type HeldBuffer } from './holdings.ts';
import type { Event, Timeline } from './timeline.ts';
import type { Violation } from './violation.ts';

/** What must be known of a region to say that it had room. */
export interface Room {
  /** Pages in the region. */
  readonly pages: bigint;
  /** Bytes in a page. */
  readonly page: bigint;
  /** The largest order to which the allocator aligns buffers; 0 when it does not. */
  readonly orderMax: number;
}

/**
 * A request is refused with ENOMEM only when the region may not have had room (ERR-07, LEN-07).
 *
 * Sound where nobody else uses the region and its allocator gives out every page: each buffer that
 * may have lived during the call counts as there for the whole of it, wherever it does most harm. m
 * buffers of P pages leave a run of at least (N - P) / (m + 1) pages, rounded up; a run of k pages
 * aligned to a power of two a fits into k + a - 1. Linux may fail to move a page: there it is not
 * decidable, and must not be asked.
 */
export function justifiedFailure(
  timeline: Timeline,
  buffers: readonly HeldBuffer[],
  abi: Abi,
  room: Room,
): Violation[] {
  const command = commandOf(abi);
  const requests = timeline.events.filter(
    ({ operation }) => operation.op === 'ioctl' && operation.request === command,
  );
  const lost = requests.some(({ result }) => result.return === undefined);
  const unlisted = timeline.events.some(({ operation }) => operation.op === 'repeat');
  // What a call that never came back has taken, nobody knows.
  if (lost || unlisted) return [];
  const held = new Set(allocationsOf(timeline, abi)).size === buffers.length;
  if (!held) return [];
  return requests
    .filter(({ result }) => result.errno === 'ENOMEM')
    .flatMap((event) => judge(event, buffers, abi, room));
}

function judge(
  event: Event,
  buffers: readonly HeldBuffer[],
  abi: Abi,
  { pages, page, orderMax }: Room,
): Violation[] {
  const { operation, result } = event;
  if (operation.op !== 'ioctl') return [];
  const asked = readField(operation.argument.bytes, fieldOf(abi, 'length'));
  const wanted = (asked + page - 1n) / page;
  if (wanted === 0n) return [];
  const there = buffers.filter((buffer) => mayLive(buffer, result.call, result.return));
  const taken = there.map(({ bytes }) => bytes / page).reduce((sum, one) => sum + one, 0n);
  const gaps = BigInt(there.length) + 1n;
  const run = (pages - taken + gaps - 1n) / gaps;
  if (taken > pages || run < wanted + alignmentOf(wanted, orderMax) - 1n) return [];
  return [
    {
      oracle: 'justified-failure',
      requirement: 'LEN-07',
      kind: 'ENOMEM though there was room',
      detail:
        `${wanted} pages were refused while at most ${there.length} buffers had ${taken} of ` +
        `${pages} pages: ${run} must have been free in a row`,
      events: [event],
    },
  ];
}

function alignmentOf(pages: bigint, orderMax: number): bigint {
  let alignment = 1n;
  for (let order = 0; order < orderMax && alignment < pages; order += 1) alignment *= 2n;
  return alignment;
}

/** From the call of its allocation until its last holding was surely gone. */
function mayLive(
  { allocation, elsewhere, holdings }: HeldBuffer,
  call: bigint,
  back: bigint | undefined,
): boolean {
  if (back !== undefined && allocation.result.call > back) return false;
  return elsewhere || holdings.some(({ gone }) => gone === undefined || gone >= call);
}
