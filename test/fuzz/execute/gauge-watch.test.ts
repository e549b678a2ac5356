/** The watch of a machine's free memory: a leak goes on falling, all else comes to rest. */
import t from 'tap';
import type { Operation } from '../../../adapters/contract/index.ts';
import { GaugeWatch } from '../../../fuzz/execute/gauge-watch.ts';
import type { Round } from '../../../fuzz/judge/round-report.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const START = 800 * MIB;
const ROUNDS = 4000;

/** A round that ends with a reading of free memory. */
function roundWith(free: number): Round {
  const operation: Operation = { op: 'readfile', document: '/proc/meminfo' };
  const text = `MemTotal: ${1024 * KIB} kB\nMemFree: ${Math.floor(free / KIB)} kB\n`;
  const result = { outcome: 'returned', value: 0n, out: Buffer.from(text), call: 1n, return: 2n };
  return {
    scenario: {
      mode: 'test',
      programs: [{ threads: [{ client: 'main', operations: [operation] }], deadlineMs: 1 }],
    },
    histories: [{ threads: [[result]], deaths: [], log: [], deadlineHit: false }],
    violations: [],
  } as Round;
}

/** The round in which a watch accuses, when memory is free as a function of rounds says. */
function accusedAt(freeAfter: (round: number) => number): number | undefined {
  const watch = new GaugeWatch('MemFree');
  for (let round = 0; round < ROUNDS; round += 1) {
    if (watch.take(roundWith(freeAfter(round))) !== undefined) return round;
  }
  return undefined;
}

/** The gauge of a busy machine moves by so much from one reading to the next. */
const noise = (round: number): number => ((round * 7919) % 1024) * KIB;

t.test('a buffer that every round loses is seen, and what it fell by is said', async (t) => {
  const watch = new GaugeWatch('MemFree');
  const leak = (round: number): number => START - round * 64 * KIB + noise(round);
  const seen = Array.from({ length: ROUNDS }, (_, round) => watch.take(roundWith(leak(round))));
  const violation = seen.find((one) => one !== undefined);
  t.match(violation, { oracle: 'gauge', requirement: 'LIF-09', kind: 'free memory keeps falling' });
  t.match(
    violation?.detail,
    /^MemFree fell by \d+ kB over 128 rounds, then \d+ kB over 256 rounds/,
  );
});

t.test('what comes to rest is no leak', async (t) => {
  t.equal(accusedAt(noise), undefined, 'nothing falls');
  const quarantine = (round: number): number => START - Math.min(round * 100 * KIB, 32 * MIB);
  t.equal(
    accusedAt((round) => quarantine(round) + noise(round)),
    undefined,
    'a quarantine',
  );
  const caches = (round: number): number => START - 200 * MIB * (1 - Math.exp(-round / 150));
  t.equal(
    accusedAt((round) => caches(round) + noise(round)),
    undefined,
    'caches that fill up',
  );
  t.equal(
    accusedAt((round) => START - Math.floor(round / 1000) * 40 * MIB),
    undefined,
    'steps',
  );
});

t.test('a target without the reading says nothing', async (t) => {
  const watch = new GaugeWatch('CmaFree');
  const leak = Array.from({ length: ROUNDS }, (_, at) => roundWith(START - at * 64 * KIB));
  t.ok(leak.every((round) => watch.take(round) === undefined));
});
