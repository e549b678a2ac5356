/** A thread that counts in shared memory, one at a time with others. */
import { workerData } from 'node:worker_threads';
import { SharedLock } from '../../../../adapters/simulator/parallel/shared-lock.ts';

const { memory, at, counter, times } = workerData as {
  readonly memory: Int32Array;
  readonly at: number;
  readonly counter: number;
  readonly times: number;
};
const lock = new SharedLock(memory, at);
for (let time = 0; time < times; time += 1) {
  lock.take();
  memory[counter] = (memory[counter] ?? 0) + 1;
  lock.give();
}
