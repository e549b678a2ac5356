import {
  hasBody,
  linux,
  type Operation,
  operandAt,
  operationsWhere,
  specOf,
  succeeded,
  type UntypedOperation,
  wordOf,
} from '../../adapters/contract/index.ts';
import { injectedIn } from './injected.ts';
import type { Reference } from './lifetimes.ts';
import type { Event, Timeline } from './timeline.ts';

/** An event in [call, return] that drops references of a client. */
export interface ReferenceDrop {
  /** Undefined for the end of a client. */
  readonly event: Event | undefined;
  readonly client: string;
  readonly call: bigint;
  /** Undefined when it never returned. */
  readonly return: bigint | undefined;
  /** The descriptor that it drops, where it drops nothing else. */
  readonly number?: bigint;
  /** Whether it drops nothing but mappings, or what they show. */
  readonly spares?: 'descriptors';
  /** Whether what it hits is surely dropped as a whole. */
  readonly sure: boolean;
  hits(reference: Pick<Reference, 'kind' | 'value' | 'length'>): Hit;
}

type Hit = 'no' | 'part' | 'whole';

/** Everything in a timeline that may have dropped something. */
export function dropsOf(timeline: Timeline): readonly ReferenceDrop[] {
  return timeline.once(dropsIn);
}

function dropsIn(timeline: Timeline): ReferenceDrop[] {
  const injected = injectedIn(timeline);
  const found: ReferenceDrop[] = [];
  for (const event of timeline.events) {
    const { operation, result } = event;
    const { drops } = specOf(operation.op);
    if (drops === undefined && operation.op !== 'repeat') continue;
    const hits = hitsOf(operation, timeline);
    if (hits === undefined) continue;
    const { call, return: back } = result;
    // How far a call came in which something was made to fail, its errno does not say.
    const surelyNothing = injected(event) === 'no' || wordOf(result) === 'EBADF';
    if (droppedNothing(event) && surelyNothing) continue;
    const client = nameAt(operation, drops?.of) ?? event.client;
    const number = numberDropped(operation, timeline);
    const sure = isSure(event);
    const ofMappings = drops?.kind === 'mapping' || drops?.kind === 'access';
    if (number !== undefined) found.push({ event, client, call, return: back, sure, hits, number });
    else if (!ofMappings) found.push({ event, client, call, return: back, sure, hits });
    else found.push({ event, client, call, return: back, sure, hits, spares: 'descriptors' });
  }
  for (const { client, from } of timeline.ends) {
    const hits = (): Hit => 'whole';
    found.push({ event: undefined, client, call: from, return: undefined, sure: false, hits });
  }
  return found;
}

/**
 * Most of what failed dropped nothing. But Linux has closed the descriptor whatever else close
 * returns, as with EINTR, unless it was not open; and what changes many pages may have come as far
 * as the one that it failed at. Of what never returned it is unknown.
 */
export function droppedNothing({ operation, result }: Event): boolean {
  if (result.return === undefined || succeeded(result)) return false;
  return specOf(operation.op).drops?.evenIfFailed !== true || wordOf(result) === 'EBADF';
}

/** An exec keeps what is not O_CLOEXEC, and a killed client takes its time. */
const isSure = ({ operation, result }: Event): boolean =>
  succeeded(result) && !UNSURE.has(operation.op);

const UNSURE = operationsWhere(
  (spec) =>
    spec.drops?.kind === 'image' ||
    (spec.drops?.kind === 'client' && spec.drops.of !== undefined) ||
    hasBody(spec),
);

function numberDropped(operation: Operation, timeline: Timeline): bigint | undefined {
  const { drops } = specOf(operation.op);
  if (operation.op === 'repeat' || drops?.kind !== 'descriptor') return undefined;
  return BigInt.asIntN(32, timeline.valueOf(operandAt(operation, drops.at ?? '')));
}

function hitsOf(operation: Operation, timeline: Timeline): ReferenceDrop['hits'] | undefined {
  if (operation.op === 'repeat') {
    return operation.body.some(({ op }) => DROPPING.has(op)) ? () => 'part' : undefined;
  }
  const { drops } = specOf(operation.op);
  if (drops === undefined) return undefined;
  const value = (argument: string): bigint => timeline.valueOf(operandAt(operation, argument));
  const { at = '', kind, length = '' } = drops;
  switch (kind) {
    case 'descriptor': {
      const number = numberDropped(operation, timeline);
      return (reference) =>
        reference.kind === 'descriptor' && reference.value === number ? 'whole' : 'no';
    }
    case 'mapping':
      return overlaps(value(at) + value('offset'), value(length));
    case 'access': {
      if (isIdle(operation, timeline)) return undefined;
      const hits = overlaps(value(at) + value('offset'), value(length));
      return (reference) => (hits(reference) === 'no' ? 'no' : 'part');
    }
    default:
      return () => 'whole';
  }
}

const isIdle = (operation: Operation, timeline: Timeline): boolean =>
  operation.op === 'madvise' && linux.IDLE_ADVICE.includes(timeline.valueOf(operation.advice));

/** The client that a column of the table names. */
const nameAt = (operation: Operation, argument: string | undefined): string | undefined =>
  argument === undefined ? undefined : String((operation as UntypedOperation)[argument]);

const DROPPING = operationsWhere(({ drops }) => drops !== undefined);

function overlaps(start: bigint, bytes: bigint): ReferenceDrop['hits'] {
  const end = start + bytes;
  return ({ kind, value, length }) => {
    if (kind !== 'mapping' || value >= end) return 'no';
    const behind = value + length;
    if (start >= behind) return 'no';
    return start <= value && behind <= end ? 'whole' : 'part';
  };
}
