import { outcomePhrase } from '../../adapters/contract/index.ts';
import type { Case } from './case.ts';
import type { CaseContext } from './context.ts';
import { Inconclusive } from './observation.ts';

/** Real memory may be in the way for a while: so often a page is asked for. */
const TRIES = 3;

/**
 * A case of a race, with a look afterwards: a region that served before, and that nothing uses any
 * more, must serve again. One that the race left stuck fails this case and not the next.
 */
export function servingAfterwards(case_: Case): Case {
  const [requirement] = case_.requirements;
  if (requirement === undefined) throw new Error(`case ${case_.id} has no requirement`);
  const run = async (context: CaseContext): Promise<void> => {
    await context.control();
    try {
      await case_.run(context);
    } catch (thrown) {
      if (thrown instanceof Inconclusive) await look(context, requirement);
      throw thrown;
    }
    await look(context, requirement);
  };
  return { ...case_, run };
}

async function look(context: CaseContext, requirement: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const buffer = await context.allocate();
    await context.release(buffer);
    if (!buffer.reply.ok && tries < TRIES) continue;
    const detail = `the region served before; afterwards a request ${outcomePhrase(buffer.word)}`;
    context.observe(requirement, 'afterwards', buffer.word, detail);
    return;
  }
}
