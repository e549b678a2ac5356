import {
  type Adapter,
  type ErrnoName,
  type History,
  type Program,
  type Session,
  succeeded,
} from '../../adapters/contract/index.ts';

/** An error that no profile allows a request for a buffer to end with. */
export const PLANTED: ErrnoName = 'EXDEV';

/**
 * A target that lies: the first request of each Program that was granted is said to have failed
 * with {@link PLANTED}. A campaign that does not find it cannot be trusted to find anything.
 */
export function withCanary(adapter: Adapter): Adapter {
  return {
    url: adapter.url,
    open: async () => lying(await adapter.open()),
    close: () => adapter.close(),
  };
}

const lying = (session: Session): Session => ({
  facts: session.facts,
  begin: (caseId) => session.begin(caseId),
  run: async (program) => planted(program, await session.run(program)),
  close: () => session.close(),
});

function planted(program: Program, history: History): History {
  for (const [thread, { operations }] of program.threads.entries()) {
    const results = history.threads[thread] ?? [];
    const at = operations.findIndex((operation, index) => {
      const result = results[index];
      return operation.op === 'ioctl' && result !== undefined && succeeded(result);
    });
    const granted = results[at];
    if (granted === undefined) continue;
    const lie = { ...granted, errno: PLANTED, value: -1n };
    return { ...history, threads: history.threads.with(thread, results.with(at, lie)) };
  }
  return history;
}
