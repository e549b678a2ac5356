import {
  descriptorsIn,
  hasBody,
  linux,
  operandAt,
  operationsWhere,
  specOf,
  succeeded,
} from '../adapters/contract/index.ts';
import { credible } from './credible.ts';
import { type HeldBuffer, heldDuring, type Reference } from './timeline/lifetimes.ts';
import { ReferenceIndex } from './timeline/reference-index.ts';
import type { Event, Timeline } from './timeline/timeline.ts';
import type { Violation } from './violation.ts';

/**
 * A descriptor that a client surely holds is not given to it a second time (FD-01), and after
 * everything has come to rest a client has no descriptor that nothing gave it (ERR-04). Whether it
 * lacks one that it should have is not judged.
 *
 * Sound for descriptors that are certainly held (see `buffersOf`); the count at rest only for
 * clients whose every descriptor the timeline accounts for: one `descriptors` operation before and
 * one after, alone in their Programs, with nothing between them but operations that say what they
 * open. A command that is not the ABI's and worked says nothing: an allocator of the field takes
 * requests of any size, and puts a descriptor where nothing here would look for it.
 */
export function descriptors(timeline: Timeline, buffers: readonly HeldBuffer[]): Violation[] {
  return credible(timeline, [...givenTwice(buffers), ...unaccountedFor(timeline, buffers)]);
}

function givenTwice(buffers: readonly HeldBuffer[]): Violation[] {
  const held = new ReferenceIndex<Reference>();
  for (const { references } of buffers) {
    for (const reference of references) {
      if (reference.kind !== 'descriptor') continue;
      const before = held.at(reference).find((other) => bothHeld(other, reference));
      if (before !== undefined) {
        return [
          {
            oracle: 'descriptors',
            requirement: 'FD-01',
            kind: 'a descriptor was given twice',
            detail: `descriptor ${reference.value} of ${reference.client} was given while it was in use`,
            events: [before.made, reference.made],
          },
        ];
      }
      held.add(reference, reference);
    }
  }
  return [];
}

function bothHeld(one: Reference, other: Reference): boolean {
  const instant = one.from > other.from ? one.from : other.from;
  return heldDuring(one, instant, instant) && heldDuring(other, instant, instant);
}

/** Operations that give descriptors to other clients, or take them by other means. */
const UNTRACKED = operationsWhere(
  (spec) =>
    spec.gives?.kind === 'pair' ||
    spec.gives?.kind === 'message' ||
    spec.gives?.received === true ||
    spec.drops?.kind === 'image' ||
    hasBody(spec),
);

function unaccountedFor(timeline: Timeline, buffers: readonly HeldBuffer[]): Violation[] {
  const lists = timeline.named('descriptors').filter(({ result }) => succeeded(result));
  return [...new Set(lists.map(({ client }) => client))].flatMap((client) => {
    const mine = lists.filter((event) => event.client === client);
    const [first] = mine;
    const last = mine.at(-1);
    if (first === undefined || last === undefined || first === last) return [];
    return unaccountedBetween(timeline, buffers, first, last);
  });
}

function unaccountedBetween(
  timeline: Timeline,
  buffers: readonly HeldBuffer[],
  first: Event,
  last: Event,
): Violation[] {
  const { client } = last;
  const allocations = new Set(buffers.map(({ allocation }) => allocation));
  const between = timeline
    .ofClient(client)
    .filter(({ program }) => program >= first.program && program <= last.program);
  const clear = between.every(
    (event) =>
      !UNTRACKED.has(event.operation.op) &&
      event.result.return !== undefined &&
      (!isOtherCommand(event) || allocations.has(event)),
  );
  if (!clear) return [];
  const expected = accounted(timeline, between, numbersIn(first));
  for (const { references } of buffers) {
    for (const { kind, client: owner, gone, value } of references) {
      const mayBeOpen = gone === undefined || gone >= last.result.call;
      if (kind === 'descriptor' && owner === client && mayBeOpen) expected.add(value);
    }
  }
  const found = numbersIn(last);
  const extra = [...found].filter((number) => !expected.has(number));
  if (extra.length === 0) return [];
  return [
    {
      oracle: 'descriptors',
      requirement: 'ERR-04',
      kind: 'a descriptor that nothing gave',
      detail: `${client} has the descriptors ${extra.join(', ')} that no operation gave it`,
      events: [first, last],
    },
  ];
}

/** Whether a command worked that may open whatever it likes. */
const isOtherCommand = ({ operation, result }: Event): boolean =>
  operation.op === 'ioctl' && operation.request !== linux.DMA_BUF_IOCTL_SYNC && succeeded(result);

/**
 * Numbers open at first, and everything that was ever given: what was closed may be there or not.
 */
function accounted(
  timeline: Timeline,
  between: readonly Event[],
  open: ReadonlySet<bigint>,
): Set<bigint> {
  const numbers = new Set(open);
  for (const { operation, result } of between) {
    if (!succeeded(result)) continue;
    const { gives } = specOf(operation.op);
    if (gives?.kind !== 'descriptor') continue;
    numbers.add(result.value);
    if (gives.at !== undefined) numbers.add(timeline.valueOf(operandAt(operation, gives.at)));
  }
  return numbers;
}

const numbersIn = ({ result }: Event): Set<bigint> =>
  new Set(descriptorsIn(result.out).map(BigInt));
