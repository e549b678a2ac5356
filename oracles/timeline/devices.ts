import { operandAt, specOf, succeeded } from '../../adapters/contract/index.ts';
import { type Event, groupedBy, type Timeline } from './timeline.ts';

/** Says which region's device an ioctl was surely made on; undefined when it is not certain. */
export type DeviceFinder = (event: Event) => string | undefined;

/** A call that may change what a descriptor, or each one of a client, refers to. */
interface Closing {
  readonly client: string;
  readonly call: bigint;
  /** Undefined when it never returned. */
  readonly return: bigint | undefined;
  readonly number: bigint | undefined;
}

/**
 * Finds the devices behind requests.
 *
 * Sound for descriptors that come from an `open` of a region, in the same client or in one that it
 * was forked from after the open had returned, and which no call has begun to close before
 * the request returned, in any of the clients on that way: a descriptor that was closed may be
 * anything, and one that was never inherited is.
 */
export function devicesIn(timeline: Timeline): DeviceFinder {
  return timeline.once(finderFor);
}

function finderFor(timeline: Timeline): DeviceFinder {
  const closings: Closing[] = [];
  for (const { operation, client, result } of timeline.events) {
    const { drops } = specOf(operation.op);
    if (drops === undefined) continue;
    const { call, return: back } = result;
    if (drops.kind === 'image') closings.push({ client, call, return: back, number: undefined });
    if (drops.kind !== 'descriptor' || drops.at === undefined) continue;
    const number = BigInt.asIntN(32, timeline.valueOf(operandAt(operation, drops.at)));
    closings.push({ client, call, return: back, number });
  }
  const byClient = groupedBy(closings, ({ client }) => client);
  const known = new Map<Event, string | undefined>();
  return (event) => {
    if (event.operation.op !== 'ioctl') return undefined;
    const before = known.get(event);
    if (before !== undefined || known.has(event)) return before;
    const device = deviceBehind(timeline, byClient, event);
    known.set(event, device);
    return device;
  };
}

function deviceBehind(
  timeline: Timeline,
  closings: ReadonlyMap<string, readonly Closing[]>,
  { client, operation, result }: Event,
): string | undefined {
  if (operation.op !== 'ioctl' || typeof operation.fd === 'bigint') return undefined;
  if (operation.fd.offset !== undefined) return undefined;
  const opened = timeline.producer(operation.fd.slot);
  if (opened?.operation.op !== 'open' || !succeeded(opened.result)) return undefined;
  const { file } = opened.operation;
  const clients = inheritance(timeline.named('fork'), opened, client);
  if (clients === undefined) return undefined;
  // The descriptor may be there, and be closed, before the open has returned.
  const { call: since, return: there, value } = opened.result;
  if (there === undefined || there > result.call) return undefined;
  const mayClose = (one: Closing): boolean =>
    (one.number === undefined || one.number === value) &&
    (one.return === undefined || one.return >= since) &&
    (result.return === undefined || one.call <= result.return);
  const closed = clients.some((one) => closings.get(one)?.some(mayClose) === true);
  return closed || !file.startsWith('region:') ? undefined : file;
}

/**
 * The clients through which a client surely has what another one opened: itself, its parent and so
 * on to the one that opened it; undefined when there is no such way.
 */
function inheritance(
  forks: readonly Event[],
  opened: Event,
  client: string,
): readonly string[] | undefined {
  if (client === opened.client) return [client];
  const clients = [client];
  for (let heir = client; heir !== opened.client; ) {
    const births = forks.filter(
      ({ operation }) => operation.op === 'fork' && operation.client === heir,
    );
    const [fork] = births;
    const { return: there } = opened.result;
    if (fork === undefined || births.length > 1 || clients.includes(fork.client)) return undefined;
    if (there === undefined || fork.result.call < there) return undefined;
    clients.push(fork.client);
    heir = fork.client;
  }
  return clients;
}
