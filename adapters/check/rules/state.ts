import { AllocertError } from '../../../base/errors.ts';
import type { Operation } from '../../contract/program.ts';
import { answering, type Lab } from '../kit/rule-context.ts';
import { Blocked, must, type Rule } from '../kit/rule.ts';
import { describe } from '../kit/history-watch.ts';

const closing = (slot: string): Operation => ({ op: 'close', fd: { slot } });

/** The value of an open, once it worked. */
async function opened(lab: Lab, slot: string): Promise<bigint> {
  const result = (await lab.run([await lab.opening(slot)])).at(0);
  if (result.value < 0n) throw new Blocked(`open came to ${describe(result)}`);
  return result.value;
}

/** Whether a slot reads as nothing: it is refused, or all ones, which is no descriptor. */
async function isEmpty(lab: Lab, slot: string): Promise<boolean> {
  try {
    return (await lab.run([closing(slot)])).at(0).errno === 'EBADF';
  } catch (thrown) {
    if (thrown instanceof AllocertError) return true;
    throw thrown;
  }
}

/** What lives from one operation, Program or case to the next: descriptors, slots, clients. */
export const STATE_RULES: readonly Rule[] = [
  {
    id: 'descriptors/distinct',
    statement: 'A descriptor that is open is not given a second time.',
    place: 'docs/protocol.md, Operations, open: open(2)',
    async observe(lab) {
      const values = [await opened(lab, 'a'), await opened(lab, 'b'), await opened(lab, 'c')];
      must(new Set(values).size === 3, `three opens came to ${values.join(', ')}`);
    },
  },
  {
    id: 'descriptors/lowest',
    statement: 'The lowest free descriptor is given.',
    place: 'docs/protocol.md, Operations, open: open(2)',
    async observe(lab) {
      const low = await opened(lab, 'a');
      await opened(lab, 'b');
      await lab.run([closing('a')]);
      const next = await opened(lab, 'c');
      must(next === low, `descriptor ${low} was closed; the next open gave ${next}`);
    },
  },
  {
    id: 'slots/value',
    statement: 'A slot stands for the value of the operation that filled it.',
    place: 'SlotRef; docs/protocol.md, record `operand`',
    async observe(lab) {
      const results = await lab.run([
        await lab.opening('a'),
        await lab.opening('b'),
        closing('a'),
        closing('b'),
      ]);
      const closed = [results.at(2), results.at(3)];
      const bad = closed.find(({ value }) => value !== 0n);
      must(bad === undefined, `closing two descriptors by their slots came to ${describe(bad)}`);
    },
  },
  {
    id: 'slots/programs',
    statement: 'Slots live from one Program of a case to the next.',
    place: 'Session; docs/protocol.md, record `operation`, slot',
    async observe(lab) {
      const [first, second] = [await opened(lab, 'a'), await opened(lab, 'b')];
      for (const [slot, number] of [
        ['a', first],
        ['b', second],
      ] as const) {
        const closed = (await lab.run([closing(slot)])).at(0);
        must(closed.value === 0n, `slot ${slot} held ${number}; closing it: ${describe(closed)}`);
      }
    },
  },
  {
    id: 'slots/field',
    statement: 'A field of a slot is read from its out bytes, little-endian, at its offset.',
    place: 'SlotRef.offset; docs/protocol.md, record `operand`, width',
    async observe(lab) {
      const field = (offset: number): Operation => ({
        op: 'close',
        fd: { slot: 'pair', offset, width: 4, signed: true },
      });
      const results = await lab.run([{ op: 'socketpair', slot: 'pair' }, field(0), field(4)]);
      const pair = results.at(0);
      if (pair.value !== 0n) throw new Blocked(`socketpair came to ${describe(pair)}`);
      must(pair.out.length === 8, `socketpair gave ${pair.out.length} out bytes, not 8`);
      const bad = [results.at(1), results.at(2)].find(({ value }) => value !== 0n);
      must(bad === undefined, `closing both ends by their fields came to ${describe(bad)}`);
    },
  },
  {
    id: 'begin/descriptors',
    statement: 'A case begins with no descriptor of the case before.',
    place: 'Session.begin; docs/protocol.md, frame `begin`',
    async observe(lab) {
      const before = await opened(lab, 'a');
      await opened(lab, 'b');
      await lab.session.begin('begin/descriptors again');
      const after = await opened(lab, 'a');
      must(after === before, `the first open gave ${before}, after begin it gave ${after}`);
    },
  },
  {
    id: 'begin/slots',
    statement: 'A case begins with all slots empty.',
    place: 'Session.begin; docs/protocol.md, frame `begin`',
    async observe(lab) {
      await opened(lab, 'left-over');
      await lab.session.begin('begin/slots again');
      // Numbers that are open again: a slot that was kept would close one of them.
      await opened(lab, 'a');
      must(await isEmpty(lab, 'left-over'), 'a slot of the case before still had its value');
    },
  },
  {
    id: 'begin/clients',
    statement: 'A case begins with no client of the case before.',
    place: 'Session.begin; docs/protocol.md, frame `begin`',
    async observe(lab) {
      await lab.child('child');
      await lab.session.begin('begin/clients again');
      const again = (await lab.run([{ op: 'fork', client: 'child' }])).at(0);
      must(again.value > 0n, `fork of a name that the case before used: ${describe(again)}`);
    },
  },
  {
    id: 'begin/main',
    statement: 'A case begins with a fresh main, also when the one before it ended.',
    place: 'Session.begin; docs/protocol.md, frame `begin`',
    async observe(lab) {
      await lab.run([{ op: 'exit', status: 0n }]);
      await lab.session.begin('begin/main again');
      const slept = (await lab.run([{ op: 'sleep', microseconds: 0n }])).any(0);
      must(slept.outcome !== 'not-run', 'after begin nothing runs in main');
    },
  },
  {
    id: 'session/concurrent',
    statement: 'A Program that is run before the last one answered waits or is refused.',
    place: 'Session.run',
    async observe(lab) {
      const sizes = [1, 3];
      const operations = (size: number): Operation[] =>
        Array.from({ length: size }, () => ({ op: 'close', fd: 9999n }));
      const runs = sizes.map((size) =>
        lab.session.run({
          threads: [{ client: 'main', operations: operations(size) }],
          deadlineMs: 5000,
        }),
      );
      const settled = await answering(Promise.allSettled(runs), 5000);
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
    async observe(lab) {
      for (const time of ['first', 'second']) {
        try {
          await answering(lab.session.close(), 0);
        } catch (thrown) {
          must(false, `the ${time} close threw: ${String(thrown)}`);
        }
      }
      const next = await lab.adapter.open();
      await next.begin('session/close');
      await next.close();
    },
  },
];
