import type { History, Program, Thread } from '../../adapters/contract/index.ts';

/**
 * Programs whose threads of one client are one thread, with the operations in the order in which
 * they were called. What shows then needs no two calls at once. Undefined when no client has two
 * threads, or when an operation did not run, so that its place is not known.
 */
export function inOrderOfCalls(
  programs: readonly Program[],
  histories: readonly History[],
): readonly Program[] | undefined {
  let changed = false;
  const merged: Program[] = [];
  for (const [number, program] of programs.entries()) {
    const clients = [...new Set(program.threads.map(({ client }) => client))];
    if (clients.length === program.threads.length) {
      merged.push(program);
      continue;
    }
    const threads = clients.map((client) => threadOf(client, program, histories[number]));
    if (threads.some((thread) => thread === undefined)) return undefined;
    merged.push({ ...program, threads: threads as Thread[] });
    changed = true;
  }
  return changed ? merged : undefined;
}

function threadOf(
  client: string,
  { threads }: Program,
  history: History | undefined,
): Thread | undefined {
  const calls = threads.flatMap((thread, at) =>
    thread.client !== client
      ? []
      : thread.operations.map((operation, index) => {
          const result = history?.threads[at]?.[index];
          return { operation, call: result?.outcome === 'not-run' ? undefined : result?.call };
        }),
  );
  if (calls.some(({ call }) => call === undefined)) return undefined;
  // The sort is stable, so that one thread keeps its order where the clock did not move.
  const sorted = calls.toSorted((a, b) => compared(a.call ?? 0n, b.call ?? 0n));
  return { client, operations: sorted.map(({ operation }) => operation) };
}

const compared = (a: bigint, b: bigint): number => (a === b ? 0 : a < b ? -1 : 1);
