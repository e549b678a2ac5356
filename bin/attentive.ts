import { setImmediate } from 'node:timers/promises';
import type { Adapter, Session } from '../adapters/contract/index.ts';

/**
 * The same target, but the event loop turns once before each case. Targets inside this process
 * answer without ever waiting, so that signals and progress would otherwise be seen after the
 * last case only.
 */
export function attentive(adapter: Adapter): Adapter {
  return {
    url: adapter.url,
    open: async () => attentiveSession(await adapter.open()),
    close: () => adapter.close(),
  };
}

function attentiveSession(session: Session): Session {
  return {
    facts: session.facts,
    begin: async (caseId) => {
      await setImmediate();
      await session.begin(caseId);
    },
    run: (program) => session.run(program),
    close: () => session.close(),
  };
}
