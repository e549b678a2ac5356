/** A thread of `allocert fuzz --workers`; see fuzz/workers/worker-pool.ts. */
import { workerData } from 'piscina';
import { openTarget } from '../../adapters/open-target.ts';
import { Runner } from '../../fuzz/execute/round-runner.ts';
import {
  answerTask,
  type WorkerAnswer,
  type WorkerSetting,
  type WorkerTask,
} from '../../fuzz/workers/worker-pool.ts';

const { target, ...rest } = workerData as WorkerSetting;
const runner = new Runner({ ...rest, adapter: await openTarget(target) });

/** Does as it is asked. */
export default (task: WorkerTask): Promise<WorkerAnswer> => answerTask(runner, task);
