import type { Reference } from './lifetimes.ts';
import type { ReferenceDrop } from './reference-drops.ts';

/** How long something lasts that was made in [call, from]. */
export function withLifetime(
  about: Pick<Reference, 'kind' | 'client' | 'value' | 'length' | 'made'>,
  call: bigint,
  from: bigint,
  drops: readonly ReferenceDrop[],
): Reference {
  const mine = drops.filter(
    (drop) =>
      drop.client === about.client &&
      drop.event !== about.made &&
      (drop.return === undefined || drop.return >= call) &&
      drop.hits(about) !== 'no',
  );
  const until = mine.map((drop) => drop.call).reduce(earliest, undefined);
  const sure = mine
    .filter((drop) => drop.sure && drop.call >= from && drop.hits(about) === 'whole')
    .map((drop) => drop.return)
    .reduce(earliest, undefined);
  return { ...about, from, until, gone: sure === undefined ? undefined : goneBy(sure, mine) };
}

/**
 * When the drop that took something is over, of which it is only known that it had begun by some
 * instant: a descriptor or an address may be taken from it, and be another's, before its close is
 * back.
 */
function goneBy(instant: bigint, drops: readonly ReferenceDrop[]): bigint | undefined {
  let last = instant;
  for (const { call, event, return: back } of drops) {
    if (call > instant) continue;
    // Killing returns before the client ends.
    if (back === undefined || event?.operation.op === 'kill') return undefined;
    if (back > last) last = back;
  }
  return last;
}

const earliest = (a: bigint | undefined, b: bigint | undefined): bigint | undefined =>
  a === undefined || (b !== undefined && b < a) ? b : a;
