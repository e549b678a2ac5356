import fc from 'fast-check';
import {
  type ArgumentClass,
  argumentClasses,
  OPERAND_STATES,
  OPERATION_ROWS,
  type Operation,
  type OperationName,
  type PreparedOperand,
  prepareAddress,
  prepareDescriptor,
  type Stage,
  specOf,
  usualOperations,
  withClass,
} from '../../adapters/contract/index.ts';
import { CHILD } from './child.ts';
import { withoutGenerator } from './not-generated.ts';
import { alsoEnding, clientName, scaffolded, seeds } from './scaffold.ts';
import type { GeneratorContext, Scenario } from './scenario.ts';
import { ThreadWriter, type WrittenBuffer } from './thread-writer.ts';

const CALLS_MAX = 12;

/** A call with one argument of a class, or on one operand in a state. */
type Unusual =
  | { readonly kind: 'class'; readonly one: ArgumentClass }
  | {
      readonly kind: 'state';
      readonly op: OperationName;
      readonly argument: string;
      prepare(stage: Stage): PreparedOperand;
    };

/**
 * A child that makes system calls with arguments at the ends of their types, and on operands in
 * every state that they can be in; its parent’s buffer must not notice any of them.
 */
export function argumentScenarios(context: GeneratorContext): fc.Arbitrary<Scenario> {
  const choices = OPERATION_ROWS.filter(([, { capability }]) =>
    context.capabilities.has(capability),
  ).flatMap(([op]) => unusualCalls(op));
  return fc
    .record({
      calls: fc.array(fc.noBias(fc.nat(choices.length - 1)), {
        minLength: 1,
        maxLength: CALLS_MAX,
      }),
      seed: seeds,
    })
    .map(({ calls, seed }) => {
      const client = clientName(0);
      const first = new ThreadWriter(context, 'first');
      const witness = seen(first);
      const lent = seen(first);
      first.add({ op: 'fork', client: CHILD });
      const written = new ThreadWriter(context, 'calls');
      for (const [at, index] of calls.entries()) {
        const call = choices[index];
        if (call !== undefined) write(context, written, lent, call, at);
      }
      const last = new ThreadWriter(context, 'last');
      last.check(witness);
      const acts = [
        [{ client, operations: first.operations }],
        [{ client: CHILD, operations: written.operations }],
        [{ client, operations: last.operations }],
      ];
      const clients = [client, clientName(1)];
      return alsoEnding(scaffolded(context, 'arguments', clients, acts, seed), [CHILD]);
    });
}

function unusualCalls(op: OperationName): Unusual[] {
  const classes = argumentClasses(op)
    .filter(({ argument, name }) => withoutGenerator(op, argument, name) === undefined)
    .map((one): Unusual => ({ kind: 'class', one }));
  const states = Object.entries(specOf(op).arguments).flatMap(([argument, kind]): Unusual[] => {
    if (kind === 'descriptor') {
      return OPERAND_STATES.descriptor
        .filter((state) => withoutGenerator(op, argument, state) === undefined)
        .map((state) => ({
          kind: 'state',
          op,
          argument,
          prepare: (stage) => prepareDescriptor(stage, state),
        }));
    }
    if (kind !== 'address') return [];
    return OPERAND_STATES.address
      .filter((state) => withoutGenerator(op, argument, state) === undefined)
      .map((state) => ({
        kind: 'state',
        op,
        argument,
        prepare: (stage) => prepareAddress(stage, state),
      }));
  });
  return [...classes, ...states];
}

function seen(writer: ThreadWriter): WrittenBuffer {
  const buffer = writer.allocate();
  writer.map(buffer);
  writer.look(buffer);
  writer.stamp(buffer);
  return buffer;
}

function write(
  context: GeneratorContext,
  writer: ThreadWriter,
  lent: WrittenBuffer,
  call: Unusual,
  at: number,
): void {
  const { page } = context;
  const name = `call-${at}`;
  const stage: Stage = {
    name,
    allocate: (slot, length) => writer.requestOf(slot, { length }),
    descriptor: (slot) => writer.descriptor({ slot }),
    page,
    inherited: { fd: writer.descriptor(lent), address: { slot: lent.mapping ?? '' } },
  };
  const made = call.kind === 'class';
  const prepared = made ? prepareAddress(stage, 'whole') : call.prepare(stage);
  const usual = usualOperations({
    region: context.region.name,
    fd: made ? writer.descriptor({ slot: `${name}-buffer` }) : stage.inherited.fd,
    address: made ? { slot: `${name}-view` } : stage.inherited.address,
    length: prepared.length,
    socket: { slot: `${name}-pair`, offset: 0, width: 4, signed: true },
    other: clientName(1),
    unborn: name,
  });
  const operations: Operation[] = [...prepared.before];
  const op = call.kind === 'class' ? call.one.op : call.op;
  if (context.capabilities.has('sockets') && specOf(op).capability === 'sockets') {
    operations.unshift({ op: 'socketpair', slot: `${name}-pair` });
  }
  operations.push(
    call.kind === 'class'
      ? withClass(usual[op], call.one)
      : ({ ...usual[op], [call.argument]: prepared.operand } as unknown as Operation),
    ...prepared.after,
  );
  for (const operation of operations) writer.add(operation);
}
