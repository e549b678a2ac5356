import {
  type CStep,
  type CThread,
  stepKey,
  stepsOf,
  type ThreadItem,
  threadConstant,
} from './c-threads.ts';
import { type CallInC, callInC } from './call-in-c.ts';
import type { ProgramLayout } from './program-layout.ts';

/** The functions of all threads, those first that others start. */
export function functionsOf(layout: ProgramLayout): string[] {
  // Whoever forks a client stands behind it.
  return layout.threads.toReversed().flatMap((thread) => clientText(layout, thread));
}

function clientText(layout: ProgramLayout, thread: CThread): string[] {
  const started = thread.items.flatMap((item) => (item.kind === 'together' ? item.threads : []));
  const texts = started.map((one, index) => threadText(layout, one, index));
  const body = thread.items.flatMap((item) => itemText(layout, thread, item));
  const ends = thread === layout.threads[0] ? waits(layout.order.atEnd) : [];
  const statements = [...body, ...ends];
  const open = `static void ${functionName(thread)}(void)`;
  return [...texts, functionText(open, whoOf(layout, thread.client), statements)];
}

/** The name of a client's function; `main` is C's own. */
const functionName = ({ name }: CThread): string => (name === 'main' ? 'run' : name);

const whoOf = ({ named, several }: ProgramLayout, client: string, thread = ''): string => {
  const name = several ? `${client}${thread === '' ? '' : ' '}${thread}` : thread;
  return named ? `${name} `.padEnd(12) : '';
};

function threadText(layout: ProgramLayout, thread: CThread, index: number): string {
  const letter = 'abcdefghijklmnopqrstuvwxyz'[index % 26] ?? '';
  const body = thread.items.flatMap((item) => itemText(layout, thread, item));
  const statements = ['pthread_barrier_wait(&beginning);', ...body, 'return unused;'];
  const who = whoOf(layout, thread.client, `thread ${letter}`);
  return functionText(`static void *${thread.name}(void *unused)`, who, statements);
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

function itemText(layout: ProgramLayout, thread: CThread, item: ThreadItem): string[] {
  if (item.kind === 'step') return stepText(layout, thread, item.step);
  const names = item.threads.map(({ name }) => name).join(', ');
  const run = `(void *(*const[])(void *)){ ${names} }`;
  return [`together(${run}, ${item.threads.length});`];
}

function waits(marks: ProgramLayout['order']['atEnd']): string[] {
  return marks.map(({ thread, steps }) => `await(${threadConstant(thread)}, ${steps});`);
}

function stepText(layout: ProgramLayout, thread: CThread, step: CStep): string[] {
  const { check, order, words } = layout;
  const key = stepKey(step);
  const text = callInC(words, step);
  const after = check.after.get(key) ?? [];
  const keeps = after.some((one) => /\bresult\b/.test(one));
  const number = stepsOf(thread).indexOf(step) + 1;
  const isAwaited = order.awaited.get(thread)?.has(number) === true;
  const mark = isAwaited ? [`reached(${threadConstant(thread)}, ${number});`] : [];
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
    ...shown(layout, step),
    ...after,
    ...(goes ? [] : mark),
  ];
}

function doing({ call, to }: CallInC, keeps: boolean): string[] {
  if (to === undefined) return [keeps ? `result = DO(${call});` : `DO(${call});`];
  if (keeps) return [`result = DO(${call});`, `${to.name} = ${to.cast}result;`];
  return [`${to.name} = ${to.cast}DO(${call});`];
}

/** Whether one call alone is judged. */
const isOne = ({ after }: ProgramLayout['check']): boolean => after.size === 1;

/** Oracles for which it counts what exactly a request gave. */
const ABOUT_GIFTS: readonly string[] = ['descriptors', 'numbers', 'snapshot', 'target'];

function shown({ evidence, unjudged, words }: ProgramLayout, { operation }: CStep): string[] {
  const wanted = unjudged !== undefined || ABOUT_GIFTS.includes(evidence.finding.oracle);
  if (!wanted || operation.op !== 'ioctl' || operation.slot === undefined) return [];
  const { offset } = words.abi.fields.descriptor;
  return [`SHOW(${words.slots.descriptor({ slot: operation.slot, offset })});`];
}
