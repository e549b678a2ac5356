/** The oracle of capacity: who fills a region alone gets what was had before. */
import t from 'tap';
import type { History, Program } from '../../adapters/contract/index.ts';
import { commandOf, requestBytes } from '../../catalogue/abi-request.ts';
import { capacity, timelineOf } from '../../oracles/index.ts';
import { abi, PAGE, request, type Step, step } from './sample.ts';

let now = 0n;

/** A client that asks for two pages, then for one, and is granted some; then its end. */
function fill(client: string, granted: readonly boolean[], ends = true): [Program, History][] {
  const steps = granted.map((one, at) => {
    now += 10n;
    const length = at === 0 ? 2n * PAGE : PAGE;
    const out = requestBytes(abi, { length, descriptor: 4n + BigInt(at) });
    const time = [Number(now), Number(now) + 1] as const;
    return request({ length }, time, one ? { out } : { errno: 'ENOMEM', value: -1n });
  });
  now += 10n;
  const wait = step({ op: 'wait', client }, [Number(now), Number(now) + 1]);
  return [program(client, steps), ...(ends ? [program('main', [wait])] : [])];
}

const program = (client: string, steps: readonly Step[]): [Program, History] => [
  { threads: [{ client, operations: steps.map(({ operation }) => operation) }], deadlineMs: 1000 },
  { threads: [steps.map(({ result }) => result)], deaths: [], log: [], deadlineHit: false },
];

const judged = (...runs: readonly [Program, History][][]): string[] => {
  const all = runs.flat();
  const timeline = timelineOf(
    all.map(([one]) => one),
    all.map(([, history]) => history),
  );
  return capacity(timeline, abi, PAGE).map(({ detail }) => detail);
};

t.test('less each time than at first is a loss', async (t) => {
  t.ok(commandOf(abi) > 0n);
  const all = [true, false, false];
  const less = [false, true, false];
  t.strictSame(judged(fill('a', all), fill('b', all), fill('c', all)), []);
  t.strictSame(judged(fill('a', all), fill('b', less), fill('c', less)), [
    '2 pages could be had at first, and 1 when every client that had used some had ended',
  ]);
  t.strictSame(judged(fill('a', all), fill('b', less)), [], 'once may be a delay');
  t.strictSame(judged(fill('a', all), fill('b', less), fill('c', all)), [], 'it came back');
  t.strictSame(judged(fill('a', all, false), fill('b', less), fill('c', less)), [], 'held by a');
  t.strictSame(judged(fill('a', all), fill('b', [false, true]), fill('c', [false, true])), []);
});
