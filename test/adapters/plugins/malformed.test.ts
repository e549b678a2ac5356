/** Goal: what an adapter of others answers wrongly is named, with the adapter and the member. */
import t from 'tap';
import type { Program } from '../../../adapters/contract/program.ts';
import type { Adapter, Session } from '../../../adapters/contract/session.ts';
import { guardAdapter } from '../../../adapters/plugins/guard.ts';
import { openSimulator } from '../../../adapters/simulator/adapter.ts';
import { mutated, numbersFrom } from '../../hostile/mutate.ts';

const NAME = './theirs.js';

const program: Program = {
  deadlineMs: 1000,
  threads: [
    {
      client: 'main',
      operations: [
        { op: 'close', fd: 9n },
        { op: 'repeat', times: 3n, stop: 'never', body: [{ op: 'close', fd: 8n }] },
      ],
    },
  ],
};

type Answers = {
  readonly session?: (session: Session) => unknown;
  readonly facts?: (facts: Session['facts']) => unknown;
  readonly history?: (history: unknown) => unknown;
};

/** The simulator, as an adapter of others that answers otherwise. */
async function theirs({ facts, history, session }: Answers): Promise<Adapter> {
  const adapter = await openSimulator('sim:');
  const open = async (): Promise<unknown> => {
    const real = await adapter.open();
    if (session !== undefined) return session(real);
    return {
      facts: facts === undefined ? real.facts : facts(real.facts),
      begin: (caseId: string) => real.begin(caseId),
      run: async (asked: Program) => {
        const answer = await real.run(asked);
        return history === undefined ? answer : history(structuredClone(answer));
      },
      close: () => real.close(),
    };
  };
  return guardAdapter({ ...adapter, open } as unknown as Adapter, NAME);
}

/** A copy in which the member at a path is another one; undefined takes it away. */
function changed(value: unknown, path: string, member: unknown): unknown {
  const copy: unknown = structuredClone(value);
  const names = path.split('.');
  const last = names.pop() ?? '';
  let holder = copy as Record<string, unknown>;
  for (const name of names) holder = holder[name] as Record<string, unknown>;
  holder[last] = member;
  return copy;
}

const refusal = (said: string) => ({
  name: 'AllocertError',
  exitCode: 3,
  message: new RegExp(`the adapter ${NAME.replaceAll('.', '\\.')} .*${said}`),
});

const HISTORIES: readonly (readonly [path: string, member: unknown, said: string])[] = [
  ['threads', undefined, 'threads must be a list of 1, not undefined'],
  ['threads', [], 'threads must be a list of 1, not a list of 0'],
  ['threads.0', [], 'threads\\[0\\] must be a list of 2, not a list of 0'],
  ['threads.0.0', null, 'threads\\[0\\]\\[0\\] must be an object, not null'],
  ['threads.0.0.outcome', 'pleased', 'outcome must be one of .*, not "pleased"'],
  ['threads.0.0.value', -1, 'threads\\[0\\]\\[0\\]\\.value must be a bigint, not -1'],
  ['threads.0.0.errno', 9, 'errno must be the name of an error, not 9'],
  ['threads.0.0.errno', 'EBADF\u001b[31m', 'errno must be the name of an error'],
  ['threads.0.0.out', [1], 'out must be bytes, not a list of 1'],
  ['threads.0.0.redZone', ['beside'], 'redZone must be of "before" and "after", not "beside"'],
  ['threads.0.1.steps', [], 'steps must be a list of 1, not a list of 0'],
  ['threads.0.1.steps.0.first', 7, 'steps\\[0\\]\\.first must be an object, not 7'],
  ['threads.0.1.steps.0.failures', { EBADF: 1 }, 'failures\\."EBADF" must be a bigint'],
  ['deaths', 'none', 'deaths must be a list, not "none"'],
  ['deaths', [{ client: 'main', reason: 'age' }], 'reason must be "own" or "deadline"'],
  ['log', [7], 'log\\[0\\] must be a text, not 7'],
  ['log', undefined, 'log must be a list, not undefined'],
  ['taint', 0, 'taint must be a bigint, not 0'],
  ['deadlineHit', 'no', 'deadlineHit must be true or false, not "no"'],
];

t.test('a malformed History', async (t) => {
  for (const [path, member, said] of HISTORIES) {
    const adapter = await theirs({ history: (answer) => changed(answer, path, member) });
    const session = await adapter.open();
    await session.begin('a');
    await t.rejects(session.run(program), refusal(`did not return a History: .*${said}`), path);
  }
});

t.test('no History at all', async (t) => {
  for (const answer of [undefined, null, 7, 'x', [], () => undefined]) {
    const session = await (await theirs({ history: () => answer })).open();
    await session.begin('a');
    await t.rejects(session.run(program), refusal('did not return a History: the History must be'));
  }
});

const FACTS: readonly (readonly [path: string, member: unknown, said: string])[] = [
  ['kind', undefined, 'facts\\.kind must be a text, not undefined'],
  ['implementation', 7, 'facts\\.implementation must be a text, not 7'],
  ['pageSize', '4096', 'facts\\.pageSize must be a whole number above 0, not "4096"'],
  ['pageSize', 0, 'facts\\.pageSize must be a whole number above 0, not 0'],
  ['pointerBytes', 6, 'facts\\.pointerBytes must be one of 4, 8, not 6'],
  ['regions', undefined, 'facts\\.regions must be a list, not undefined'],
  ['regions.0.name', 'heap', 'facts\\.regions\\[0\\]\\.name must be region:N, not "heap"'],
  ['regions.0.abi', 'other', 'abi must be one of simple-allocator, dma-heap, not "other"'],
  ['regions.0.sizeBytes', 4096, 'sizeBytes must be a bigint, not 4096'],
  ['capabilities', {}, 'facts\\.capabilities must be a list, not an object'],
  ['kernelLog', 1, 'facts\\.kernelLog must be true or false, not 1'],
  ['details', { model: 7 }, 'facts\\.details\\["model"\\] must be a text, not 7'],
  ['kernel', { release: '6.1' }, 'facts\\.kernel\\.version must be a text, not undefined'],
];

t.test('malformed facts', async (t) => {
  for (const [path, member, said] of FACTS) {
    const adapter = await theirs({ facts: (facts) => changed(facts, path, member) });
    await t.rejects(adapter.open(), refusal(said), path);
  }
  const throws = await theirs({
    session: (session) => ({
      ...{ begin: session.begin, run: session.run, close: session.close },
      get facts() {
        throw new TypeError('x is undefined');
      },
    }),
  });
  await t.rejects(throws.open(), refusal('failed: x is undefined'));
});

t.test('what is no Session', async (t) => {
  for (const given of [undefined, null, 7, {}]) {
    const adapter = await theirs({ session: () => given });
    const message =
      /theirs\.js opened .* not a Session: it lacks begin\(\) and run\(\) and close\(\)/;
    await t.rejects(adapter.open(), { exitCode: 3, message });
  }
});

t.test('whatever is thrown', async (t) => {
  const strange = Object.assign(new Error('x'), { name: 'AllocertError', blame: 'nobody' });
  const death = Object.assign(new Error('x'), { name: 'TargetDeath', manner: 7, log: 'none' });
  const bare: unknown = Object.create(null);
  for (const thrown of [undefined, null, 7n, Symbol('x'), {}, bare, strange, death]) {
    const history = (): never => {
      throw thrown;
    };
    const session = await (await theirs({ history })).open();
    await session.begin('a');
    const said: unknown = await session.run(program).catch((error: unknown) => error);
    t.match(said, thrown === death ? { manner: 'crash', log: [] } : { exitCode: 3 });
  }
});

t.test('mutations of a History pass or are refused, and are never a surprise', async (t) => {
  const next = numbersFrom(14);
  let refused = 0;
  let taken = 0;
  const adapter = await theirs({ history: (answer) => mutated(answer, next) });
  const session = await adapter.open();
  await session.begin('a');
  for (let count = 0; count < 1000; count += 1) {
    await session.run(program).then(
      () => {
        taken += 1;
      },
      (thrown: unknown) => {
        if (!(thrown instanceof Error && thrown.name === 'AllocertError')) throw thrown;
        refused += 1;
      },
    );
  }
  t.comment(`${refused} refused, ${taken} taken`);
  t.ok(refused > 500);
});
