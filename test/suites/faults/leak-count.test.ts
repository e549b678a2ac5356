/** Memory that is counted over many failures of one request, on kernels that keep pages back. */
import t from 'tap';
import { linux, type Operation, type Program } from '../../../adapters/contract/index.ts';
import { commandOf, requestBytes } from '../../../catalogue/abi-request.ts';
import { abiNamed } from '../../../catalogue/catalogue.ts';
import type { Runner } from '../../../suites/faults/heard-session.ts';
import { losesMemory, type Repeated } from '../../../suites/faults/leak-count.ts';

const ABI = abiNamed('simple-allocator');
const PAGE = 4096;
const MIB = 2 ** 20;
const BUFFER = 64 * 1024;

/**
 * A kernel with 64 MiB of CMA. What a failed request took goes to the list of a processor, which
 * `CmaFree` does not count and the next request that works empties, or is lost.
 */
class Kernel {
  readonly facts = {
    pageSize: PAGE,
    regions: [
      {
        name: 'region:0',
        node: '/dev/cma0',
        bounded: true,
        sizeBytes: 64n << 20n,
        gauge: 'CmaFree',
      },
    ],
  };
  readonly #loses: boolean;
  #lost = 0;
  #listed = 0;

  constructor(loses: boolean) {
    this.#loses = loses;
  }

  async run({ threads }: Program) {
    return { threads: threads.map(({ operations }) => operations.map((one) => this.#answer(one))) };
  }

  #answer(operation: Operation) {
    if (operation.op === 'repeat' && operation.body.some(({ op }) => op === 'ioctl')) {
      const bytes = Number(operation.times) * BUFFER;
      if (this.#loses) this.#lost += bytes;
      else this.#listed = Math.min(this.#listed + bytes, 2 * MIB);
    }
    if (operation.op === 'ioctl') this.#listed = PAGE;
    const free = 64 * MIB - this.#lost - this.#listed;
    const text = operation.op === 'readfile' ? `CmaFree: ${free / 1024} kB\n` : '';
    return { outcome: 'returned', value: 0n, out: new TextEncoder().encode(text) };
  }
}

const REPEATED: Repeated = {
  client: 'subject',
  nth: 7,
  operation: {
    op: 'ioctl',
    fd: { slot: 'device' },
    request: commandOf(ABI),
    argument: { bytes: requestBytes(ABI, { length: BigInt(BUFFER), flags: linux.O_RDWR }) },
  },
};
const countOn = (kernel: Kernel): Promise<string | undefined> =>
  losesMemory(kernel as unknown as Runner, ABI, REPEATED);

t.test('pages in the lists of processors are no loss', async (t) => {
  t.equal(await countOn(new Kernel(false)), undefined);
});

t.test('pages that are nowhere are', async (t) => {
  t.match(await countOn(new Kernel(true)), /^16777216 bytes are gone after 256 failures/);
});
