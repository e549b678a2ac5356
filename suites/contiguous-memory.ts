import { type Case, Skip } from './case.ts';

/** Buffers whose page frames are compared. */
const BUFFERS = 16;

/** Group M: the memory behind the buffers. */
export const contiguousMemory: readonly Case[] = [
  {
    id: 'CMA-03/frames',
    title: 'buffers that live together share no page frame',
    requirements: ['CMA-03'],
    needs: ['frames'],
    async run(bench) {
      const length = 4n * bench.page;
      const seen = new Set<bigint>();
      let pages = 0;
      for (let index = 0; index < BUFFERS; index += 1) {
        const address = await bench.map(await bench.buffer({ length }), length);
        const { ok, out, word } = await bench.subject.frames({ address, length });
        if (!ok) throw new Skip(`page frames cannot be looked up here: ${word}`);
        for (const frame of framesIn(out)) seen.add(frame);
        pages += out.length / 8;
      }
      if (seen.has(0n)) throw new Skip('the target hides the page frames of buffers');
      const word = seen.size === pages ? 'disjoint' : 'shared';
      const detail = `${BUFFERS} live buffers have ${pages} pages in ${seen.size} frames`;
      bench.observe('CMA-03', 'frames', word, detail);
    },
  },
];

function framesIn(out: Uint8Array): bigint[] {
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  return Array.from({ length: out.length / 8 }, (_, index) => view.getBigUint64(index * 8, true));
}
