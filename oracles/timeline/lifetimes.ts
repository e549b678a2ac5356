import type { Event } from './timeline.ts';

/** A descriptor or a mapping of a client: it keeps a buffer alive. */
export interface Reference {
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
  readonly references: readonly Reference[];
  /**
   * Whether it may live on in ways that are not among the references: sent, or in a forked child.
   */
  readonly elsewhere: boolean;
}

/** Whether a reference was surely held during all of [from, to]. */
export const heldDuring = (
  { from: since, until }: Pick<Reference, 'from' | 'until'>,
  from: bigint,
  to: bigint,
): boolean => since <= from && (until === undefined || until > to);

/** A time, in nanoseconds; without an end when nothing is known to have ended it. */
export interface Lifetime {
  readonly from: bigint;
  readonly until: bigint | undefined;
}

/** When a buffer surely lived: the times of its references, joined where they overlap. */
export function lifetimesOf({ references }: HeldBuffer): Lifetime[] {
  const sorted = references
    .filter(({ from, until }) => until === undefined || until > from)
    .toSorted((a, b) => (a.from < b.from ? -1 : 1));
  const joined: Lifetime[] = [];
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
  lifetimesOf(buffer).some((life) => heldDuring(life, from, to));

/** Whether a buffer may have lived at some instant of [call, back]. */
export function mayLive(
  { allocation, elsewhere, references }: HeldBuffer,
  call: bigint,
  back: bigint | undefined,
): boolean {
  if (back !== undefined && allocation.result.call > back) return false;
  return elsewhere || references.some(({ gone }) => gone === undefined || gone >= call);
}
