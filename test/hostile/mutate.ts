/** Small random changes of data, the same for the same seed. */

/** A source of numbers from 0 up to a limit, the same for the same seed (mulberry32). */
export function numbersFrom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

/** Values that stand where something else is expected. */
const STRANGE: readonly unknown[] = [
  ...[null, true, 0, -1, 1.5, 2 ** 53, 1e308, '', '0x', '0x1', '-0x1', '0xffffffffffffffffffff'],
  ...[
    `0x${'f'.repeat(400)}`,
    'x'.repeat(5000),
    '__proto__',
    '../../etc/passwd',
    'a\u0000b\u001b[31m',
  ],
  ...[[], {}, [null], { hex: 7 }, { hex: 'zz' }, { __proto__: null }, [[[[[]]]]], { slot: 'none' }],
];

/** A copy of JSON data with a few members changed, removed, doubled or put elsewhere. */
export function mutated(value: unknown, next: (limit: number) => number): unknown {
  const copy: unknown = structuredClone(value);
  for (let changes = 1 + next(3); changes > 0; changes -= 1) change(copy, next);
  return copy;
}

/** All containers in a value, with the names of their members. */
function placesIn(value: unknown): [holder: Record<string, unknown>, name: string][] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.entries(holder).flatMap(([name, member]) => [
    [holder, name] as [Record<string, unknown>, string],
    ...placesIn(member),
  ]);
}

function change(value: unknown, next: (limit: number) => number): void {
  const places = placesIn(value);
  const [holder, name] = places[next(places.length)] ?? [];
  if (holder === undefined || name === undefined) return;
  const [other, otherName] = places[next(places.length)] ?? [holder, name];
  switch (next(5)) {
    case 0:
      if (Array.isArray(holder)) holder.splice(Number(name), 1);
      else delete holder[name];
      break;
    case 1:
      if (Array.isArray(holder)) holder.push(structuredClone(holder[Number(name)]));
      else holder[`${name}x`] = structuredClone(holder[name]);
      break;
    case 2:
      holder[name] = structuredClone(other[otherName]);
      break;
    default:
      holder[name] = structuredClone(STRANGE[next(STRANGE.length)]);
  }
}
