import {
  type History,
  type Operation,
  type Program,
  type Result,
  toJson,
  type UntypedOperation,
  wordOf,
} from '../adapters/contract/index.ts';

/** One operation as a row. */
interface Row {
  readonly program: number;
  readonly column: number;
  readonly call: bigint;
  readonly text: string;
}

const WIDTH = 46;

/**
 * Programs and what came back of them as text: a column for each thread, a row for each operation,
 * in the order in which they were called.
 */
export function scheduleText({
  programs,
  histories,
}: {
  readonly programs: readonly Program[];
  readonly histories: readonly History[];
}): readonly string[] {
  return programs.flatMap(({ threads }, program) => {
    const rows = threads.flatMap(({ operations }, column) =>
      operations.map((operation, index): Row => {
        const result = histories[program]?.threads[column]?.[index];
        return { program, column, call: result?.call ?? 0n, text: describe(operation, result) };
      }),
    );
    rows.sort((a, b) => (a.call < b.call ? -1 : Number(a.call > b.call)));
    const heads = threads.map(({ client }) => `[${client}]`);
    const lines = rows.map(({ column, text }) => {
      const cells = threads.map((_, at) => (at === column ? text : ''));
      return joined(cells);
    });
    return [joined(heads), ...lines];
  });
}

const joined = (cells: readonly string[]): string =>
  cells
    .map((cell) => cell.padEnd(WIDTH))
    .join('  ')
    .trimEnd();

function describe(operation: Operation, result: Result | undefined): string {
  const { op, slot, ...rest } = operation as UntypedOperation;
  const words = Object.entries(rest)
    .filter(([name]) => name !== 'argument')
    .map(([name, value]) => `${name}=${brief(value)}`);
  const to = slot === undefined ? '' : `${slot} = `;
  const came = result === undefined ? '' : ` → ${wordOf(result)}`;
  return `${to}${op}(${words.join(' ')})${came}`;
}

function brief(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'slot' in value) return String(value.slot);
  const text = JSON.stringify(toJson(value)) ?? '';
  return text.replaceAll('"', '').slice(0, 20);
}
