/** A thread that runs Programs in an executor of its own and counts those that came back right. */
import { parentPort, workerData } from 'node:worker_threads';
import { openNative } from '../../../adapters/native/adapter.ts';

const { rounds, seed } = workerData as { rounds: number; seed: number };
const adapter = openNative('native:/dev/zero?mode=in-process');
const session = await adapter.open();
await session.begin('worker');
let right = 0;
for (let round = 0; round < rounds; round += 1) {
  const size = BigInt(seed * 1000 + round);
  const { threads } = await session.run({
    deadlineMs: 20_000,
    threads: [
      {
        client: 'main',
        operations: [
          { op: 'memfd', length: size, slot: 'm' },
          { op: 'lseek', fd: { slot: 'm' }, offset: 0n, whence: 2n },
          { op: 'close', fd: { slot: 'm' } },
        ],
      },
    ],
  });
  if (threads[0]?.[1]?.value === size) right += 1;
}
await adapter.close();
parentPort?.postMessage(right);
