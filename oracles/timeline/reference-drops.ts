import { type Operation, succeeded, wordOf } from '../../adapters/contract/index.ts';
import type { Reference } from './lifetimes.ts';
import type { Event, Timeline } from './timeline.ts';

/** An event in [call, return] that drops references of a client. */
export interface ReferenceDrop {
  /** Undefined for the end of a client. */
  readonly event: Event | undefined;
  readonly client: string;
  readonly call: bigint;
  /** Undefined when it never came back. */
  readonly return: bigint | undefined;
  /** Whether what it hits is surely dropped as a whole. */
  readonly sure: boolean;
  hits(reference: Pick<Reference, 'kind' | 'value' | 'length'>): Hit;
}

type Hit = 'no' | 'part' | 'whole';

/** Everything in a timeline that may have dropped something. */
export function dropsOf(timeline: Timeline): ReferenceDrop[] {
  const byOperation = timeline.events.flatMap((event) => {
    const hits = hitsOf(event.operation, timeline);
    if (hits === undefined) return [];
    const { call, return: back } = event.result;
    if (droppedNothing(event)) return [];
    const client = event.operation.op === 'kill' ? event.operation.client : event.client;
    return [{ event, client, call, return: back, sure: isSure(event), hits }];
  });
  const byEnd = timeline.ends.map(({ client, from }) => ({
    event: undefined,
    client,
    call: from,
    return: undefined,
    sure: false,
    hits: () => 'whole' as const,
  }));
  return [...byOperation, ...byEnd];
}

/**
 * Most of what failed dropped nothing. But Linux has closed the number whatever else close says, as
 * with EINTR, unless it was not open; and what changes many pages may have come as far as the one
 * that it failed at. Of what never returned it is unknown.
 */
function droppedNothing({ operation, result }: Event): boolean {
  if (result.return === undefined || succeeded(result)) return false;
  if (operation.op === 'close') return wordOf(result) === 'EBADF';
  return operation.op !== 'munmap' && operation.op !== 'mprotect';
}

/** An exec keeps what is not O_CLOEXEC, and a killed client takes its time. */
const isSure = ({ operation, result }: Event): boolean =>
  succeeded(result) && !UNSURE.includes(operation.op);

const UNSURE: readonly string[] = ['exec', 'kill', 'repeat'];

function hitsOf(operation: Operation, timeline: Timeline): ReferenceDrop['hits'] | undefined {
  switch (operation.op) {
    case 'close':
    case 'dup2':
    case 'dup3': {
      const to = operation.op === 'close' ? operation.fd : operation.to;
      const number = BigInt.asIntN(32, timeline.valueOf(to));
      return ({ kind, value }) => (kind === 'descriptor' && value === number ? 'whole' : 'no');
    }
    case 'munmap': {
      const start = timeline.valueOf(operation.address);
      const offset = timeline.valueOf(operation.offset ?? 0n);
      return overlaps(start + offset, timeline.valueOf(operation.length));
    }
    case 'mremap': {
      const start = timeline.valueOf(operation.address);
      return overlaps(start, timeline.valueOf(operation.oldLength));
    }
    case 'mprotect': {
      // It drops nothing, but from then on the result of an access is unknown.
      const start = timeline.valueOf(operation.address) + timeline.valueOf(operation.offset ?? 0n);
      const hits = overlaps(start, timeline.valueOf(operation.length));
      return (reference) => (hits(reference) === 'no' ? 'no' : 'part');
    }
    case 'exec':
    case 'exit':
    case 'kill':
      return () => 'whole';
    case 'repeat':
      return operation.body.some(({ op }) => DROPPING.includes(op)) ? () => 'part' : undefined;
    default:
      return undefined;
  }
}

const DROPPING: readonly string[] = [
  'close',
  'dup2',
  'dup3',
  'munmap',
  'mremap',
  'mprotect',
  'exec',
  'exit',
  'kill',
];

const overlaps =
  (start: bigint, bytes: bigint): ReferenceDrop['hits'] =>
  ({ kind, value, length }) => {
    if (kind !== 'mapping' || value >= start + bytes || start >= value + length) return 'no';
    return start <= value && value + length <= start + bytes ? 'whole' : 'part';
  };
