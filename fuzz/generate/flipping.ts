import fc from 'fast-check';
import { linux, type Placement } from '../../adapters/contract/index.ts';
import { fieldOf } from '../../suites/request.ts';
import type { Scenario, World } from '../scenario.ts';
import { shortfall, smallPages } from './boundaries.ts';
import { alone, seeds } from './frame.ts';
import { ThreadWriter } from './writer.ts';

const REQUESTS_MAX = 8;

/**
 * Requests whose length changes between two values while they are carried out. Neither need be
 * whole pages: what is rounded up from one is not the other then.
 */
export function flipping(world: World): fc.Arbitrary<Scenario> {
  const length = fc
    .record({ pages: smallPages(32), short: shortfall(world.page) })
    .map(({ pages, short }) => BigInt(pages) * world.page - short);
  const request = fc.record({ first: length, second: length });
  return fc
    .record({
      requests: fc.array(request, { minLength: 1, maxLength: REQUESTS_MAX }),
      seed: seeds,
    })
    .map(({ requests, seed }) => {
      const writer = new ThreadWriter(world, 't0');
      const { offset } = fieldOf(world.abi, 'length');
      for (const { first, second } of requests) {
        const placement: Placement = { kind: 'flipped', offset, width: 8, value: second };
        const buffer = writer.allocate({ length: first }, placement);
        const fd = writer.descriptor(buffer);
        writer.add({ op: 'lseek', fd, offset: 0n, whence: linux.SEEK_END });
        writer.close(buffer);
      }
      return alone(world, 'flipping', writer.operations, seed);
    });
}
