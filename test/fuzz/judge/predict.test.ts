import t from 'tap';
import type { Placement } from '../../../adapters/contract/index.ts';
import { commandOf, type Fields, requestBytes } from '../../../catalogue/abi-request.ts';
import { abiNamed, profileNamed } from '../../../catalogue/catalogue.ts';
import { predictor } from '../../../fuzz/judge/predict.ts';
import { timelineOf } from '../../../oracles/index.ts';

/** What a DMA-BUF heap may say to a request. */
function wordsFor(fields: Fields, placement: Placement): readonly string[] | undefined {
  const abi = abiNamed('dma-heap');
  const argument = { bytes: requestBytes(abi, { length: 4096n, ...fields }), placement };
  const ioctl = { op: 'ioctl', fd: { slot: 'device' }, request: commandOf(abi), argument } as const;
  const result = { outcome: 'returned', value: -1n, out: new Uint8Array(0), call: 1n, return: 2n };
  const threads = [{ client: 'main', operations: [ioctl] }];
  const history = { deaths: [], log: [], deadlineHit: false };
  const { events } = timelineOf(
    [{ threads, deadlineMs: 1 }],
    [{ ...history, threads: [[{ ...result, outcome: 'returned' }]] }],
  );
  const [event] = events;
  return event && predictor(abi, profileNamed('dma-heap'), undefined)(event)?.words;
}

t.test('a heap that refuses a descriptor on input may say so before anything else', async (t) => {
  for (const protection of ['read-only', 'write-only'] as const) {
    const placement = { kind: 'page', protection } as const;
    t.ok(wordsFor({ descriptor: 4n }, placement)?.includes('EINVAL'), protection);
    t.notOk(wordsFor({}, placement)?.includes('EINVAL'), `${protection}, without a descriptor`);
  }
});
