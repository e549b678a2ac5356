/** Shrinking: what is not needed goes, what is needed stays, and everything is counted. */
import t from 'tap';
import {
  linux,
  type Operation,
  type Placement,
  type Program,
  type Thread,
  toJson,
} from '../../../adapters/contract/index.ts';
import { commandOf, requestBytes } from '../../../catalogue/abi-request.ts';
import type { Scenario } from '../../../fuzz/generate/scenario.ts';
import { operationsIn } from '../../../fuzz/generate/scenario.ts';
import { shrink } from '../../../fuzz/minimize/shrink.ts';
import { abi } from '../../oracles/sample.ts';

const BUDGET = 400;
const PAGE = 4096n;

const open: Operation = { op: 'open', slot: 'device', file: 'region:0', flags: 2n };
const fork = (client: string): Operation => ({ op: 'fork', client });

const asks = (slot: string, pages = 1n, placement?: Placement): Operation => ({
  op: 'ioctl',
  slot,
  fd: { slot: 'device' },
  request: commandOf(abi),
  argument: {
    bytes: requestBytes(abi, { length: pages * PAGE }),
    ...(placement === undefined ? {} : { placement }),
  },
});

const on = (slot: string) => ({ slot, offset: 24, width: 4, signed: true }) as const;
const map = (slot: string, of: string, pages = 1n): Operation => ({
  ...{ op: 'mmap', slot, length: pages * PAGE, protection: linux.PROT_READ },
  ...{ flags: linux.MAP_SHARED, fd: on(of) },
});
const close = (of: string): Operation => ({ op: 'close', fd: on(of) });

const scenarioOf = (...programs: readonly (readonly Thread[])[]): Scenario => ({
  mode: 'test',
  programs: programs.map((threads): Program => ({ threads, deadlineMs: 1000, seed: 77n })),
});

const thread = (client: string, ...operations: readonly Operation[]): Thread => ({
  client,
  operations,
});

const operationsOf = ({ programs }: Scenario): readonly Operation[] =>
  programs.flatMap(({ threads }) => threads.flatMap(({ operations }) => operations));

/** Threads that two things need, and some that nobody does. */
const LARGE = scenarioOf(
  [thread('main', open, fork('a'), fork('b'))],
  [
    thread('a', asks('x', 3n), map('m', 'x', 3n), close('x'), asks('y'), close('y')),
    thread('a', asks('z'), map('n', 'z'), close('z')),
    thread('b', asks('w'), close('w')),
  ],
  [thread('b', asks('v'), close('v'))],
);

t.test('what refers to something goes with it, and what is needed stays', async (t) => {
  const { scenario } = await shrink(LARGE, {
    budget: BUDGET,
    shows: async (candidate) => operationsOf(candidate).some(({ op }) => op === 'mmap'),
  });
  t.strictSame(
    operationsOf(scenario).map(({ op }) => op),
    ['open', 'ioctl', 'mmap'],
  );
  t.strictSame(
    new Set(scenario.programs.flatMap(({ threads }) => threads.map(({ client }) => client))),
    new Set(['main']),
    'of one client',
  );
});

t.test('threads become one unless they must meet', async (t) => {
  const closes = (threads: readonly Thread[]): number =>
    threads.filter(({ operations }) => operations.some(({ op }) => op === 'close')).length;
  const meeting = await shrink(LARGE, {
    budget: BUDGET,
    shows: async ({ programs }) => programs.some(({ threads }) => closes(threads) > 1),
  });
  t.strictSame(
    operationsOf(meeting.scenario).map(({ op }) => op),
    ['open', 'ioctl', 'close', 'ioctl', 'close'],
  );
  const following = await shrink(LARGE, {
    budget: BUDGET,
    shows: async (candidate) =>
      operationsOf(candidate).filter(({ op }) => op === 'close').length > 1,
  });
  t.ok(following.scenario.programs.every(({ threads }) => threads.length === 1));
});

t.test('lengths become short, and placements plain', async (t) => {
  const placement = { kind: 'flipped', offset: 8, width: 8, value: PAGE } as const;
  const large = scenarioOf([
    thread('main', open, asks('x', 3n, placement), map('m', 'x', 3n), asks('y'), map('n', 'y')),
  ]);
  const { scenario } = await shrink(large, {
    budget: BUDGET,
    shows: async (candidate) =>
      operationsOf(candidate).filter(({ op }) => op === 'mmap').length === 2,
  });
  for (const operation of operationsOf(scenario)) {
    if (operation.op === 'mmap') t.equal(operation.length, PAGE);
    if (operation.op === 'ioctl') {
      t.strictSame(operation.argument, { bytes: requestBytes(abi, { length: PAGE }) });
    }
  }
});

t.test('a region is the first one, unless it must be another', async (t) => {
  const elsewhere: Operation = { op: 'open', slot: 'device', file: 'region:1', flags: 2n };
  const filesOf = (scenario: Scenario) =>
    operationsOf(scenario).flatMap((one) => (one.op === 'open' ? [one.file] : []));
  const large = scenarioOf([thread('main', elsewhere, asks('x'))]);
  const any = await shrink(large, { budget: BUDGET, shows: async () => true });
  t.strictSame(filesOf(any.scenario), []);
  const asked = async (candidate: Scenario): Promise<boolean> =>
    operationsOf(candidate).some(({ op }) => op === 'ioctl');
  const first = await shrink(large, { budget: BUDGET, shows: asked });
  t.strictSame(filesOf(first.scenario), ['region:0']);
  const other = await shrink(large, {
    budget: BUDGET,
    shows: async (candidate) => filesOf(candidate).includes('region:1'),
  });
  t.strictSame(filesOf(other.scenario), ['region:1']);
});

t.test('what a race needs less of, another schedule may show', async (t) => {
  const shows = async (candidate: Scenario): Promise<boolean> => {
    const race = candidate.programs.find(({ threads }) => threads.length > 1);
    const size = operationsIn(candidate);
    return race !== undefined && (race.seed === 3n || size === operationsIn(LARGE));
  };
  const { scenario } = await shrink(LARGE, { budget: BUDGET, shows });
  const race = scenario.programs.find(({ threads }) => threads.length > 1);
  t.equal(race?.seed, 3n);
  t.ok(operationsIn(scenario) <= 3, 'two threads that do as little as can be');
});

t.test('no candidate runs twice, and the budget is the most that run', async (t) => {
  for (const budget of [0, 7, BUDGET]) {
    const seen: string[] = [];
    const { scenario, tried } = await shrink(LARGE, {
      budget,
      shows: async (candidate) => {
        seen.push(JSON.stringify(toJson(candidate.programs)));
        return false;
      },
    });
    t.equal(tried, seen.length);
    t.ok(tried <= budget);
    t.equal(new Set(seen).size, seen.length);
    t.equal(scenario, LARGE, 'nothing showed it again');
  }
});
