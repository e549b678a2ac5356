import type { Reference } from './lifetimes.ts';
import type { ReferenceDrop } from './reference-drops.ts';

/** How long something lasts that was made in [call, from]. */
export function withLifetime(
  about: Pick<Reference, 'kind' | 'client' | 'value' | 'length' | 'made'>,
  call: bigint,
  from: bigint,
  drops: readonly ReferenceDrop[],
): Reference {
  const { kind, client, value, length, made } = about;
  const mine: ReferenceDrop[] = [];
  let until: bigint | undefined;
  let sure: bigint | undefined;
  for (const drop of drops) {
    if (drop.client !== client || drop.event === made) continue;
    if (drop.return !== undefined && drop.return < call) continue;
    const hit = drop.hits(about);
    if (hit === 'no') continue;
    mine.push(drop);
    until = earliest(until, drop.call);
    if (hit === 'whole' && drop.sure && drop.call >= from) sure = earliest(sure, drop.return);
  }
  const gone = sure === undefined ? undefined : goneBy(sure, mine);
  return { kind, client, value, length, made, from, until, gone };
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
