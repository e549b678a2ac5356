import type {
  History,
  Operation,
  Placement,
  Program,
  Result,
} from '../../adapters/contract/index.ts';
import { commandOf, type Fields, requestBytes } from '../../catalogue/abi-request.ts';
import { type Abi, catalogue } from '../../catalogue/catalogue.ts';
import { buffersOf, type HeldBuffer, type Timeline, timelineOf } from '../../oracles/index.ts';

/** Bytes of a page in the samples. */
export const PAGE = 4096n;

/** The ABI of the samples. */
export const abi: Abi = abiNamed('simple-allocator');

function abiNamed(name: string): Abi {
  const found = catalogue().abis.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no ABI ${name}`);
  return found;
}

/** An operation with what came of it; a sample is a list of them, so that one can be changed. */
export interface Step {
  readonly operation: Operation;
  readonly result: Result;
}

const EMPTY = new Uint8Array(0);

/** A call that came back with a value in [from, to]. */
export const step = (
  operation: Operation,
  [from, to]: readonly [number, number],
  given: Partial<Result> = {},
): Step => ({
  operation,
  result: {
    outcome: 'returned',
    value: 0n,
    out: EMPTY,
    call: BigInt(from),
    return: BigInt(to),
    ...given,
  },
});

/** An allocation of some pages that gave a number, or failed. */
export function allocation(
  slot: string,
  time: readonly [number, number],
  given: { readonly number?: bigint; readonly pages?: bigint; readonly errno?: 'ENOMEM' },
): Step {
  const { errno, number = 0n, pages = 1n } = given;
  const bytes = requestBytes(abi, { length: pages * PAGE });
  const out = requestBytes(abi, { length: pages * PAGE, descriptor: number });
  const operation: Operation = {
    op: 'ioctl',
    slot,
    fd: 3n,
    request: commandOf(abi),
    argument: { bytes },
  };
  const failure = errno === undefined ? {} : { errno, value: -1n };
  return step(operation, time, { out: errno === undefined ? out : bytes, ...failure });
}

/** The device, open as number 3 before everything else. */
export const opened: Step = step(
  { op: 'open', slot: 'device', file: 'region:0', flags: 2n },
  [0, 0],
  { value: 3n },
);

/** A request on {@link opened} that is granted unless the result says otherwise. */
export const request = (
  fields: Fields,
  time: readonly [number, number],
  given: Partial<Result>,
  placement?: Placement,
): Step =>
  step(
    {
      op: 'ioctl',
      slot: `request ${time[0]}`,
      fd: { slot: 'device' },
      request: commandOf(abi),
      argument: {
        bytes: requestBytes(abi, fields),
        ...(placement === undefined ? {} : { placement }),
      },
    },
    time,
    given,
  );

/** A mapping of one page of a number, at an address. */
export const mapping = (
  slot: string,
  time: readonly [number, number],
  { fd, address }: { readonly fd: bigint; readonly address: bigint },
): Step =>
  step({ op: 'mmap', slot, length: PAGE, protection: 3n, flags: 1n, fd }, time, { value: address });

/** What oracles look at. */
export interface Sample {
  readonly timeline: Timeline;
  readonly buffers: readonly HeldBuffer[];
  readonly histories: readonly History[];
}

/** A thread, as a sample. */
export interface Act {
  readonly client: string;
  readonly steps: readonly Step[];
}

/** Threads of one client, as oracles see them. */
export const sample = (...threads: readonly (readonly Step[])[]): Sample =>
  sampleOf(...threads.map((steps): Act => ({ client: 'subject', steps })));

/** Threads of any clients, as oracles see them. */
export function sampleOf(...acts: readonly Act[]): Sample {
  const program: Program = {
    threads: acts.map(({ client, steps }) => ({
      client,
      operations: steps.map(({ operation }) => operation),
    })),
    deadlineMs: 1000,
  };
  const history: History = {
    threads: acts.map(({ steps }) => steps.map(({ result }) => result)),
    deaths: [],
    log: [],
    deadlineHit: false,
  };
  const timeline = timelineOf([program], [history]);
  return { timeline, buffers: buffersOf(timeline, abi, PAGE), histories: [history] };
}
