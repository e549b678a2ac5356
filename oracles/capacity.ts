import { operationsWhere, succeeded } from '../adapters/contract/index.ts';
import { commandOf, fieldOf, readField } from '../catalogue/abi-request.ts';
import type { Abi } from '../catalogue/catalogue.ts';
import { credible } from './credible.ts';
import type { Event, Timeline } from './timeline/timeline.ts';
import type { Violation } from './violation.ts';

/** A client that filled a region by itself. */
interface Fill {
  /** Lengths that were asked for, in order. */
  readonly lengths: readonly bigint[];
  /** Bytes that were granted, in whole pages. */
  readonly granted: bigint;
  readonly last: Event;
}

/**
 * A client that fills a region alone gets as much as one that did the same before (LIF-09).
 *
 * Sound where no other process uses the region: for clients that were alone in their Program, when
 * every other client that had done anything but fork, open and wait was dead, and whose last
 * request, of one page, was refused with ENOMEM. Only those that asked for the same lengths are
 * compared, so that rounding and holes cannot differ; and at least two later ones must both have
 * got less.
 *
 * @param page bytes
 */
export function capacity(timeline: Timeline, abi: Abi, page: bigint): Violation[] {
  const fills = timeline.clients
    .flatMap((client) => fillOf(timeline, client, abi, page))
    .toSorted((a, b) => (a.last.result.call < b.last.result.call ? -1 : 1));
  const [first] = fills;
  if (first === undefined) return [];
  const later = fills.slice(1).filter(({ lengths }) => lengths.join() === first.lengths.join());
  const most = later.map(({ granted }) => granted).reduce((a, b) => (a > b ? a : b), 0n);
  const last = later.at(-1);
  if (later.length < 2 || last === undefined || most >= first.granted) return [];
  return credible(timeline, [
    {
      oracle: 'capacity',
      requirement: 'LIF-09',
      kind: 'memory is lost',
      detail:
        `${first.granted / page} pages could be had at first, and ${most / page} when every ` +
        'client that had used some had ended',
      events: [first.last, last.last],
    },
  ]);
}

/**
 * Bytes that a client got which filled a region alone; undefined for one that did not.
 *
 * @param page bytes
 */
export const capacityOf = (
  timeline: Timeline,
  client: string,
  abi: Abi,
  page: bigint,
): bigint | undefined => fillOf(timeline, client, abi, page)[0]?.granted;

function fillOf(timeline: Timeline, client: string, abi: Abi, page: bigint): Fill[] {
  const command = commandOf(abi);
  const requests = timeline
    .ofClient(client)
    .filter(
      (event) =>
        event.operation.op === 'ioctl' &&
        event.operation.request === command &&
        typeof event.operation.fd !== 'bigint',
    );
  const [first] = requests;
  const last = requests.at(-1);
  if (first === undefined || last === undefined || !isAlone(timeline, first, last)) return [];
  const lengths = requests.map(({ operation }) =>
    operation.op === 'ioctl' ? readField(operation.argument.bytes, fieldOf(abi, 'length')) : 0n,
  );
  const settled = requests.every(({ result }) => succeeded(result) || result.errno === 'ENOMEM');
  if (!settled || last.result.errno !== 'ENOMEM' || lengths.at(-1) !== page) return [];
  const granted = requests
    .map(({ result }, at) => (succeeded(result) ? (lengths[at] ?? 0n) : 0n))
    .reduce((sum, one) => sum + ((one + page - 1n) / page) * page, 0n);
  return [{ lengths, granted, last }];
}

/** Operations with which a client comes to hold nothing of a region, if it does no other. */
const IDLE = operationsWhere(
  ({ drops, gives, scenario }) =>
    (scenario === 'fixed' || scenario === 'watching') &&
    gives?.kind !== 'request' &&
    drops?.kind !== 'image',
);

/** Whether nothing else had begun in its Program, and whoever did anything before was dead. */
function isAlone({ events }: Timeline, first: Event, last: Event): boolean {
  if (first.program !== last.program) return false;
  const others = events.filter(({ client }) => client !== first.client);
  if (others.some(({ program }) => program === first.program)) return false;
  const before = others.filter(({ program }) => program < first.program);
  const gone = before.flatMap(({ operation, result }) =>
    operation.op === 'wait' && succeeded(result) ? [operation.client] : [],
  );
  const own = events.filter(
    ({ client, program }) => client === first.client && program <= last.program,
  );
  return (
    before.every(({ client, operation }) => gone.includes(client) || IDLE.has(operation.op)) &&
    own.every(({ operation }) => operation.op === 'ioctl' || IDLE.has(operation.op))
  );
}
