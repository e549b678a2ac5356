/** Dma-bufs of the whole machine, as its kernel counts them for root: one that is lost stays. */
import { type Operation, succeeded } from '../../adapters/contract/index.ts';
import { type CaseContext, SUBJECT } from './context.ts';

/** The kernel’s list of dma-bufs; its last line counts them. Source: drivers/dma-buf/dma-buf.c. */
const BUFINFO = '/sys/kernel/debug/dma_buf/bufinfo';
/** Counts of the kernel’s tracepoints, which the agent of a guest switches on. */
const EVENTS = '/sys/kernel/tracing/events/dma_buf';
/** The detail of the facts that says what there is, as words between commas. */
const DETAIL = 'dma-bufs';
/** How often it is read again before what is left counts as lost. */
const READINGS = 4;
/** Files in memory that are made and closed between two readings: what is freed late has time. */
const REST_CYCLES = 512n;

/**
 * What the kernel’s tracepoints counted since it booted. A dma-buf is made with one reference of
 * the kernel (`export`), which goes to a descriptor (`fd`) or is put; others are taken from a
 * descriptor (`get`), and put. Closing a descriptor counts nowhere. Source: Linux 7.0,
 * include/trace/events/dma_buf.h and drivers/dma-buf/dma-buf.c.
 */
interface BufferEvents {
  readonly export: bigint;
  readonly fd: bigint;
  readonly get: bigint;
  readonly put: bigint;
}

/** What a kernel counts of dma-bufs, by source; undefined where it does not. */
export interface BuffersCounted {
  /** How many there are. */
  readonly listed?: bigint;
  readonly events?: BufferEvents;
}

/** Dma-bufs of the whole machine, as far as the kernel counts them. */
export async function liveBuffers(context: CaseContext): Promise<BuffersCounted> {
  const sources = context.facts.details[DETAIL]?.split(',') ?? [];
  const read = async (source: string, document: typeof BUFINFO | typeof EVENTS) => {
    if (!sources.includes(source)) return '';
    const { result } = await context.subject.readfile({ document });
    return succeeded(result) ? new TextDecoder().decode(result.out) : '';
  };
  const [, listed] = /^Total (\d+) objects/m.exec(await read('bufinfo', BUFINFO)) ?? [];
  const events = eventsIn(await read('tracepoints', EVENTS));
  return {
    ...(listed === undefined ? {} : { listed: BigInt(listed) }),
    ...(events === undefined ? {} : { events }),
  };
}

/** Undefined where a count is missing, or the kernel had no room for an event. */
function eventsIn(text: string): BufferEvents | undefined {
  const counts = new Map(
    [...text.matchAll(/^(\w+) (\d+)$/gm)].map(([, name, count]) => [name, BigInt(count ?? '')]),
  );
  const [made, fd, get, put] = ['export', 'fd', 'get', 'put'].map((name) => counts.get(name));
  if (made === undefined || fd === undefined || get === undefined || put === undefined) {
    return undefined;
  }
  return counts.get('lost') === 0n ? { export: made, fd, get, put } : undefined;
}

/** What became of dma-bufs by work that closed all that it made. */
export interface BuffersSince {
  /**
   * What is wrong: `leaked`, or `over-released`, when the kernel put a reference that was not its
   * own any more. Undefined when nothing is.
   */
  readonly word?: 'leaked' | 'over-released';
  /** The counts. */
  readonly detail: string;
}

/**
 * Whether dma-bufs are alive that were not before, although all that was made is closed, or whether
 * the kernel gave back references that it no longer had.
 *
 * Sound where only clients of this case make dma-bufs. Some kernels free what lay in a socket a
 * little later than it was closed, so counts are read again after other work.
 *
 * @param before what {@link liveBuffers} said before the work
 * @returns what was seen; undefined where the kernel counts nothing
 */
export async function buffersSince(
  context: CaseContext,
  before: BuffersCounted,
): Promise<BuffersSince | undefined> {
  let seen: BuffersSince | undefined;
  if (before.listed === undefined && before.events === undefined) return seen;
  for (let reading = 0; reading < READINGS; reading += 1) {
    if (reading > 0) await rest(context);
    seen = compare(before, await liveBuffers(context));
    // A reference that was put once too often does not come back.
    if (seen?.word !== 'leaked') return seen;
  }
  return seen;
}

function compare(before: BuffersCounted, now: BuffersCounted): BuffersSince | undefined {
  const events =
    before.events === undefined || now.events === undefined
      ? undefined
      : compareEvents(before.events, now.events, now.listed !== undefined);
  if (events?.word !== undefined) return events;
  const listed =
    before.listed === undefined || now.listed === undefined
      ? undefined
      : compareLists(before.listed, now.listed);
  if (events === undefined || listed?.word !== undefined) return listed ?? events;
  return listed === undefined ? events : { detail: `${listed.detail}; ${events.detail}` };
}

function compareLists(before: bigint, now: bigint): BuffersSince {
  const detail = `the kernel lists ${now} dma-bufs, and before there were ${before}`;
  return now > before ? { word: 'leaked', detail } : { detail };
}

/**
 * References of the kernel that are too few or too many. Drivers that import take references that
 * nothing counts (get_dma_buf) and put them, so where one looked at a descriptor nothing is said.
 * Some exporters install descriptors by themselves, which nothing counts either: references seem to
 * be left where no descriptor was counted, and a list of dma-bufs knows better in any case.
 */
function compareEvents(before: BufferEvents, now: BufferEvents, isListed: boolean): BuffersSince {
  const made = now.export - before.export;
  const given = now.fd - before.fd;
  const put = now.put - before.put;
  const detail = `dma-bufs made: ${made}, references given to descriptors: ${given}, references put: ${put}`;
  if (now.get !== before.get) return { detail };
  if (given + put > made) return { word: 'over-released', detail };
  if (isListed || given === 0n || given + put === made) return { detail };
  return { word: 'leaked', detail };
}

async function rest(context: CaseContext): Promise<void> {
  const body: Operation[] = [
    { op: 'memfd', slot: 'rest', length: context.page },
    { op: 'close', fd: { slot: 'rest' } },
  ];
  await context.runSteps(SUBJECT, [{ op: 'repeat', times: REST_CYCLES, stop: 'never', body }]);
}
