import fc from 'fast-check';
import type { Placement } from '../../adapters/contract/index.ts';
import { fieldOf } from '../../suites/request.ts';
import type { Scenario, World } from '../scenario.ts';
import { smallPages } from './boundaries.ts';
import { clientName, framed } from './frame.ts';
import { ThreadWriter } from './writer.ts';

const REQUESTS_MAX = 8;

/** Requests whose length changes between two values while they are carried out. */
export function flipping(world: World): fc.Arbitrary<Scenario> {
  const request = fc.record({ first: smallPages(32), second: smallPages(32) });
  return fc
    .record({
      requests: fc.array(request, { minLength: 1, maxLength: REQUESTS_MAX }),
      seed: fc.bigInt({ min: 0n, max: (1n << 63n) - 1n }),
    })
    .map(({ requests, seed }) => {
      const writer = new ThreadWriter(world, 't0');
      const { offset } = fieldOf(world.abi, 'length');
      for (const { first, second } of requests) {
        const value = BigInt(second) * world.page;
        const placement: Placement = { kind: 'flipped', offset, width: 8, value };
        const buffer = writer.allocate({ length: BigInt(first) * world.page }, placement);
        const fd = writer.descriptor(buffer);
        writer.add({ op: 'lseek', fd, offset: 0n, whence: 2n });
        writer.close(buffer);
      }
      const client = clientName(0);
      return framed(
        world,
        'flipping',
        [client],
        [[{ client, operations: writer.operations }]],
        seed,
      );
    });
}
