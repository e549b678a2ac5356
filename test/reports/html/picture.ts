import { type History, linux } from '../../../adapters/contract/index.ts';
import type { FuzzBuffer, FuzzPicture, FuzzStep } from '../../../reports/fuzz-picture.ts';
import {
  allocation,
  descriptorIn,
  Machine,
  PAGE,
  READ_WRITE,
} from '../../adapters/simulator/machine.ts';

const BUFFERS = 6;

/** Allocates, maps and looks up the frames of buffers of two pages, on the given simulator. */
async function history(url: string): Promise<History> {
  const machine = await Machine.start(url);
  const length = 2n * PAGE;
  const operations = Array.from({ length: BUFFERS }, (_, index) => {
    const fd = descriptorIn(`b${index}`);
    const map = { op: 'mmap', slot: `m${index}`, length, protection: READ_WRITE } as const;
    return [
      allocation(`b${index}`, { length }, machine.device.slot),
      { ...map, flags: linux.MAP_SHARED, fd },
      { op: 'frames', slot: `f${index}`, address: { slot: `m${index}` }, length } as const,
    ];
  });
  const ran = await machine.run(operations.flat());
  await machine.session.close();
  return ran;
}

/** A picture of what a simulator really answered. */
export async function pictureOf(url: string): Promise<FuzzPicture> {
  const results = (await history(url)).threads[0] ?? [];
  const begin = results[0]?.call ?? 0n;
  const at = (time = begin): number => Number(time - begin);
  const end = at(results.at(-1)?.return) + 1000;
  const frames = results
    .filter((_, index) => index % 3 === 2)
    .map(({ out }) => Number(new DataView(out.buffer, out.byteOffset).getBigUint64(0, true)));
  const lowest = Math.min(...frames);
  const buffers = frames.map(
    (frame, index): FuzzBuffer => ({
      name: `b${index}`,
      firstPage: frame - lowest,
      pages: 2,
      from: at(results[index * 3]?.return),
    }),
  );
  const schedule = results.map(
    ({ call, errno }, index): FuzzStep => ({
      thread: 'main',
      at: at(call),
      text: `${['allocate', 'mmap', 'frames'][index % 3]} b${Math.floor(index / 3)}`,
      result: errno ?? 'ok',
    }),
  );
  const finding = 'Two live buffers hold the same page.';
  const region = 'region:0';
  return { finding, seed: '0x2a', region, pages: 4096, pageSize: 4096, end, buffers, schedule };
}
