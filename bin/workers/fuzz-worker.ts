/** A thread of `allocert fuzz --workers`; see fuzz/workers/worker-pool.ts. */
import { workerData } from 'piscina';
import { openTarget } from '../../adapters/open-target.ts';
import { LocalWorker } from '../../fuzz/workers/local-worker.ts';
import {
  answerTask,
  type WorkerAnswer,
  type WorkerOptions,
  type WorkerTask,
} from '../../fuzz/workers/worker-pool.ts';

const { target, ...rest } = workerData as WorkerOptions;
const worker = new LocalWorker({ ...rest, adapter: await openTarget(target) });

/** Does as it is asked. */
export default (task: WorkerTask): Promise<WorkerAnswer> => answerTask(worker, task);
