import {
  type History,
  type Operation,
  operationsWhere,
  type Program,
  type Result,
} from '../../adapters/contract/index.ts';

/** One operation and where it stood. */
export interface Step {
  readonly program: number;
  readonly thread: number;
  readonly index: number;
  readonly client: string;
  readonly operation: Operation;
  readonly result: Result | undefined;
}

/** What one thread of the C program does: operations in their order, and threads it waits for. */
export interface Line {
  /** Its name in C. */
  readonly name: string;
  readonly client: string;
  readonly items: readonly Item[];
}

/** An operation, or threads of the same client that run side by side. */
export type Item =
  | { readonly kind: 'step'; readonly step: Step }
  | { readonly kind: 'together'; readonly lines: readonly Line[] };

/** Operations that change nothing, and whose results a check in C finds by itself. */
const SILENT = operationsWhere(
  ({ capability, gives, waits }) =>
    (capability === 'procfs' && gives === undefined) ||
    (capability === 'timing' && (waits === 'time' || waits === 'clients')),
);

/**
 * Programs as the threads of a C program: one for each client, and more only where calls of the
 * same client overlapped. Barriers and sleeps fall away, as what they kept in order stays so.
 */
export function linesOf(programs: readonly Program[], histories: readonly History[]): Line[] {
  const clients = [
    ...new Set(['main', ...programs.flatMap(({ threads }) => threads.map((one) => one.client))]),
  ];
  return clients.map((client) => {
    const items = programs.flatMap(({ threads }, program) => {
      const mine = threads.flatMap(({ client: owner, operations }, thread) => {
        const steps = operations.map((operation, index): Step => {
          const result = histories[program]?.threads[thread]?.[index];
          return { program, thread, index, client, operation, result };
        });
        const kept = steps.filter(({ operation }) => !SILENT.has(operation.op));
        return owner === client && kept.length > 0 ? [kept] : [];
      });
      return itemsOf(client, program, mine);
    });
    return { name: identifier(client), client, items };
  });
}

/** A name that C takes. */
export const identifier = (name: string): string => name.replaceAll(/[^A-Za-z0-9]/g, '_');

function itemsOf(client: string, program: number, threads: readonly (readonly Step[])[]): Item[] {
  if (threads.length > 1 && overlapping(threads)) {
    const lines = threads.map(
      (steps, index): Line => ({
        name: `${identifier(client)}_${program}_${'abcdefghijklmnopqrstuvwxyz'[index] ?? index}`,
        client,
        items: steps.map((step): Item => ({ kind: 'step', step })),
      }),
    );
    return [{ kind: 'together', lines }];
  }
  const inOrder = threads
    .flat()
    .toSorted((a, b) => ((callOf(a) ?? 0n) < (callOf(b) ?? 0n) ? -1 : 1));
  return inOrder.map((step) => ({ kind: 'step', step }));
}

const callOf = ({ result }: Step): bigint | undefined =>
  result === undefined || result.outcome === 'not-run' ? undefined : result.call;

/** Whether the one had returned when the other was called; steps of earlier Programs have. */
export function isBefore(one: Step, other: Step): boolean {
  if (one.program !== other.program) return one.program < other.program;
  const call = callOf(other);
  const back = one.result?.return;
  return call !== undefined && back !== undefined && back < call;
}

/** Whether two calls of different threads may have been under way at once. */
function overlapping(threads: readonly (readonly Step[])[]): boolean {
  return threads.some((mine, index) =>
    threads
      .slice(index + 1)
      .flat()
      .some((other) => mine.some((one) => !isBefore(one, other) && !isBefore(other, one))),
  );
}

/** Every line, those inside of others too. */
export const allLines = (lines: readonly Line[]): Line[] =>
  lines.flatMap((line) => [
    line,
    ...line.items.flatMap((item) => (item.kind === 'together' ? allLines(item.lines) : [])),
  ]);

/** The steps of a line itself. */
export const stepsOf = ({ items }: Line): Step[] =>
  items.flatMap((item) => (item.kind === 'step' ? [item.step] : []));

/** A place in a finding as a key. */
export const keyOf = ({ program, thread, index }: Pick<Step, 'program' | 'thread' | 'index'>) =>
  `${program}.${thread}.${index}`;

/** A line's number in C. */
export const lineConstant = ({ name }: Line): string => `LINE_${name.toUpperCase()}`;
