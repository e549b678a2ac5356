/** How much a bounded region holds before and after some work: capacity is exact. */
import type { CaseContext } from './context.ts';
import { type Filling, fill } from './filling.ts';
import { larger, smaller } from './larger-smaller.ts';
import type { Block, MemoryChange } from './memory-change.ts';
import { Inconclusive } from './observation.ts';

/** Blocks of work that are always done. */
const BLOCKS_MIN = 2;
/** Blocks at most, when the first ones showed a change that did not show again yet. */
const BLOCKS_MAX = 6;
/** Blocks that must change the capacity in one direction before the work is to blame. */
const CHANGES = 2;
/**
 * The part of a region that counts as lost when one block took it and none brought it back. A leak
 * stops by itself once no free pages are left that it can take; what the kernel keeps for itself
 * is less.
 */
const KEPT_PART = 16n;

/**
 * Fills a bounded region before and after blocks of work. Real CMA may lack a page for a while, and
 * have it again later: so less, or more, counts when filling again does not mend it and when it
 * comes with two blocks. More than the region's whole size counts at once, and so does a region
 * that holds nothing any more. What one block took counts when it is much and stays away.
 */
export async function changeOfCapacity(
  context: CaseContext,
  cycles: bigint,
  work: Block,
): Promise<MemoryChange> {
  const first = await fill(context);
  if (first.pages === 0n) {
    throw new Inconclusive('blocked: the region gave out no buffer at the start');
  }
  const held = [first.pages];
  const changes = { down: 0, up: 0 };
  let range = { low: first.pages, high: first.pages };
  const told = (word: MemoryChange['word']): MemoryChange => ({
    word,
    detail: `the region held ${held.join(', ')} pages before and after blocks of ${cycles} cycles`,
  });
  for (let block = 0; block < BLOCKS_MAX; block += 1) {
    if (block >= BLOCKS_MIN && changes.down === 0 && changes.up === 0) break;
    await work(cycles);
    const after = await steadyFilling(context, range);
    held.push(after.pages);
    if (after.pages === 0n) return emptied(after, told);
    if (exceeds(context, after)) return told('grew');
    if (after.pages < range.low) changes.down += 1;
    if (after.pages > range.high) changes.up += 1;
    if (changes.down === CHANGES) return told('leaked');
    if (changes.up === CHANGES) return told('grew');
    if (block + 1 >= BLOCKS_MIN && after.pages === first.pages) break;
    range = { low: smaller(range.low, after.pages), high: larger(range.high, after.pages) };
  }
  const most = held.slice(1).reduce(larger);
  return told(first.pages - most > first.pages / KEPT_PART ? 'leaked' : 'conserved');
}

/** A region that is idle, served before and gives out nothing: all is lost, or it is stuck. */
function emptied(
  { failure }: Filling,
  told: (word: MemoryChange['word']) => MemoryChange,
): MemoryChange {
  const { word, detail } = told(failure === 'ENOMEM' ? 'leaked' : 'refused');
  return { word, detail: `${detail}; then each request failed with ${failure}` };
}

/** Fills once more when the capacity changed: what was in the way for a while is gone then. */
async function steadyFilling(
  context: CaseContext,
  { low, high }: { readonly low: bigint; readonly high: bigint },
): Promise<Filling> {
  const filled = await fill(context);
  if (filled.pages >= low && filled.pages <= high) return filled;
  const again = await fill(context);
  if (filled.pages > high) return again.pages < filled.pages ? again : filled;
  return again.pages > filled.pages ? again : filled;
}

const exceeds = ({ page, region }: CaseContext, { pages }: Filling): boolean =>
  region.sizeBytes !== undefined && pages * page > region.sizeBytes;
