import fc from 'fast-check';
import { linux, type Placement } from '../../adapters/contract/index.ts';
import { fieldOf } from '../../catalogue/abi-request.ts';
import { bytesApart } from '../../oracles/timeline/torn-reads.ts';
import { shortfall, smallPages } from './boundaries.ts';
import { oneClientScenario, seeds } from './scaffold.ts';
import type { GeneratorContext, Scenario } from './scenario.ts';
import { ThreadWriter } from './thread-writer.ts';

const REQUESTS_MAX = 8;
const PAGES_MAX = 32;

/**
 * Requests whose length changes between two values while they are carried out. Neither need be
 * whole pages: what is rounded up from one is not the other then. They differ in one byte, because
 * one read may see some bytes of the one and some of the other, which would prove nothing.
 */
export function flippingScenarios(context: GeneratorContext): fc.Arbitrary<Scenario> {
  const { offset, width } = fieldOf(context.abi, 'length');
  const request = fc
    .record({ pages: smallPages(PAGES_MAX), short: shortfall(context.page), other: fc.nat() })
    .map(({ pages, short, other }) => {
      const first = BigInt(pages) * context.page - short;
      const near = nearby(first, short, context.page, width);
      return { first, second: near[other % near.length] ?? first };
    });
  return fc
    .record({
      requests: fc.array(request, { minLength: 1, maxLength: REQUESTS_MAX }),
      seed: seeds,
    })
    .map(({ requests, seed }) => {
      const writer = new ThreadWriter(context, 't0');
      for (const { first, second } of requests) {
        const placement: Placement = { kind: 'flipped', offset, width, value: second };
        const buffer = writer.allocate({ length: first }, placement);
        const fd = writer.descriptor(buffer);
        writer.add({ op: 'lseek', fd, offset: 0n, whence: linux.SEEK_END });
        writer.close(buffer);
      }
      return oneClientScenario(context, 'flipping', writer.operations, seed);
    });
}

/** Lengths that fall as short of whole pages as one does, and differ from it in one byte. */
function nearby(first: bigint, short: bigint, page: bigint, width: number): readonly bigint[] {
  return Array.from({ length: PAGES_MAX }, (_, at) => BigInt(at + 1) * page - short).filter(
    (length) => bytesApart(first, length, width) === 1,
  );
}
