import {
  descriptorsIn,
  hasBody,
  type OperationOf,
  operationsWhere,
  succeeded,
} from '../adapters/contract/index.ts';
import { credible } from './credible.ts';
import { type HeldBuffer, heldDuring, mayLive } from './timeline/lifetimes.ts';
import { dropsOf } from './timeline/reference-drops.ts';
import { withLifetime } from './timeline/reference-lifetime.ts';
import { harmIn } from './timeline/self-harm.ts';
import type { Event, Timeline } from './timeline/timeline.ts';
import type { Violation } from './violation.ts';

/**
 * A thread that guesses the descriptor of a buffer and maps it before its request has returned sees
 * zeros, too (ISO-05).
 *
 * Sound for scans through a mapping that surely stood, of a descriptor that the client did not have
 * at first, where nothing but regions was opened: then there is nothing but a buffer that it can
 * show, whichever that is. Each store that had begun before the scan returned must have been to a
 * buffer that was surely gone before the mapping was asked for. Mappings whose buffer is known are
 * not judged here; the content oracle knows more about these.
 */
export function unwritten(timeline: Timeline, buffers: readonly HeldBuffer[]): Violation[] {
  if (timeline.events.some(opensOther)) return [];
  const known = new Set<Event>();
  for (const { references } of buffers) for (const { made } of references) known.add(made);
  const maps = timeline
    .named('mmap')
    .filter((event) => succeeded(event.result) && !known.has(event));
  if (maps.length === 0) return [];
  // A client that has harmed itself may have written to what it maps without a store.
  const harmOf = harmIn(timeline);
  if (timeline.clients.some((client) => harmOf(client) !== undefined)) return [];
  const stores = timeline.named('store');
  const found = timeline.named('scan').flatMap((scan) => {
    const map = mapOf(timeline, maps, scan);
    if (map === undefined || !hadNone(timeline, map)) return [];
    const before = stores.filter(({ result }) => result.call <= (scan.result.return ?? 0n));
    const explained = before.some(
      (store) => !wasElsewhere(timeline, buffers, store, map.result.call),
    );
    if (explained) return [];
    const { out, value } = scan.result;
    return [
      {
        oracle: 'unwritten',
        requirement: 'ISO-05',
        kind: 'a buffer can be seen before it is clear',
        detail: `byte ${value} is 0x${(out[0] ?? 0).toString(16).padStart(2, '0')}`,
        events: [map, scan],
      },
    ];
  });
  return credible(timeline, found);
}

/** Whether something other than a buffer may be mapped from now on. */
const opensOther = ({ operation }: Event): boolean =>
  OPENING.has(operation.op) && !('file' in operation && operation.file.startsWith('region:'));

/** Operations that give a descriptor of something new, and those that may hold such operations. */
const OPENING = operationsWhere(
  (spec) =>
    (spec.gives?.kind === 'descriptor' &&
      spec.gives.of === undefined &&
      spec.gives.received !== true) ||
    hasBody(spec),
);

/** The mapping that a scan surely went through, if it found something other than zeros there. */
function mapOf(timeline: Timeline, maps: readonly Event[], scan: Event): Event | undefined {
  const { client, operation, result } = scan;
  if (operation.op !== 'scan' || !succeeded(result) || result.return === undefined)
    return undefined;
  const zeros = operation.bytes.every((byte) => byte === 0);
  if (!zeros || result.value === timeline.valueOf(operation.length)) return undefined;
  const { call, return: back } = result;
  const address = timeline.valueOf(operation.address);
  const end = timeline.valueOf(operation.offset ?? 0n) + timeline.valueOf(operation.length);
  return maps.find((map) => {
    const made = map.operation as OperationOf<'mmap'>;
    const length = timeline.valueOf(made.length);
    const since = map.result.return;
    if (map.client !== client || map.result.value !== address || end > length) return false;
    if (since === undefined || since > call) return false;
    const about = { kind: 'mapping', client, value: address, length, made: map } as const;
    return heldDuring(withLifetime(about, map.result.call, since, dropsOf(timeline)), call, back);
  });
}

/** Whether the client did not have the descriptor at first. */
function hadNone(timeline: Timeline, map: Event): boolean {
  const list = timeline.events.find(
    ({ client, operation, result }) =>
      client === map.client && operation.op === 'descriptors' && succeeded(result),
  );
  if (list === undefined || map.operation.op !== 'mmap') return false;
  const numbers = descriptorsIn(list.result.out);
  return !numbers.includes(Number(BigInt.asIntN(32, timeline.valueOf(map.operation.fd))));
}

/** Whether a store was to a buffer that was surely gone at an instant. */
function wasElsewhere(
  timeline: Timeline,
  buffers: readonly HeldBuffer[],
  { client, operation, result }: Event,
  instant: bigint,
): boolean {
  if (operation.op !== 'store' || result.return === undefined) return false;
  const address = timeline.valueOf(operation.address);
  const { call, return: back } = result;
  const target = buffers.find(({ references }) =>
    references.some(
      (one) =>
        one.kind === 'mapping' &&
        one.client === client &&
        one.value === address &&
        heldDuring(one, call, back),
    ),
  );
  return target !== undefined && !mayLive(target, instant, undefined);
}
