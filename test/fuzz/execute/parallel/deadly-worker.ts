/** A worker that dies of one part of one round, as often as it gets it. */
import { workerData } from 'piscina';
import { openSimulator } from '../../../../adapters/simulator/adapter.ts';
import { LocalWorker } from '../../../../fuzz/workers/local-worker.ts';
import {
  answerTask,
  type WorkerAnswer,
  type WorkerOptions,
  type WorkerTask,
} from '../../../../fuzz/workers/worker-pool.ts';

const { target, ...rest } = workerData as WorkerOptions;
const worker = new LocalWorker({ ...rest, adapter: openSimulator(target) });
const DEADLY = 3;

export default (task: WorkerTask): Promise<WorkerAnswer> => {
  if (task.kind === 'part' && task.part === 1 && task.indices.includes(DEADLY)) process.exit(7);
  return answerTask(worker, task);
};
