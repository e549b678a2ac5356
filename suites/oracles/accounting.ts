import { succeeded } from '../../adapters/contract/index.ts';
import type { Timeline } from './timeline.ts';
import type { Violation } from './violation.ts';

/**
 * When everything is at rest, as much memory is free as was before (LIF-01, LIF-09).
 *
 * Sound where the gauge counts the region's pages and nothing else, nobody else uses the region,
 * and every client that held something is dead at the second reading: the first and the last
 * `readfile` of /proc/meminfo of the timeline are compared. On a real kernel the gauge is the
 * system's; what it shows there is only a hint.
 *
 * @param gauge the line of /proc/meminfo that counts the region's free memory
 */
export function accounting(timeline: Timeline, gauge: string): Violation[] {
  const readings = timeline.events.filter(
    ({ operation, result }) =>
      operation.op === 'readfile' && operation.document === '/proc/meminfo' && succeeded(result),
  );
  const [first] = readings;
  const last = readings.at(-1);
  if (first === undefined || last === undefined || first === last) return [];
  const before = kibibytes(first.result.out, gauge);
  const after = kibibytes(last.result.out, gauge);
  if (before === undefined || after === undefined || before === after) return [];
  const lost = before > after;
  return [
    {
      oracle: 'accounting',
      requirement: 'LIF-09',
      kind: lost ? 'memory is lost' : 'more memory is free than was there',
      detail: `${gauge} was ${before} kB before and ${after} kB at rest`,
      events: [first, last],
    },
  ];
}

function kibibytes(out: Uint8Array, gauge: string): bigint | undefined {
  const text = new TextDecoder().decode(out);
  const value = new RegExp(`^${gauge}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
  return value === undefined ? undefined : BigInt(value);
}
