import type { CaseContext } from './context.ts';

/** A real region may fail for a while when a page cannot be moved: so often it is asked. */
const TRIES = 3;

/** Asks until it works; what the last answer was, and which try it was. */
export async function askSeveralTimes(
  context: CaseContext,
  length: bigint,
): Promise<{ readonly word: string; readonly tries: number }> {
  for (let tries = 1; ; tries += 1) {
    const { reply, word } = await context.allocate({ length });
    if (reply.ok || tries === TRIES) return { word, tries };
  }
}
