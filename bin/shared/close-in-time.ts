import type { Adapter } from '../../adapters/contract/index.ts';
import { messageOf } from '../../base/errors.ts';
import { complain } from './terminal.ts';

/** Milliseconds that a target gets to shut down. */
const CLOSE_MS = 5000;

/** Closes an adapter. One that fails at it, or never ends, leaves the verdict as it is. */
export async function closeInTime(adapter: Adapter): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  // It holds the process: of an adapter that never closes nothing else may be left that does.
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, CLOSE_MS);
  });
  const closed = adapter.close().catch((thrown: unknown) => {
    complain(`the target could not be stopped: ${messageOf(thrown)}`);
  });
  await Promise.race([closed, late]);
  clearTimeout(timer);
}
