/** Adapters that break one rule of the contract each: the simulator, wrapped in something wrong. */
import type {
  Adapter,
  History,
  Program,
  Result,
  Session,
  SlotRef,
  TargetFacts,
  UntypedOperation,
} from '../../../adapters/contract/index.ts';
import { openSimulator } from '../../../adapters/simulator/adapter.ts';

/** What is wrong between the check and the simulator. */
export interface Breakage {
  readonly name: string;
  /** The rules that must notice. */
  readonly rules: readonly string[];
  readonly facts?: (facts: TargetFacts) => object;
  readonly program?: (program: Program) => Program;
  /** Gets the History, and the one before it. */
  readonly history?: (history: History, program: Program, before?: History) => History;
  readonly begin?: (session: Session, first: boolean) => Promise<void>;
  readonly run?: (session: Session) => Session['run'];
  readonly close?: (session: Session, first: boolean) => Promise<void>;
}

/** The simulator with something wrong. */
export function brokenAdapter(breakage: Breakage): Adapter {
  const adapter = openSimulator('sim:');
  return { ...adapter, open: async () => brokenSession(await adapter.open(), breakage) };
}

function brokenSession(session: Session, breakage: Breakage): Session {
  const { facts, program, history } = breakage;
  let [begun, closed] = [false, false];
  let before: History | undefined;
  const plain = async (asked: Program): Promise<History> => {
    const answered = await session.run(program?.(asked) ?? asked);
    const told = history?.(answered, asked, before) ?? answered;
    before = answered;
    return told;
  };
  const run = breakage.run?.({ ...session, run: plain } as Session) ?? plain;
  return {
    facts: (facts?.(session.facts) ?? session.facts) as TargetFacts,
    run,
    async begin(caseId) {
      const first = !begun;
      begun = true;
      await (breakage.begin?.(session, first) ?? session.begin(caseId));
    },
    async close() {
      const first = !closed;
      closed = true;
      await (breakage.close?.(session, first) ?? session.close());
    },
  };
}

type Change = (result: Result, operation: UntypedOperation, index: number) => object;

/** Changes every result by itself. */
const each =
  (change: Change) =>
  (history: History, program: Program): History => ({
    ...history,
    threads: history.threads.map((results, thread) =>
      results.map((result, index) => {
        const operation = program.threads[thread]?.operations[index];
        return change(result, operation as unknown as UntypedOperation, index) as Result;
      }),
    ),
  });

/** Changes the results of each thread as a list. */
const threads =
  (change: (results: readonly Result[]) => readonly Result[]) =>
  (history: History): History => ({ ...history, threads: history.threads.map(change) });

/** Changes the summaries of `repeat`. */
const steps = (change: (steps: NonNullable<Result['steps']>) => object) =>
  each((result) =>
    result.steps === undefined ? result : { ...result, steps: change(result.steps) },
  );

/** Changes every operand that refers to a slot. */
const references =
  (change: (reference: SlotRef, defined: ReadonlySet<unknown>) => unknown) =>
  (program: Program): Program => {
    const defined = new Set(
      program.threads.flatMap(({ operations }) => operations.map(({ slot }) => slot)),
    );
    const changed = (value: unknown): unknown => {
      if (value instanceof Uint8Array) return value;
      if (Array.isArray(value)) return value.map(changed);
      if (typeof value !== 'object' || value === null) return value;
      if ('slot' in value && !('op' in value)) return change(value as SlotRef, defined);
      return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, changed(one)]));
    };
    return changed(program) as Program;
  };

const shifted = (result: Result, time: (one: bigint) => bigint): Result =>
  result.return === undefined
    ? { ...result, call: time(result.call) }
    : { ...result, call: time(result.call), return: time(result.return) };

const absent = { outcome: 'unsupported', value: -1n } as const;
const NOTHING = (1n << 64n) - 1n;
const withoutErrno = ({ errno: _, ...rest }: Result): object => ({ ...rest, value: 0n });

const ANSWERS: readonly Breakage[] = [
  {
    name: 'page size as text',
    rules: ['facts/schema'],
    facts: (facts) => ({ ...facts, pageSize: '4096' }),
  },
  {
    name: 'throws in one operation',
    rules: ['answers/every'],
    run: (session) => async (program) => {
      const ops = program.threads.flatMap(({ operations }) => operations.map(({ op }) => op));
      if (ops.includes('mremap')) throw new TypeError('mremap is not ready');
      return session.run(program);
    },
  },
  {
    name: 'lists what it does not have',
    rules: ['facts/capabilities'],
    history: each((result, { op }) =>
      ['descriptors', 'readlink'].includes(op)
        ? { ...result, ...absent, errno: undefined }
        : result,
    ),
  },
  {
    name: 'loses the last result',
    rules: ['answers/count'],
    history: threads((results) => (results.length > 2 ? results.slice(0, -1) : results)),
  },
  {
    name: 'one result too many',
    rules: ['answers/count'],
    history: threads((results) => [...results, ...results.slice(-1)]),
  },
  {
    name: 'values as numbers',
    rules: ['answers/shape'],
    history: each((result) => ({ ...result, value: Number(result.value) })),
  },
  {
    name: 'errno by a name that no errno has',
    rules: ['answers/shape'],
    history: each((result) =>
      result.errno === undefined ? result : { ...result, errno: 'EWHAT' },
    ),
  },
  {
    name: 'results in the wrong order',
    rules: ['answers/order'],
    history: threads((results) =>
      results.map((result, index) => {
        const { call, return: back } = result;
        return { ...results.at(-1 - index), call, return: back } as Result;
      }),
    ),
  },
  {
    name: 'threads exchanged',
    rules: ['answers/threads'],
    history: (history) => ({ ...history, threads: history.threads.toReversed() }),
  },
  {
    name: 'tires after twenty operations',
    rules: ['answers/many'],
    history: each((result, _, index) =>
      index < 20 ? result : { ...result, errno: undefined, value: -1n, outcome: 'not-run' },
    ),
  },
  {
    name: 'an ioctl without its argument',
    rules: ['answers/out'],
    history: each((result, { op }) =>
      op === 'ioctl' ? { ...result, out: new Uint8Array(0) } : result,
    ),
  },
  {
    name: 'swallows errno',
    rules: ['errno/told'],
    history: each((result) => (result.errno === undefined ? result : withoutErrno(result))),
  },
  {
    name: 'errno beside a value',
    rules: ['errno/value'],
    history: each((result) => (result.errno === undefined ? result : { ...result, value: 0n })),
  },
  {
    name: 'ENOSYS for what it does not have',
    rules: ['unsupported/bare'],
    history: each((result, { op }) =>
      op === 'lseek' ? { ...result, value: -1n, errno: 'ENOSYS' } : result,
    ),
  },
  {
    name: 'an errno beside unsupported',
    rules: ['unsupported/bare'],
    history: each((result, { op }) =>
      op === 'lseek' ? { ...result, ...absent, errno: 'EINVAL' } : result,
    ),
  },
];

const CLOCKS: readonly Breakage[] = [
  {
    name: 'returns before it is called',
    rules: ['clock/interval'],
    history: each((result) => ({ ...result, call: result.return, return: result.call })),
  },
  {
    name: 'forgets when it returned',
    rules: ['clock/interval'],
    history: each(({ return: _, ...result }) => result),
  },
  {
    name: 'every operation called when the thread started',
    rules: ['clock/sequence'],
    history: threads((results) =>
      results.map((result) => ({ ...result, call: results[0]?.call ?? 0n })),
    ),
  },
  {
    name: 'a clock that starts again with each Program',
    rules: ['clock/programs'],
    history: (history, program) => {
      const start = history.threads[0]?.[0]?.call ?? 0n;
      return each((result) => shifted(result, (time) => time - start))(history, program);
    },
  },
  {
    name: 'microseconds',
    rules: ['clock/unit'],
    history: each((result) => shifted(result, (time) => time / 1000n)),
  },
];

const STATE: readonly Breakage[] = [
  {
    name: 'the same descriptor for everything',
    rules: ['descriptors/distinct'],
    history: each((result, { op }) => (op === 'open' ? { ...result, value: 3n } : result)),
  },
  {
    name: 'descriptors that are never used again',
    rules: ['descriptors/lowest'],
    history: each((result, { op }) =>
      op === 'open' ? { ...result, value: result.call / 250n } : result,
    ),
  },
  { name: 'slots read as 0', rules: ['slots/value'], program: references(() => 0n) },
  {
    name: 'slots forgotten between Programs',
    rules: ['slots/programs'],
    program: references((one, defined) => (defined.has(one.slot) ? one : NOTHING)),
  },
  {
    name: 'offsets of fields ignored',
    rules: ['slots/field'],
    program: references((one) => (one.offset === undefined ? one : { ...one, offset: 0 })),
  },
  {
    name: 'begin does nothing',
    rules: ['begin/descriptors', 'begin/slots', 'begin/clients', 'begin/main'],
    begin: async (session, first) => {
      if (first) await session.begin('the only one');
    },
  },
  {
    name: 'two Programs at once get the answer of the first',
    rules: ['session/concurrent'],
    run: (session) => {
      let pending: Promise<History> | undefined;
      return async (program) => {
        pending ??= session.run(program);
        const history = await pending;
        pending = undefined;
        return history;
      };
    },
  },
  {
    name: 'a second close throws',
    rules: ['session/close'],
    close: async (session, first) => {
      if (!first) throw new Error('closed already');
      await session.close();
    },
  },
];

const LOOPS: readonly Breakage[] = [
  {
    name: 'counts that do not add up',
    rules: ['repeat/counts'],
    history: steps((all) => all.map((one) => ({ ...one, failed: one.failed + 1n }))),
  },
  {
    name: 'failures without their errno',
    rules: ['repeat/counts'],
    history: steps((all) => all.map((one) => ({ ...one, failures: {} }))),
  },
  {
    name: 'summaries in the wrong order',
    rules: ['repeat/steps'],
    history: steps((all) => all.toReversed()),
  },
  {
    name: 'first and last exchanged',
    rules: ['repeat/first-last'],
    history: steps((all) => all.map((one) => ({ ...one, first: one.last, last: one.first }))),
  },
  {
    name: 'families of one slot',
    rules: ['repeat/family'],
    program: references((one) => ({ ...one, slot: one.slot.replace('[i]', '[0]') })),
  },
  {
    name: 'no anomalies',
    rules: ['repeat/anomalies'],
    history: steps((all) => all.map((one) => ({ ...one, anomalies: [] }))),
  },
  {
    name: 'the failing iteration counted',
    rules: ['repeat/stop'],
    history: each((result, { op, stop }) =>
      op === 'repeat' && stop === 'failure' ? { ...result, value: result.value + 1n } : result,
    ),
  },
];

const ENDS: readonly Breakage[] = [
  {
    name: 'runs on after exit',
    rules: ['ends/not-run'],
    history: each((result) =>
      result.outcome === 'not-run'
        ? { ...result, outcome: 'returned', return: result.call }
        : result,
    ),
  },
  {
    name: 'says nothing of deaths',
    rules: ['ends/death', 'ends/signal', 'deadline/death'],
    history: (history) => ({ ...history, deaths: [] }),
  },
  {
    name: 'says every death twice',
    rules: ['ends/death'],
    history: (history, _, before) => ({
      ...history,
      deaths: [...(before?.deaths ?? []), ...history.deaths],
    }),
  },
  {
    name: 'signals as exit statuses',
    rules: ['ends/signal'],
    history: (history) => ({
      ...history,
      deaths: history.deaths.map(({ signal, ...death }) =>
        signal ? { ...death, status: 9 } : death,
      ),
    }),
  },
  {
    name: 'says nothing of the deadline',
    rules: ['deadline/hit'],
    history: (history) => ({ ...history, deadlineHit: false }),
  },
  {
    name: 'what was lost returned',
    rules: ['deadline/lost'],
    history: each((result) =>
      result.outcome === 'lost'
        ? { ...result, outcome: 'returned', value: 0n, return: result.call }
        : result,
    ),
  },
  {
    name: 'a deadline as a death of its own',
    rules: ['deadline/death'],
    history: (history) => ({
      ...history,
      deaths: history.deaths.map((death) => ({ ...death, reason: 'own' as const })),
    }),
  },
  {
    name: 'every Program hits its deadline',
    rules: ['deadline/only'],
    history: (history) => ({ ...history, deadlineHit: true }),
  },
];

/** One adapter for each way to break a rule. */
export const BREAKAGES: readonly Breakage[] = [...ANSWERS, ...CLOCKS, ...STATE, ...LOOPS, ...ENDS];
