import {
  type History,
  type Operation,
  operationsWhere,
  type Program,
  type Result,
} from '../../adapters/contract/index.ts';

/** One operation and where it stood. */
export interface CStep {
  readonly program: number;
  readonly thread: number;
  readonly index: number;
  readonly client: string;
  readonly operation: Operation;
  readonly result: Result | undefined;
  /** Which of its allocations is made to fail in it; undefined for none. */
  readonly failing?: bigint;
}

/** A thread of the C program: its operations in their order, and threads that it waits for. */
export interface CThread {
  /** Its name in C. */
  readonly name: string;
  readonly client: string;
  readonly items: readonly ThreadItem[];
}

/** An operation, or threads of the same client that run side by side. */
export type ThreadItem =
  | { readonly kind: 'step'; readonly step: CStep }
  | { readonly kind: 'together'; readonly threads: readonly CThread[] };

/** Operations that change nothing, and whose results a check in C finds by itself. */
const SILENT = operationsWhere(
  ({ capability, gives, waits }) =>
    (capability === 'procfs' && gives === undefined) ||
    (capability === 'timing' && (waits === 'time' || waits === 'clients')),
);

/**
 * Programs as the threads of a C program: one for each client, and more only where calls of the
 * same client overlapped. Barriers and sleeps fall away, as what they kept in order stays so. Where
 * the target died, nothing tells the order, and sleeps stay.
 */
export function cThreadsOf(programs: readonly Program[], histories: readonly History[]): CThread[] {
  const acting = programs.flatMap(({ threads }) => threads);
  // A child may do nothing but inherit and live.
  const forked = acting.flatMap(({ operations }) =>
    operations.flatMap((one) => (one.op === 'fork' ? one.client : [])),
  );
  const clients = [...new Set(['main', ...acting.map(({ client }) => client), ...forked])];
  return clients.map((client) => {
    const items = programs.flatMap(({ threads }, program) => {
      const mine = threads.flatMap(({ client: owner, operations }, thread) => {
        const steps = operations.map((operation, index): CStep => {
          const result = histories[program]?.threads[thread]?.[index];
          return { program, thread, index, client, operation, result };
        });
        const kept = armed(steps).filter(
          ({ operation, result }) =>
            (!SILENT.has(operation.op) || (operation.op === 'sleep' && result === undefined)) &&
            !isAboutNone(operation, clients),
        );
        return owner === client && kept.length > 0 ? [kept] : [];
      });
      return itemsOf(client, program, mine);
    });
    return { name: identifier(client), client, items };
  });
}

/** Whether it ends or awaits a client that nothing forks: its fork was left out in shrinking. */
const isAboutNone = (operation: Operation, clients: readonly string[]): boolean =>
  (operation.op === 'kill' || operation.op === 'wait') && !clients.includes(operation.client);

/** What arms a call becomes a part of that call. */
function armed(steps: readonly CStep[]): CStep[] {
  return steps.flatMap((step, index) => {
    if (step.operation.op === 'failnth') return [];
    const before = steps[index - 1]?.operation;
    const nth = before?.op === 'failnth' ? before.nth : 0n;
    return [typeof nth === 'bigint' && nth > 0n ? { ...step, failing: nth } : step];
  });
}

/** A name that C takes. */
export const identifier = (name: string): string => name.replaceAll(/[^A-Za-z0-9]/g, '_');

function itemsOf(
  client: string,
  program: number,
  threads: readonly (readonly CStep[])[],
): ThreadItem[] {
  if (threads.length > 1 && overlapping(threads)) {
    const apart = threads.map(
      (steps, index): CThread => ({
        name: `${identifier(client)}_${program}_${'abcdefghijklmnopqrstuvwxyz'[index] ?? index}`,
        client,
        items: steps.map((step): ThreadItem => ({ kind: 'step', step })),
      }),
    );
    return [{ kind: 'together', threads: apart }];
  }
  const inOrder = threads
    .flat()
    .toSorted((a, b) => ((callOf(a) ?? 0n) < (callOf(b) ?? 0n) ? -1 : 1));
  return inOrder.map((step) => ({ kind: 'step', step }));
}

const callOf = ({ result }: CStep): bigint | undefined =>
  result === undefined || result.outcome === 'not-run' ? undefined : result.call;

/** Whether the one had returned when the other was called; steps of earlier Programs have. */
export function isBefore(one: CStep, other: CStep): boolean {
  if (one.program !== other.program) return one.program < other.program;
  const call = callOf(other);
  const back = one.result?.return;
  return call !== undefined && back !== undefined && back < call;
}

/** Whether two calls of different threads may have been under way at once. */
function overlapping(threads: readonly (readonly CStep[])[]): boolean {
  return threads.some((mine, index) =>
    threads
      .slice(index + 1)
      .flat()
      .some((other) => mine.some((one) => !isBefore(one, other) && !isBefore(other, one))),
  );
}

/** Every thread, those that another one starts too. */
export const allThreads = (threads: readonly CThread[]): CThread[] =>
  threads.flatMap((thread) => [
    thread,
    ...thread.items.flatMap((item) => (item.kind === 'together' ? allThreads(item.threads) : [])),
  ]);

/** The steps of a thread itself. */
export const stepsOf = ({ items }: CThread): CStep[] =>
  items.flatMap((item) => (item.kind === 'step' ? [item.step] : []));

/** A place in a finding as a key. */
export const stepKey = ({ program, thread, index }: Pick<CStep, 'program' | 'thread' | 'index'>) =>
  `${program}.${thread}.${index}`;

/** The constant that is a thread's number in C. */
export const threadConstant = ({ name }: CThread): string => `LINE_${name.toUpperCase()}`;
