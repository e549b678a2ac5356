import {
  type ArgumentKind,
  argumentClasses,
  linux,
  OPERAND_STATES,
  OPERATION_ROWS,
  type Operation,
  type OperationName,
  prepareAddress,
  prepareDescriptor,
  STAGE_PAGES,
  type Stage,
  specOf,
  type UsualOperands,
  usualOperations,
  withClass,
} from '../../adapters/contract/index.ts';
import { type CaseContext, SUBJECT } from './context.ts';
import { runPrepared } from './three-processes.ts';

/** The client that asks for what it should not, and one beside it. */
const PROBE = 'probe';
const BESIDE = 'beside';
const UNBORN = 'unborn';

/** The operations that a target offers. */
export const offeredOperations = ({ facts }: CaseContext): readonly OperationName[] =>
  OPERATION_ROWS.filter(([, { capability }]) => facts.capabilities.includes(capability)).map(
    ([name]) => name,
  );

/** The arguments of an operation of one kind. */
export const argumentsOf = (op: OperationName, kind: ArgumentKind): readonly string[] =>
  Object.entries(specOf(op).arguments)
    .filter(([, one]) => one === kind)
    .map(([name]) => name);

/** What operations of a probing client are made of. */
export interface Probing {
  readonly stage: Stage;
  /** Operations as they are used as a rule, on a buffer of the stage or on what is given. */
  usual(given?: Partial<UsualOperands>): ReturnType<typeof usualOperations>;
}

/** Says what operations of probing clients are made of. */
export async function probingOf(
  context: CaseContext,
  inherited: Stage['inherited'],
): Promise<Probing> {
  const { page } = context;
  const device = await context.device();
  const stage: Stage = {
    name: 'stage',
    allocate: (slot, length) => context.allocationStep(slot, device, { length }),
    descriptor: (slot) => context.descriptorIn(slot),
    page,
    inherited,
  };
  const usual: UsualOperands = {
    region: context.region.name,
    fd: context.descriptorIn('stage-buffer'),
    address: { slot: 'stage-view' },
    length: STAGE_PAGES * page,
    socket: { slot: 'probe-ends', offset: 0, width: 4, signed: true },
    other: BESIDE,
    unborn: UNBORN,
  };
  return { stage, usual: (given = {}) => usualOperations({ ...usual, ...given }) };
}

/** Runs Programs in a client that may die of them, with another one beside it. */
export async function runAsProbe(
  context: CaseContext,
  programs: readonly (readonly Operation[])[],
): Promise<void> {
  await runPrepared(context, SUBJECT, [
    { op: 'fork', client: PROBE },
    { op: 'fork', client: BESIDE },
  ]);
  for (const operations of programs) {
    const options = { mayDie: true, mayLack: true };
    await context.runThreads([{ client: PROBE, operations }], options);
  }
  const clients = [PROBE, BESIDE];
  const born = programs.flat().some((one) => one.op === 'fork');
  await context.runSteps(
    SUBJECT,
    [...clients, ...(born ? [UNBORN] : [])].flatMap((client): Operation[] => [
      { op: 'kill', client, signal: linux.SIGKILL },
      { op: 'wait', client },
    ]),
  );
}

/** Whether a client that has done an operation may be gone, or be able to do less than before. */
export const changesClient = (op: OperationName): boolean =>
  ['limits', 'clients'].includes(specOf(op).capability) || op === 'itimer';

const PAIR: Operation = { op: 'socketpair', slot: 'probe-ends' };

/** A Program for each class of each argument of an operation. */
export function classPrograms({ stage, usual }: Probing, op: OperationName): Operation[][] {
  return argumentClasses(op).map((one) => {
    const { after, before } = prepareAddress(stage, 'whole');
    return [PAIR, ...before, withClass(usual()[op], one), ...after];
  });
}

/** A Program for each state of each operand of an operation. */
export function statePrograms({ stage, usual }: Probing, op: OperationName): Operation[][] {
  const descriptors = argumentsOf(op, 'descriptor').flatMap((argument) =>
    OPERAND_STATES.descriptor.map((state) => {
      const { after, before, length, operand } = prepareDescriptor(stage, state);
      const valid = usual({ length, fd: stage.inherited.fd })[op];
      const operation = { ...valid, [argument]: operand } as unknown as Operation;
      return [PAIR, ...before, operation, ...after];
    }),
  );
  const addresses = argumentsOf(op, 'address').flatMap(() =>
    OPERAND_STATES.address.map((state) => {
      const { after, before, length, operand } = prepareAddress(stage, state);
      const { fd } = stage.inherited;
      return [PAIR, ...before, usual({ fd, address: operand, length })[op], ...after];
    }),
  );
  return [...descriptors, ...addresses];
}
