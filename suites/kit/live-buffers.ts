/** How many dma-bufs a machine has, as its kernel lists them for root: one that is lost stays. */
import { type Operation, succeeded } from '../../adapters/contract/index.ts';
import { type CaseContext, SUBJECT } from './context.ts';

/** The kernel’s list of dma-bufs; its last line counts them. Source: drivers/dma-buf/dma-buf.c. */
const BUFINFO = '/sys/kernel/debug/dma_buf/bufinfo';
/** The detail of the facts that says that there is one. */
const DETAIL = 'dma-bufs';
/** How often the list is read again before what is in it counts as lost. */
const READINGS = 4;
/** Files in memory that are made and closed between two readings: what is freed late has time. */
const REST_CYCLES = 512n;

/** Dma-bufs of the whole machine; undefined where the kernel does not count them. */
export async function liveBuffers(context: CaseContext): Promise<bigint | undefined> {
  if (context.facts.details[DETAIL] === undefined) return undefined;
  const { result } = await context.subject.readfile({ document: BUFINFO });
  if (!succeeded(result)) return undefined;
  const [, count] = /^Total (\d+) objects/m.exec(new TextDecoder().decode(result.out)) ?? [];
  return count === undefined ? undefined : BigInt(count);
}

/**
 * Whether dma-bufs are alive that were not before, although all that was made is closed.
 *
 * Sound where only clients of this case make dma-bufs. Some kernels free what lay in a socket a
 * little later than it was closed, so the list is read again after other work.
 *
 * @param before what {@link liveBuffers} said before the work
 * @returns what was seen, in words; undefined when none is left
 */
export async function buffersLeft(
  context: CaseContext,
  before: bigint | undefined,
): Promise<string | undefined> {
  if (before === undefined) return undefined;
  const seen: bigint[] = [];
  for (let reading = 0; reading < READINGS; reading += 1) {
    if (reading > 0) await rest(context);
    const now = await liveBuffers(context);
    if (now === undefined || now <= before) return undefined;
    seen.push(now);
  }
  return `the kernel lists ${seen.at(-1)} dma-bufs, and before there were ${before}`;
}

async function rest(context: CaseContext): Promise<void> {
  const body: Operation[] = [
    { op: 'memfd', slot: 'rest', length: context.page },
    { op: 'close', fd: { slot: 'rest' } },
  ];
  await context.runSteps(SUBJECT, [{ op: 'repeat', times: REST_CYCLES, stop: 'never', body }]);
}
