import { linux, succeeded } from '../adapters/contract/index.ts';
import { fieldOf, readField } from '../catalogue/abi-request.ts';
import type { Abi } from '../catalogue/catalogue.ts';
import { credible } from './credible.ts';
import { type HeldBuffer, heldDuring, type Reference } from './timeline/lifetimes.ts';
import type { Event, Timeline } from './timeline/timeline.ts';
import { isMixture, mixturesOf } from './timeline/torn-reads.ts';
import type { Violation } from './violation.ts';

/**
 * A request whose length changes while it is carried out gives a buffer of one length or of the
 * other, and says so (CON-04).
 *
 * Sound for requests that were `flipped` between two lengths and whose descriptor was surely held
 * while lseek(SEEK_END) told its size. One read may see some bytes of the one length and some of
 * the other, so a size of such a length is not judged: lengths that differ in one byte are the
 * strictest test. The length that was returned counts only where it has a byte that is neither the
 * size's nor one of the two lengths': otherwise the other thread may have written last.
 */
export function snapshot(
  timeline: Timeline,
  buffers: readonly HeldBuffer[],
  abi: Abi,
  page: bigint,
): Violation[] {
  const field = fieldOf(abi, 'length');
  const found = buffers.flatMap(({ allocation, references }) => {
    const { operation, result } = allocation;
    if (operation.op !== 'ioctl' || operation.argument.placement?.kind !== 'flipped') return [];
    const { placement } = operation.argument;
    if (placement.offset !== field.offset || placement.width !== field.width) return [];
    const asked = [readField(operation.argument.bytes, field), placement.value];
    const whole = mixturesOf(asked, field.width).map(
      (length) => ((length + page - 1n) / page) * page,
    );
    const told = readField(result.out, field);
    const held = references.find(({ made }) => made === allocation);
    return timeline.named('lseek').flatMap((event) => {
      const size = sizeSeen(timeline, event, held);
      const { call, return: back } = event.result;
      if (size === undefined || back === undefined || held === undefined) return [];
      if (!heldDuring(held, call, back)) return [];
      const reported = field.output !== true || isMixture(told, [size, ...asked], field.width);
      if (whole.includes(size) && reported) return [];
      return [
        {
          oracle: 'snapshot',
          requirement: 'CON-04',
          kind: 'a length was read twice',
          detail: `${asked.join(' and ')} bytes were requested; the buffer has ${size}, reported as ${told}`,
          events: [allocation, event],
        },
      ];
    });
  });
  return credible(timeline, found);
}

/** The size of a buffer that an operation on its descriptor told. */
function sizeSeen(
  timeline: Timeline,
  { client, operation, result }: Event,
  held: Reference | undefined,
): bigint | undefined {
  if (operation.op !== 'lseek' || operation.whence !== linux.SEEK_END) return undefined;
  const number = BigInt.asIntN(32, timeline.valueOf(operation.fd));
  if (held?.client !== client || held.value !== number) return undefined;
  return succeeded(result) ? result.value : undefined;
}
