import { AllocertError } from '../../../base/errors.ts';
import type { Operation } from '../../contract/program.ts';
import { describeResult } from '../kit/history-watch.ts';
import type { ObservedRule } from '../kit/observed-rule.ts';
import { must, RuleBlocked } from '../kit/rule.ts';
import { answerInTime, type RuleContext } from '../kit/rule-context.ts';

const closing = (slot: string): Operation => ({ op: 'close', fd: { slot } });

/** The value of an open, once it worked. */
async function opened(context: RuleContext, slot: string): Promise<bigint> {
  const result = (await context.run([await context.opening(slot)])).at(0);
  if (result.value < 0n) throw new RuleBlocked(`open returned ${describeResult(result)}`);
  return result.value;
}

/** Whether a slot reads as nothing: it is refused, or all ones, which is no descriptor. */
async function isEmpty(context: RuleContext, slot: string): Promise<boolean> {
  try {
    return (await context.run([closing(slot)])).at(0).errno === 'EBADF';
  } catch (thrown) {
    if (thrown instanceof AllocertError) return true;
    throw thrown;
  }
}

/** State between operations, Programs and cases: descriptors, slots, clients. */
export const STATE_RULES: readonly ObservedRule[] = [
  {
    id: 'descriptors/distinct',
    statement: 'A descriptor that is open is not given a second time.',
    place: 'docs/protocol.md, Operations, open: open(2)',
    async observe(context) {
      const values = [
        await opened(context, 'a'),
        await opened(context, 'b'),
        await opened(context, 'c'),
      ];
      must(new Set(values).size === 3, `three opens returned ${values.join(', ')}`);
    },
  },
  {
    id: 'descriptors/lowest',
    statement: 'The lowest free descriptor is given.',
    place: 'docs/protocol.md, Operations, open: open(2)',
    async observe(context) {
      const low = await opened(context, 'a');
      await opened(context, 'b');
      await context.run([closing('a')]);
      const next = await opened(context, 'c');
      must(next === low, `descriptor ${low} was closed; the next open gave ${next}`);
    },
  },
  {
    id: 'slots/value',
    statement: 'A slot stands for the value of the operation that filled it.',
    place: 'SlotRef; docs/protocol.md, record `operand`',
    async observe(context) {
      const results = await context.run([
        await context.opening('a'),
        await context.opening('b'),
        closing('a'),
        closing('b'),
      ]);
      const closed = [results.at(2), results.at(3)];
      const bad = closed.find(({ value }) => value !== 0n);
      must(
        bad === undefined,
        `closing two descriptors by their slots returned ${describeResult(bad)}`,
      );
    },
  },
  {
    id: 'slots/programs',
    statement: 'Slots live from one Program of a case to the next.',
    place: 'Session; docs/protocol.md, record `operation`, slot',
    async observe(context) {
      const [first, second] = [await opened(context, 'a'), await opened(context, 'b')];
      for (const [slot, number] of [
        ['a', first],
        ['b', second],
      ] as const) {
        const closed = (await context.run([closing(slot)])).at(0);
        must(
          closed.value === 0n,
          `slot ${slot} held ${number}; closing it: ${describeResult(closed)}`,
        );
      }
    },
  },
  {
    id: 'slots/field',
    statement: 'A field of a slot is read from its out bytes, little-endian, at its offset.',
    place: 'SlotRef.offset; docs/protocol.md, record `operand`, width',
    async observe(context) {
      const field = (offset: number): Operation => ({
        op: 'close',
        fd: { slot: 'pair', offset, width: 4, signed: true },
      });
      const results = await context.run([{ op: 'socketpair', slot: 'pair' }, field(0), field(4)]);
      const pair = results.at(0);
      if (pair.value !== 0n) throw new RuleBlocked(`socketpair returned ${describeResult(pair)}`);
      must(pair.out.length === 8, `socketpair gave ${pair.out.length} out bytes, not 8`);
      const bad = [results.at(1), results.at(2)].find(({ value }) => value !== 0n);
      must(bad === undefined, `closing both ends by their fields returned ${describeResult(bad)}`);
    },
  },
  {
    id: 'begin/descriptors',
    statement: 'A case begins with no descriptor of the case before.',
    place: 'Session.begin; docs/protocol.md, frame `begin`',
    async observe(context) {
      const before = await opened(context, 'a');
      await opened(context, 'b');
      await context.session.begin('begin/descriptors again');
      const after = await opened(context, 'a');
      must(after === before, `the first open gave ${before}, after begin it gave ${after}`);
    },
  },
  {
    id: 'begin/slots',
    statement: 'A case begins with all slots empty.',
    place: 'Session.begin; docs/protocol.md, frame `begin`',
    async observe(context) {
      await opened(context, 'left-over');
      await context.session.begin('begin/slots again');
      // Numbers that are open again: a slot that was kept would close one of them.
      await opened(context, 'a');
      must(await isEmpty(context, 'left-over'), 'a slot of the case before still had its value');
    },
  },
  {
    id: 'begin/clients',
    statement: 'A case begins with no client of the case before.',
    place: 'Session.begin; docs/protocol.md, frame `begin`',
    async observe(context) {
      await context.child('child');
      await context.session.begin('begin/clients again');
      const again = (await context.run([{ op: 'fork', client: 'child' }])).at(0);
      must(again.value > 0n, `fork of a name that the case before used: ${describeResult(again)}`);
    },
  },
  {
    id: 'begin/main',
    statement: 'A case begins with a fresh main, also when the one before it ended.',
    place: 'Session.begin; docs/protocol.md, frame `begin`',
    async observe(context) {
      await context.run([{ op: 'exit', status: 0n }]);
      await context.session.begin('begin/main again');
      const slept = (await context.run([{ op: 'sleep', microseconds: 0n }])).any(0);
      must(slept.outcome !== 'not-run', 'after begin nothing runs in main');
    },
  },
  {
    id: 'session/concurrent',
    statement: 'A Program sent before the previous one was answered waits or is refused.',
    place: 'Session.run',
    async observe(context) {
      const sizes = [1, 3];
      const operations = (size: number): Operation[] =>
        Array.from({ length: size }, () => ({ op: 'close', fd: 9999n }));
      const runs = sizes.map((size) =>
        context.session.run({
          threads: [{ client: 'main', operations: operations(size) }],
          deadlineMs: 5000,
        }),
      );
      const settled = await answerInTime(Promise.allSettled(runs), 5000);
      for (const [index, run] of settled.entries()) {
        if (run.status === 'rejected') {
          must(
            run.reason instanceof AllocertError,
            `a Program was refused without a sentence: ${String(run.reason)}`,
          );
          continue;
        }
        const count = run.value.threads[0]?.length;
        must(
          count === sizes[index],
          `of two Programs at once, the one of ${sizes[index]} operations got ${count} results`,
        );
      }
    },
  },
  {
    id: 'session/close',
    statement: 'A session can be closed twice, and the next one works.',
    place: 'Session.close, Adapter.open',
    async observe(context) {
      for (const time of ['first', 'second']) {
        try {
          await answerInTime(context.session.close(), 0);
        } catch (thrown) {
          must(false, `the ${time} close threw: ${String(thrown)}`);
        }
      }
      const next = await context.adapter.open();
      await next.begin('session/close');
      await next.close();
    },
  },
];
