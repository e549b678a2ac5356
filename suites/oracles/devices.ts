import { succeeded } from '../../adapters/contract/index.ts';
import type { Event, Timeline } from './timeline.ts';

/** Says which region's device an ioctl was surely made on; undefined when it is not certain. */
export type DeviceFinder = (event: Event) => string | undefined;

/** The call of something that ends what a number, or each number, refers to. */
interface Closing {
  readonly client: string;
  readonly call: bigint;
  /** Undefined when it never came back. */
  readonly return: bigint | undefined;
  readonly number: bigint | undefined;
}

/**
 * Finds the devices behind requests.
 *
 * Sound for descriptors that come from an `open` of a region, and whose number nobody has begun to
 * close before the request came back, neither in its client nor in the one that it was inherited
 * from: a number that was closed may be anything.
 */
export function devicesIn(timeline: Timeline): DeviceFinder {
  const known = FINDERS.get(timeline) ?? finderFor(timeline);
  FINDERS.set(timeline, known);
  return known;
}

/** Several oracles ask of the same timeline. */
const FINDERS = new WeakMap<Timeline, DeviceFinder>();

function finderFor(timeline: Timeline): DeviceFinder {
  const closings = timeline.events.flatMap((event): Closing[] => {
    const { operation, client, result } = event;
    if (operation.op === 'exec')
      return [{ client, call: result.call, return: result.return, number: undefined }];
    if (operation.op !== 'close' && operation.op !== 'dup2' && operation.op !== 'dup3') return [];
    const fd = operation.op === 'close' ? operation.fd : operation.to;
    const number = BigInt.asIntN(32, timeline.valueOf(fd));
    return [{ client, call: result.call, return: result.return, number }];
  });
  return ({ client, operation, result }) => {
    if (operation.op !== 'ioctl' || typeof operation.fd === 'bigint') return undefined;
    if (operation.fd.offset !== undefined) return undefined;
    const opened = timeline.producer(operation.fd.slot);
    if (opened?.operation.op !== 'open' || !succeeded(opened.result)) return undefined;
    const { file } = opened.operation;
    // The number may be there, and be closed, before the open has returned.
    const { call: since, value } = opened.result;
    const closed = closings.some(
      (one) =>
        (one.client === client || one.client === opened.client) &&
        (one.number === undefined || one.number === value) &&
        (one.return === undefined || one.return >= since) &&
        (result.return === undefined || one.call <= result.return),
    );
    return closed || !file.startsWith('region:') ? undefined : file;
  };
}
