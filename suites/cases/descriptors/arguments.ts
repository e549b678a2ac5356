import {
  argumentClasses,
  CLASS_VALUES,
  linux,
  type Operand,
  type Operation,
  type OperationName,
  outcomePhrase,
  type Reply,
  specOf,
  withClass,
} from '../../../adapters/contract/index.ts';
import type { Case } from '../../kit/case.ts';
import { contentsWord, fillWhole } from '../../kit/contents.ts';
import type { CaseContext } from '../../kit/context.ts';
import {
  argumentsOf,
  changesClient,
  classPrograms,
  offeredOperations,
  type Probing,
  probingOf,
  runAsProbe,
  statePrograms,
} from '../../kit/sweep-arguments.ts';

const WITNESS = 0x77;

/** Arguments at the ends of their types, numbers that are no descriptors, and stale operands. */
export const argumentCases: readonly Case[] = [
  {
    id: 'FD-13/numbers',
    title: 'every call refuses an invalid descriptor',
    requirements: ['FD-13'],
    needs: ['clients', 'sockets'],
    async run(context) {
      const { subject } = context;
      const ends = await subject.socketpair({});
      const buffer = await context.buffer();
      const { value: closed } = await subject.dup({ fd: buffer.fd });
      await subject.close({ fd: closed });
      const numbers: readonly (readonly [string, Operand])[] = [
        ...CLASS_VALUES.descriptor.map(({ name, value }) => [name, value as bigint] as const),
        ['a closed one', closed],
      ];
      const { usual } = await probingOf(context, { fd: buffer.fd, address: 0n });
      const socket = ends.field(0, 4);
      for (const op of offeredOperations(context)) {
        for (const argument of argumentsOf(op, 'descriptor')) {
          if (specOf(op).gives?.at === argument) continue;
          for (const [name, number] of numbers) {
            const valid = usual({ fd: socket, socket })[op];
            const operation = { ...valid, [argument]: number } as unknown as Operation;
            await observeRefusal(context, operation, `${op} with ${argument} ${name}`, number);
          }
        }
      }
    },
  },
  {
    id: 'FD-14/refused',
    title: 'an operation that a buffer refuses is refused at every offset and length',
    requirements: ['FD-14'],
    needs: ['clients'],
    async run(context) {
      const buffer = await context.buffer();
      const address = await context.map(buffer, context.page);
      await fillWhole(context.subject, address, context.page, WITNESS);
      const inherited = { fd: buffer.fd, address: { slot: address.slot } };
      const { usual } = await probingOf(context, inherited);
      const valid = usual({ ...inherited, length: context.page });
      for (const [op, role, names, right] of REFUSED) {
        for (const one of argumentClasses(op)) {
          if (!names.includes(one.argument) || right.includes(one.name)) continue;
          const { word } = await asSubject(context, withClass(valid[op], one));
          const detail = `${op} with ${one.argument} ${one.name} ${outcomePhrase(word)}`;
          context.observe('FD-14', role, word, detail);
        }
      }
      const word = await contentsWord(context.subject, address, context.page, WITNESS);
      context.observe('FD-14', 'contents', word, `the buffer afterwards: ${word}`);
    },
  },
  {
    id: 'FD-14/arguments',
    title: 'no argument of a call on a buffer changes another one',
    requirements: ['FD-14'],
    needs: ['clients', 'sockets'],
    deadlineMs: 120_000,
    run: (context) => beside(context, 'at the ends of its types', classPrograms),
  },
  {
    id: 'FD-14/states',
    title: 'no state of an operand leads to another buffer',
    requirements: ['FD-14'],
    needs: ['clients', 'sockets'],
    deadlineMs: 120_000,
    run: (context) => beside(context, 'on operands in every state', statePrograms),
  },
];

/** Operations that a buffer refuses, the arguments that are changed, and classes that are right. */
const REFUSED: readonly (readonly [
  op: OperationName,
  role: string,
  names: readonly string[],
  right: readonly string[],
])[] = [
  ['pread', 'read', ['length', 'offset'], []],
  ['pwrite', 'write', ['bytes', 'offset'], []],
  ['ftruncate', 'truncate', ['length'], []],
  ['lseek', 'seek', ['offset'], ['0']],
  ['mmap', 'map', ['length'], ['1']],
  ['mmap', 'map', ['offset'], ['0']],
  ['mremap', 'grow', ['newLength'], ['1']],
];

/** Runs Programs about each operation in clients of their own while another buffer is watched. */
async function beside(
  context: CaseContext,
  how: string,
  programsOf: (probing: Probing, op: OperationName) => readonly (readonly Operation[])[],
): Promise<void> {
  const { page, subject } = context;
  const witness = await context.buffer();
  const seen = await context.map(witness, page);
  await fillWhole(subject, seen, page, WITNESS);
  const lent = await context.buffer();
  const address = await context.map(lent, page);
  const inherited = { fd: lent.fd, address: { slot: address.slot } };
  const probing = await probingOf(context, inherited);
  for (const op of offeredOperations(context)) {
    const programs = programsOf(probing, op);
    if (programs.length === 0) continue;
    const groups = changesClient(op) ? programs.map((one) => [one]) : [programs];
    for (const group of groups) await runAsProbe(context, group);
    const word = await contentsWord(subject, seen, page, WITNESS);
    context.observe('FD-14', 'contents', word, `another buffer after ${op} ${how}: ${word}`);
  }
}

async function observeRefusal(
  context: CaseContext,
  operation: Operation,
  name: string,
  number: Operand,
): Promise<void> {
  const { capability, waits } = specOf(operation.op);
  const { ok, value, word } = await asSubject(context, operation);
  const detail = `${name} ${outcomePhrase(word)}`;
  if (waits !== 'time') {
    context.observe('FD-13', capability === 'procfs' ? 'name' : 'call', word, detail);
    return;
  }
  const negative = typeof number === 'bigint' && BigInt.asIntN(32, number) < 0n;
  const right = negative ? 0n : linux.POLLNVAL;
  const seen = negative ? 'ignored' : 'POLLNVAL';
  const told = ok && value === right ? seen : eventsWord(value, negative);
  context.observe('FD-13', 'poll', told, detail);
}

/** What poll reported where that is wrong; a negative descriptor is ignored. */
const eventsWord = (events: bigint, negative: boolean): string =>
  negative && events === linux.POLLNVAL
    ? 'POLLNVAL for a negative descriptor, which poll ignores'
    : `events ${events}`;

/** Runs one operation in the client of the case. */
function asSubject({ subject }: CaseContext, { op, ...given }: Operation): Promise<Reply> {
  const run = subject[op] as (arguments_: object) => Promise<Reply>;
  return run(given);
}
