import type { OperationName } from '../../contract/operations.ts';
import { accessCalls } from './access.ts';
import { descriptorCalls } from './descriptors.ts';
import { faultCalls } from './faults.ts';
import { fileCalls } from './files.ts';
import { inspectCalls } from './inspect.ts';
import type { Handler } from './kernel-call.ts';
import { memoryCalls } from './memory.ts';
import { processCalls } from './processes.ts';
import { procfsCalls } from './procfs.ts';
import { socketCalls } from './sockets.ts';
import { timingCalls } from './timing.ts';

/** The function of each operation; `repeat` is the Program’s own affair. */
export const HANDLERS: Readonly<Record<Exclude<OperationName, 'repeat'>, Handler>> = {
  ...fileCalls,
  ...descriptorCalls,
  ...memoryCalls,
  ...accessCalls,
  ...inspectCalls,
  ...processCalls,
  ...socketCalls,
  ...procfsCalls,
  ...timingCalls,
  ...faultCalls,
};
