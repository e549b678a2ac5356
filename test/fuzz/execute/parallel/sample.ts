/** Packed rounds as lists of rows, so that one event of them can be changed. */
import { PACKED } from '../../../../adapters/contract/packed.ts';
import { PartJudge } from '../../../../fuzz/execute/parallel/judge-part.ts';
import { judgeRound } from '../../../../fuzz/execute/parallel/judge-round.ts';
import { RoundMemory } from '../../../../fuzz/execute/parallel/round-memory.ts';

/** An operation, and what came of it. */
export interface Row {
  readonly operation: readonly [kind: number, slot: number, value: number];
  /** Tickets of call and return. */
  readonly time: readonly [call: number, back: number];
  readonly errno?: number;
  readonly value?: number;
  readonly page?: number;
}

/** Pages of the region that samples are judged on. */
export const PAGES = 64;

type Time = Row['time'];

/** An allocation that gave a descriptor and pages from one on. */
export const allocation = (
  slot: number,
  time: Time,
  { descriptor = 4, page = 0, pages = 1 }: Readonly<Record<string, number>> = {},
): Row => ({ operation: [PACKED.allocate, slot, pages], time, value: descriptor, page });

export const refusal = (time: Time, errno: number, pages = 1): Row => ({
  operation: [PACKED.allocate, 9, pages],
  time,
  errno,
});

export const close = (slot: number, time: Time, errno = 0): Row => ({
  operation: [PACKED.close, slot, 0],
  time,
  errno,
});

export const duplicate = (slot: number, to: number, time: Time, descriptor: number): Row => ({
  operation: [PACKED.duplicate, slot, to],
  time,
  value: descriptor,
});

export const stamp = (slot: number, time: Time): Row => ({
  operation: [PACKED.stamp, slot, 77],
  time,
});

/** @param page the first that differs from what is expected; -1 for none */
export const check = (slot: number, time: Time, page = -1): Row => ({
  operation: [PACKED.check, slot, 77],
  time,
  page,
});

/** A round of such parts in memory. */
export function memoryOf(...parts: readonly (readonly Row[])[]): RoundMemory {
  const bytes = RoundMemory.bytesFor(64, parts.length);
  const memory = new RoundMemory(new SharedArrayBuffer(bytes), 64, parts.length);
  for (const [part, rows] of parts.entries()) {
    const own = memory.parts[part];
    for (const [row, { errno = 0, operation, page = -1, time, value = 0 }] of rows.entries()) {
      own?.program.set(operation, row * operation.length);
      own?.history.set([errno, value, page, ...time], row * 5);
    }
    if (own !== undefined) new PartJudge().judge(own, rows.length);
  }
  return memory;
}

/** What a round of such parts proves, as requirement and kind. */
export function judged(
  parts: readonly (readonly Row[])[],
  { freePages = PAGES, tickets = 100 } = {},
): string[] {
  const region = { pages: PAGES, orderMax: 8 };
  const { violations } = judgeRound(memoryOf(...parts).parts, tickets, region, freePages);
  return violations.map(({ kind, requirement }) => `${requirement} ${kind}`);
}
