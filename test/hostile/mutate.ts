/** Small random changes of data, the same for the same seed. */
import { HOSTILE } from './strings.ts';

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
    '../precious',
    HOSTILE,
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

/** Bytes that no text of JSON should hold. */
const RAW_BYTES: readonly Buffer[] = [
  Buffer.from([0]),
  Buffer.from([0xff, 0xfe]),
  Buffer.from([0xef, 0xbb, 0xbf]),
  Buffer.from([0xed, 0xa0, 0x80]),
  Buffer.from('\u001b]0;owned\u0007'),
  Buffer.from('\n::error::injected\n'),
  Buffer.from('['.repeat(5000)),
  Buffer.from(`${'9'.repeat(400)}e999`),
];

/** Bytes that are cut short, changed, doubled, or hold what they should not. */
export function mutatedBytes(bytes: Buffer, next: (limit: number) => number): Buffer {
  const at = next(bytes.length + 1);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (next(5)) {
    case 0:
      return before;
    case 1:
      return Buffer.concat([before, RAW_BYTES[next(RAW_BYTES.length)] ?? before, after]);
    case 2:
      return Buffer.concat([before, after.subarray(1 + next(16))]);
    case 3:
      return Buffer.concat([bytes, after]);
    default: {
      const copy = Buffer.from(bytes);
      if (at < copy.length) copy.writeUInt8(next(256), at);
      return copy;
    }
  }
}

/** A file of JSON, or of a JSON value a line, with changes in its values or in its bytes. */
export function mutatedFile(
  bytes: Buffer,
  kind: 'json' | 'lines',
  next: (limit: number) => number,
): Buffer {
  if (next(4) === 0) return mutatedBytes(bytes, next);
  const text = bytes.toString('utf8');
  if (kind === 'json') return Buffer.from(`${JSON.stringify(mutated(JSON.parse(text), next))}\n`);
  const lines = text.trimEnd().split('\n');
  const at = next(lines.length);
  const line = lines[at] ?? '';
  const change = next(6);
  if (change === 0) lines.splice(at, 1);
  else if (change === 1) lines.splice(next(lines.length), 0, line);
  else lines[at] = JSON.stringify(mutated(JSON.parse(line), next));
  return Buffer.from(lines.map((one) => `${one}\n`).join(''));
}
