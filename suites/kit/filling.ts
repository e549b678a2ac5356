import type { Operation } from '../../adapters/contract/index.ts';
import { type CaseContext, SUBJECT } from './context.ts';
import { Inconclusive } from './observation.ts';

/** Buffers that one Program of a fill asks for. */
const FILL_MAX = 512n;
/** The most such fills in one case: each takes slots of its own. */
const FILLS_MAX = 100;
/** The size of the first buffers of a fill, when the region's size is not known. */
const FILL_START_BYTES = 1n << 20n;

/** The size of a region, as filling it showed. */
export interface Filling {
  /** Pages that the region gave out before it was full. */
  readonly pages: bigint;
  /** How the request failed that found it full, in one word. */
  readonly failure: string;
}

/** A full region, until it is dropped. */
export interface FullRegion extends Filling {
  /** Frees everything. */
  drop(): Promise<void>;
}

/**
 * Fills a bounded region with ever smaller buffers until a page no longer fits, then frees all.
 *
 * @throws {@link Inconclusive} when the descriptor table fills up before the region does
 */
export async function fill(context: CaseContext): Promise<Filling> {
  const holding = await fillAndHold(context);
  await holding.drop();
  return holding;
}

/** Fills a bounded region as {@link fill} does, and keeps it full. */
export async function fillAndHold(context: CaseContext): Promise<FullRegion> {
  const held: SlotFamily[] = [];
  let pages = 0n;
  let failure = 'ok';
  for (const length of fillLengths(context)) {
    do {
      const family = `fill-${held.length}`;
      const filled = await fillOnce(context, family, length);
      held.push({ family, count: filled.count });
      pages += (filled.count * length) / context.page;
      failure = filled.failure;
    } while (failure === 'ok' && held.length < FILLS_MAX);
  }
  const drop = (): Promise<void> => closeAll(context, held);
  if (failure !== 'EMFILE' && failure !== 'ok') return { pages, failure, drop };
  await drop();
  throw new Inconclusive(
    failure === 'ok' ? 'the region did not fill up' : 'the descriptor table filled up first',
  );
}

/** Buffers in the slots `family[0]`, `family[1]`, … */
export interface SlotFamily {
  readonly family: string;
  readonly count: bigint;
}

/** Closes the buffers of some families. */
export async function closeAll(
  context: CaseContext,
  families: readonly SlotFamily[],
): Promise<void> {
  for (const { family, count } of families) {
    if (count === 0n) continue;
    const close: Operation = { op: 'close', fd: context.descriptorIn(`${family}[i]`) };
    await context.runSteps(SUBJECT, [{ op: 'repeat', times: count, stop: 'never', body: [close] }]);
  }
}

/**
 * Takes buffers of one length, as many as asked for or as there are; `failure` is `ok` when all
 * were given.
 */
export async function fillOnce(
  context: CaseContext,
  family: string,
  length: bigint,
  most = FILL_MAX,
): Promise<{ count: bigint; failure: string }> {
  const step = context.allocationStep(`${family}[i]`, await context.device(), { length });
  const repeat: Operation = { op: 'repeat', times: most, stop: 'failure', body: [step] };
  const result = (await context.runSteps(SUBJECT, [repeat])).threads[0]?.[0];
  if (result === undefined) throw new Error('the fill has no result');
  const [failure = 'ok'] = Object.keys(result.steps?.[0]?.failures ?? {});
  return { count: result.value, failure };
}

/**
 * Lengths with which a fill goes down to single pages: each half of the one before, the first a
 * power of two of pages, so that few buffers of each are needed.
 */
export function fillLengths({ page, region }: CaseContext): readonly bigint[] {
  const target = (region.sizeBytes ?? FILL_START_BYTES * 64n) / 64n;
  const lengths = [page];
  for (let length = page * 2n; length <= target; length *= 2n) lengths.unshift(length);
  return lengths;
}
