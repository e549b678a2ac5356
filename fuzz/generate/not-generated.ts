import type { OperationName } from '../../adapters/contract/index.ts';

/** Arguments that no generator uses although a case does, and why. */
const NOT_GENERATED: readonly {
  /** `operation.argument`. */
  readonly places: readonly string[];
  /** Names of classes; every one when left out. */
  readonly classes?: readonly string[];
  readonly reason: string;
}[] = [
  {
    places: ['barrier.parties', 'sleep.microseconds', 'repeat.times', 'repeat.stop', 'repeat.body'],
    reason: 'a schedule is the seed’s to choose, and a loop hides the results that oracles read',
  },
  {
    places: ['kill.signal'],
    classes: ['1', '2^31-1', '2^31', '2^32-1', '2^32', '2^63-1', '2^63', '2^64-1'],
    reason: 'a death by another signal than SIGKILL is one that a target has caused',
  },
  {
    places: ['locate.bytes', 'locate.first', 'locate.count'],
    reason: 'it searches all of the machine’s memory, and no oracle asks about what it finds',
  },
  {
    places: ['fork.sacrificial'],
    reason: 'no scenario takes so much memory that the OOM killer has to choose',
  },
  {
    places: ['readfile.document'],
    classes: [
      '/proc/self/status',
      '/proc/devices',
      '/sys/class/simple_allocator',
      '/sys/kernel/debug/dma_buf/bufinfo',
      '/sys/kernel/tracing/events/dma_buf',
    ],
    reason: 'it tells nothing that an oracle asks for',
  },
];

/** Why no generator uses an argument of a class; undefined for those that one may use. */
export const withoutGenerator = (
  op: OperationName,
  argument: string,
  name: string,
): string | undefined =>
  NOT_GENERATED.find(
    ({ classes, places }) =>
      places.includes(`${op}.${argument}`) && (classes === undefined || classes.includes(name)),
  )?.reason;
