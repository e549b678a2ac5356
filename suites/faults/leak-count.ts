import { kilobytesIn, linux, type Operation, succeeded } from '../../adapters/contract/index.ts';
import { commandOf, fieldOf, readField, requestBytes } from '../../catalogue/abi-request.ts';
import type { Abi } from '../../catalogue/catalogue.ts';
import type { Runner } from './heard-session.ts';
import { descriptorAt } from './swept-calls.ts';

/** Bytes by which CmaFree moves by itself: pages of others that can be moved lie there, too. */
const QUIET_BYTES = 128n << 10n;
/** The client that fails over and over. */
const COUNTED = 'fault-count';
/** Bytes that so many lost buffers take at least: more than a gauge moves by itself. */
const LOSS_BYTES = 8n << 20n;
const TIMES_MAX = 2048n;
const TIMES_MIN = 4n;
/** A buffer of which a few are lost to see it. */
const BUFFER_BYTES_MAX = 16n << 20n;
const DEADLINE_MS = 120_000;
/** A call that is refused before it does anything. */
const HARMLESS: Operation = { op: 'close', fd: -1n };
/** Sizes within a factor of 16 are one class. */
const BITS_OF_A_CLASS = 4;

/** An allocation that is to fail in the same place each time. */
export interface Repeated {
  readonly client: string;
  readonly operation: Operation & { readonly op: 'ioctl' };
  readonly nth: number;
}

/** Sizes that an error path may tell apart: failures of one are counted once. */
export function sizeClass(session: Runner, abi: Abi, { argument }: Repeated['operation']): number {
  const length = readField(argument.bytes, fieldOf(abi, 'length'));
  const pages = length / BigInt(session.facts.pageSize);
  return Math.ceil(pages.toString(2).length / BITS_OF_A_CLASS);
}

/**
 * Counts memory over many failures of one allocation: what each of them lost, in words; undefined
 * when nothing is missing. Two blocks must lose, each of them half of the buffers at least; a gauge
 * that counts nothing but the region shows one page of each.
 */
export async function losesMemory(
  session: Runner,
  abi: Abi,
  repeated: Repeated,
): Promise<string | undefined> {
  const [region] = session.facts.regions;
  const length = readField(repeated.operation.argument.bytes, fieldOf(abi, 'length'));
  const page = BigInt(session.facts.pageSize);
  const size = ((length + page - 1n) / page) * page;
  if (region?.gauge === undefined || size === 0n || size > BUFFER_BYTES_MAX) return undefined;
  const room = region.sizeBytes === undefined ? LOSS_BYTES : region.sizeBytes / 4n;
  const times = within(TIMES_MIN, (LOSS_BYTES < room ? LOSS_BYTES : room) / size, TIMES_MAX);
  const least =
    region.gauge === 'CmaFree' ? larger((times * page) / 2n, QUIET_BYTES) : (times * size) / 2n;
  const losses: bigint[] = [];
  for (let block = 0; block < 2; block += 1) {
    // The control: what is gone by itself, or for others, while as many calls fail harmlessly.
    const idle = await lossOf(session, abi, { ...repeated, operation: HARMLESS }, times);
    const lost = await lossOf(session, abi, repeated, times);
    if (lost === undefined || idle === undefined) return undefined;
    if (lost - larger(idle, 0n) < least) return undefined;
    losses.push(lost);
  }
  const total = losses.reduce((sum, one) => sum + one, 0n);
  return `${total} bytes are gone after ${2n * times} failures of a request for ${size}`;
}

const larger = (one: bigint, other: bigint): bigint => (one > other ? one : other);

const within = (least: bigint, value: bigint, most: bigint): bigint =>
  value < least ? least : value > most ? most : value;

async function lossOf(
  session: Runner,
  abi: Abi,
  { client, operation, nth }: Omit<Repeated, 'operation'> & { readonly operation: Operation },
  times: bigint,
): Promise<bigint | undefined> {
  const { slot: _, ...plain } = operation;
  const gauge = session.facts.regions[0]?.gauge ?? '';
  const failing: Operation = { op: 'failnth', nth: BigInt(nth) };
  const run = async (who: string, operations: readonly Operation[]) => {
    const threads = [{ client: who, operations }];
    return (await session.run({ threads, deadlineMs: DEADLINE_MS })).threads[0] ?? [];
  };
  const free = async (): Promise<bigint | undefined> => {
    if (gauge === 'CmaFree') await run('main', emptyLists(session, abi));
    const [read] = await run('main', [{ op: 'readfile', document: '/proc/meminfo' }]);
    if (read === undefined) return undefined;
    const kilobytes = kilobytesIn(read.out, gauge);
    // KASAN keeps freed objects for a while: that is no loss.
    const objects = gauge === 'MemFree' ? (kilobytesIn(read.out, 'Slab') ?? 0n) : 0n;
    return kilobytes === undefined ? undefined : (kilobytes + objects) * 1024n;
  };
  const before = await free();
  const [born] = await run(client, [{ op: 'fork', client: COUNTED }]);
  if (before === undefined || born === undefined || !succeeded(born)) return undefined;
  await run(COUNTED, [{ op: 'repeat', times, stop: 'never', body: [failing, plain] }]);
  await run('main', [
    { op: 'kill', client: COUNTED, signal: linux.SIGKILL },
    { op: 'wait', client: COUNTED },
  ]);
  const after = await free();
  return after === undefined ? undefined : before - after;
}

/**
 * Has the lists of free pages that each processor keeps emptied: `CmaFree` does not count what is in
 * them, up to some MiB, and each allocation from CMA empties them. Source: mm/page_alloc.c,
 * alloc_contig_range(), drain_all_pages().
 */
function emptyLists({ facts }: Runner, abi: Abi): readonly Operation[] {
  const [device, buffer] = ['fault-region', 'fault-page'];
  return [
    { op: 'open', slot: device, file: facts.regions[0]?.name ?? 'region:0', flags: linux.O_RDWR },
    {
      op: 'ioctl',
      slot: buffer,
      fd: { slot: device },
      request: commandOf(abi),
      argument: { bytes: requestBytes(abi, { length: BigInt(facts.pageSize) }) },
    },
    { op: 'close', fd: descriptorAt(abi, buffer) },
    { op: 'close', fd: { slot: device } },
  ];
}
