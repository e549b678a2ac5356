import type { Event } from './timeline.ts';

/** Something of a client that keeps a buffer alive: a descriptor, or a mapping. */
export interface Holding {
  readonly kind: 'descriptor' | 'mapping';
  readonly client: string;
  /** The descriptor, or the address that a mapping begins at. */
  readonly value: bigint;
  /** Bytes of a mapping; 0 for descriptors. */
  readonly length: bigint;
  /** The operation that made it. */
  readonly made: Event;
  /** Nanoseconds: it was surely held from here … */
  readonly from: bigint;
  /** … until here; undefined when nothing that ran could have dropped it. */
  readonly until: bigint | undefined;
  /** When it was surely dropped, if it surely was. */
  readonly gone: bigint | undefined;
}

/** A buffer that an allocation gave, and everything known to hold it. */
export interface HeldBuffer {
  readonly allocation: Event;
  /** Bytes, as the implementation said or as asked and rounded up. */
  readonly bytes: bigint;
  /** Bytes that it has at least: less than these where the length changed during the call. */
  readonly leastBytes: bigint;
  readonly holdings: readonly Holding[];
  /** Whether it may live on in ways that are not among the holdings: sent, or in a forked child. */
  readonly elsewhere: boolean;
}

/** Whether a holding was surely there during all of [from, to]. */
export const heldDuring = (
  { from: since, until }: Pick<Holding, 'from' | 'until'>,
  from: bigint,
  to: bigint,
): boolean => since <= from && (until === undefined || until > to);

/** A time, in nanoseconds; without an end when nothing is known to have ended it. */
export interface Interval {
  readonly from: bigint;
  readonly until: bigint | undefined;
}

/** When a buffer surely lived: the times of its holdings, joined where they overlap. */
export function livesOf({ holdings }: HeldBuffer): Interval[] {
  const sorted = holdings
    .filter(({ from, until }) => until === undefined || until > from)
    .toSorted((a, b) => (a.from < b.from ? -1 : 1));
  const joined: Interval[] = [];
  for (const { from, until } of sorted) {
    const last = joined.at(-1);
    if (last === undefined || (last.until !== undefined && last.until < from)) {
      joined.push({ from, until });
    } else if (last.until !== undefined && (until === undefined || until > last.until)) {
      joined[joined.length - 1] = { from: last.from, until };
    }
  }
  return joined;
}

/** Whether a buffer surely lived during all of [from, to]. */
export const livedDuring = (buffer: HeldBuffer, from: bigint, to: bigint): boolean =>
  livesOf(buffer).some((life) => heldDuring(life, from, to));

/** Whether a buffer may have lived at some instant of [call, back]. */
export function mayLive(
  { allocation, elsewhere, holdings }: HeldBuffer,
  call: bigint,
  back: bigint | undefined,
): boolean {
  if (back !== undefined && allocation.result.call > back) return false;
  return elsewhere || holdings.some(({ gone }) => gone === undefined || gone >= call);
}
