import type { CaseContext } from './context.ts';
import { Crowd } from './crowd.ts';
import { fill } from './filling.ts';
import { Inconclusive } from './observation.ts';

/** Real CMA may lack a page or two for a while: so often what buffers cost is measured. */
const COST_TRIES = 4;

/** What buffers cost a region, against the pages that they have by their sizes. */
export interface PageCost {
  /** Whether it was exactly those. */
  readonly exact: boolean;
  /** Whether it was more each time. */
  readonly more: boolean;
  readonly detail: string;
}

/**
 * What a crowd of buffers costs a region, by filling it before and beside them. It is `exact` when
 * any try finds their own pages.
 *
 * @throws {@link Inconclusive} when tries differ to both sides, and none is exact
 */
export async function costOf(context: CaseContext, sizes: readonly bigint[]): Promise<PageCost> {
  const excesses: bigint[] = [];
  const details: string[] = [];
  for (let tries = 0; tries < COST_TRIES; tries += 1) {
    const { pages: before } = await fill(context);
    const crowd = new Crowd(context, sizes);
    await crowd.gather();
    const { pages: beside } = await fill(context);
    const excess = before - beside - crowd.pages;
    const own = `${crowd.members.length} buffers with ${crowd.pages} pages`;
    await crowd.release();
    const detail = `${own} cost the region ${before - beside} of its ${before} pages`;
    if (excess === 0n) return { exact: true, more: false, detail };
    excesses.push(excess);
    details.push(detail);
  }
  const more = excesses.every((excess) => excess > 0n);
  if (more || excesses.every((excess) => excess < 0n)) {
    return { exact: false, more, detail: details.join('; ') };
  }
  throw new Inconclusive(`the cost of buffers is not steady: ${details.join('; ')}`);
}
