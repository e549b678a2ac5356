import { type Item, keyOf, type Line, lineConstant, type Step, stepsOf } from './c-threads.ts';
import { type CallText, callText } from './call-in-c.ts';
import type { Plot } from './program-layout.ts';

/** The functions of all lines, those first that others start. */
export function functionsOf(plot: Plot): string[] {
  // Whoever forks a client stands behind it.
  return plot.lines.toReversed().flatMap((line) => clientText(plot, line));
}

function clientText(plot: Plot, line: Line): string[] {
  const threads = line.items.flatMap((item) => (item.kind === 'together' ? item.lines : []));
  const texts = threads.map((thread, index) => threadText(plot, thread, index));
  const body = line.items.flatMap((item) => itemText(plot, line, item));
  const ends = line === plot.lines[0] ? waits(plot.order.atEnd) : [];
  const statements = [...body, ...ends];
  const open = `static void ${functionName(plot, line)}(void)`;
  return [...texts, functionText(open, whoOf(plot, line.client), statements)];
}

/** The name of a client's function; `main` is C's own. */
const functionName = (_plot: Plot, { name }: Line): string => (name === 'main' ? 'run' : name);

const whoOf = ({ named, several }: Plot, client: string, thread = ''): string => {
  const name = several ? `${client}${thread === '' ? '' : ' '}${thread}` : thread;
  return named ? name.padEnd(12) : '';
};

function threadText(plot: Plot, line: Line, index: number): string {
  const letter = 'abcdefghijklmnopqrstuvwxyz'[index % 26] ?? '';
  const body = line.items.flatMap((item) => itemText(plot, line, item));
  const statements = ['pthread_barrier_wait(&beginning);', ...body, 'return unused;'];
  const who = whoOf(plot, line.client, `thread ${letter}`);
  return functionText(`static void *${line.name}(void *unused)`, who, statements);
}

function functionText(head: string, who: string, statements: readonly string[]): string {
  const uses = (name: string): boolean =>
    statements.some((one) => new RegExp(`\\b${name}\\b`).test(one));
  const locals = [
    ...(uses('DO') && who !== '' ? [`const char *who = "${who}";`] : []),
    ...(uses('result') ? ['long result;'] : []),
    ...(uses('expected') ? ['int expected;'] : []),
  ];
  const lines = [...locals, ...(locals.length > 0 ? [''] : []), ...statements.flatMap(broken)];
  return [head, '{', ...lines.map((one) => (one === '' ? '' : `\t${one}`)), '}', ''].join('\n');
}

/** Columns of a statement, less the tab before it. */
const COLUMNS = 90;

/** A statement that is too long goes on in further lines. */
function broken(statement: string): string[] {
  if (statement.length <= COLUMNS) return [statement];
  const at = statement.lastIndexOf(', ', COLUMNS);
  if (at < 0) return [statement];
  return [statement.slice(0, at + 1), ...broken(`\t\t${statement.slice(at + 2)}`)];
}

function itemText(plot: Plot, line: Line, item: Item): string[] {
  if (item.kind === 'step') return stepText(plot, line, item.step);
  const names = item.lines.map(({ name }) => name).join(', ');
  const run = `(void *(*const[])(void *)){ ${names} }`;
  return [`together(${run}, ${item.lines.length});`];
}

function waits(marks: Plot['order']['atEnd']): string[] {
  return marks.map(({ line, steps }) => `await(${lineConstant(line)}, ${steps});`);
}

function stepText(plot: Plot, line: Line, step: Step): string[] {
  const { check, order, words } = plot;
  const key = keyOf(step);
  const text = callText(words, step);
  const after = check.after.get(key) ?? [];
  const keeps = after.some((one) => /\bresult\b/.test(one));
  const number = stepsOf(line).indexOf(step) + 1;
  const isAwaited = order.awaited.get(line)?.has(number) === true;
  const mark = isAwaited ? [`reached(${lineConstant(line)}, ${number});`] : [];
  // What never comes back is told, and counts as done, before it is called.
  const goes = step.operation.op === 'exec' || step.operation.op === 'exit';
  return [
    ...waits(order.waits.get(key) ?? []),
    ...(check.before.get(key) ?? []),
    ...(after.some((one) => one.startsWith('violated(')) && isOne(check)
      ? ['/* The promise is about this call. */']
      : []),
    ...text.before,
    ...(goes ? [`note("%s\\n", ${JSON.stringify(text.call)});`, ...mark] : []),
    ...doing(text, keeps),
    ...text.after,
    ...shown(plot, step),
    ...after,
    ...(goes ? [] : mark),
  ];
}

function doing({ call, to }: CallText, keeps: boolean): string[] {
  if (to === undefined) return [keeps ? `result = DO(${call});` : `DO(${call});`];
  if (keeps) return [`result = DO(${call});`, `${to.name} = ${to.cast}result;`];
  return [`${to.name} = ${to.cast}DO(${call});`];
}

/** Whether one call alone is judged. */
const isOne = ({ after }: Plot['check']): boolean => after.size === 1;

/** Oracles for which it counts what exactly a request gave. */
const ABOUT_GIFTS: readonly string[] = ['descriptors', 'numbers', 'snapshot', 'target'];

function shown({ evidence, unjudged, words }: Plot, { operation }: Step): string[] {
  const wanted = unjudged !== undefined || ABOUT_GIFTS.includes(evidence.finding.oracle);
  if (!wanted || operation.op !== 'ioctl' || operation.slot === undefined) return [];
  const { offset } = words.abi.fields.descriptor;
  return [`SHOW(${words.slots.descriptor({ slot: operation.slot, offset })});`];
}
