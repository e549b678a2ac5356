import type {
  AbiName,
  History,
  Operation,
  Program,
  Result,
} from '../../adapters/contract/index.ts';
import { abiNamed, profileNamed } from '../../catalogue/catalogue.ts';
import { fold } from '../../reports/formats/layout.ts';
import { type Finding, type ProofStep, recordedRun } from '../record/finding.ts';
import { type CallWords, ScheduleWords } from './schedule-words.ts';

/** Columns that a schedule keeps to when nothing is said, and within which its threads lie. */
const WIDTH = 100;
/** Columns for the time, a blank behind it included. */
const TIME = 9;
/** The least width of the last of many columns; the ones before it lie closer together. */
const LAST = 44;
/** Columns by which a line that goes on stands behind its beginning. */
const HANG = 4;

/** The sign before the time of a step that broke the promise. */
const MARK = '✗';

/** Something that a thread is seen to do at an instant. */
interface Moment {
  readonly at: bigint;
  readonly thread: number;
  /** A call that no other one meets begins and ends in one row. */
  readonly kind: 'whole' | 'begin' | 'end';
  /** Whether its call broke the promise. */
  readonly broken: boolean;
  readonly words: CallWords;
}

/** Everything that a schedule is made of. */
export interface Scheduled {
  readonly programs: readonly Program[];
  /** The Histories of these Programs; empty where they did not run. */
  readonly histories: readonly History[];
  readonly abi: AbiName;
  /** Bytes in a page of the target. */
  readonly pageBytes: number;
  /** The step that broke the promise, where it is known: its row has a mark. */
  readonly broken?: ProofStep;
}

/** A finding as text; see {@link scheduleText}. */
export function scheduleOf(finding: Finding, width?: number): readonly string[] {
  const broken = brokenStep(finding);
  const marked = broken === undefined ? {} : { broken };
  return scheduleText({ ...scheduledIn(finding), ...marked }, width);
}

const scheduledIn = (finding: Finding): Scheduled => {
  const { abi } = profileNamed(finding.profile);
  return { ...recordedRun(finding), abi, pageBytes: finding.facts.pageSize };
};

/** The words of a finding's schedule: everything that speaks of it uses the same names. */
export const wordsOfFinding = (finding: Finding): ScheduleWords => wordsIn(scheduledIn(finding));

function wordsIn({ abi, histories, pageBytes, programs }: Scheduled): ScheduleWords {
  return new ScheduleWords(abiNamed(abi), BigInt(pageBytes), inTime(programs, histories));
}

/** The step that broke the promise: of the operations that prove it, the one called last. */
export function brokenStep(finding: Finding): ProofStep | undefined {
  const { histories } = recordedRun(finding);
  const callOf = ({ index, program, thread }: ProofStep): bigint | undefined =>
    histories[program]?.threads[thread]?.[index]?.call;
  let last: ProofStep | undefined;
  for (const step of finding.proof ?? []) {
    const call = callOf(step);
    if (call !== undefined && call >= ((last && callOf(last)) ?? 0n)) last = step;
  }
  return last;
}

/**
 * Programs as text: a column for each thread, a row for each call in the order of time. A call
 * that was under way while others began or ended has a row for its beginning and one for its end,
 * with a bar between them.
 *
 * @param width columns of a line; what is longer goes on in the next one
 */
export function scheduleText(scheduled: Scheduled, width = WIDTH): readonly string[] {
  const { broken, histories, programs } = scheduled;
  const words = wordsIn(scheduled);
  const clock = new Clock(histories);
  let heads = '';
  return programs.flatMap((program, index) => {
    const mark = broken?.program === index ? broken : undefined;
    const moments = momentsOf(program, histories[index], words, mark);
    const columns = columnsOf(program, Math.min(width, WIDTH));
    const names = headsOf(program).join('\n');
    const head = names === heads ? [] : row(clock.unit, headsOf(program), { columns, width });
    heads = names;
    return [...head, ...rowsOf(moments, { columns, width }, clock)];
  });
}

/** Operations in the order in which they were called. */
function inTime(programs: readonly Program[], histories: readonly History[]): Operation[] {
  return programs.flatMap(({ threads }, program) => {
    const calls = threads.flatMap(({ operations }, thread) =>
      operations.map((operation, index) => {
        const result = histories[program]?.threads[thread]?.[index];
        return { operation, call: result?.call ?? 0n };
      }),
    );
    const sorted = calls.toSorted((a, b) => (a.call === b.call ? 0 : a.call < b.call ? -1 : 1));
    return sorted.map(({ operation }) => operation);
  });
}

/** Times from the first call on, in a unit in which they are short. */
class Clock {
  readonly unit: string;
  readonly #start: bigint;
  readonly #scale: number;

  constructor(histories: readonly History[]) {
    const results = histories.flatMap(({ threads }) => threads.flat()).filter(isRun);
    const calls = results.map(({ call }) => call).toSorted((a, b) => (a < b ? -1 : 1));
    this.#start = calls[0] ?? 0n;
    const span = (calls.at(-1) ?? 0n) - this.#start;
    [this.unit, this.#scale] =
      span < 100_000n ? ['ns', 1] : span < 100_000_000n ? ['us', 1e3] : ['ms', 1e6];
  }

  text(at: bigint): string {
    return Math.floor(Number(at - this.#start) / this.#scale).toString();
  }
}

const isRun = ({ outcome }: Result): boolean => outcome !== 'not-run';

function momentsOf(
  { threads }: Program,
  history: History | undefined,
  words: ScheduleWords,
  mark: ProofStep | undefined,
): Moment[] {
  const calls = threads.flatMap(({ operations }, thread) =>
    operations.flatMap((operation, index) => {
      const result = history?.threads[thread]?.[index];
      // What never began has no instant at which to stand.
      if (result !== undefined && !isRun(result)) return [];
      const broken = mark?.thread === thread && mark.index === index;
      return [{ thread, result, broken, words: words.of(operation, result) }];
    }),
  );
  const moments = calls.flatMap(({ broken, result, thread, words: said }): Moment[] => {
    const at = result?.call ?? 0n;
    const met = calls.some((other) => other.thread !== thread && meets(result, other.result));
    if (result === undefined || !met) return [{ at, thread, kind: 'whole', broken, words: said }];
    const begin: Moment = { at, thread, kind: 'begin', broken, words: said };
    if (result.return === undefined) return [begin];
    return [begin, { at: result.return, thread, kind: 'end', broken, words: said }];
  });
  return moments.toSorted((a, b) => (a.at === b.at ? 0 : a.at < b.at ? -1 : 1));
}

/** Whether two calls were under way at one instant. */
function meets(one: Result | undefined, other: Result | undefined): boolean {
  if (one === undefined || other === undefined || !isRun(one) || !isRun(other)) return false;
  const begins = (call: bigint, { return: back }: Result): boolean =>
    back === undefined || call <= back;
  return begins(one.call, other) && begins(other.call, one);
}

/** Names of the threads: those of their clients, with a letter where a client has several. */
export const headsOf = ({ threads }: Program): string[] =>
  threads.map(({ client }, index) => {
    const several = threads.filter((one) => one.client === client).length > 1;
    return several ? `${client} ${String.fromCharCode(97 + index)}` : client;
  });

/** Where text stands. */
interface Place {
  /** Where the columns begin. */
  readonly columns: readonly number[];
  /** Columns of a line. */
  readonly width: number;
}

/** Where the columns begin in a line. */
function columnsOf({ threads }: Program, width: number): number[] {
  const room = width - TIME - Math.min(LAST, Math.floor(width / 2));
  const step = threads.length < 2 ? 0 : Math.max(2, Math.floor(room / (threads.length - 1)));
  return threads.map((_, index) => TIME + index * step);
}

function rowsOf(moments: readonly Moment[], place: Place, clock: Clock): string[] {
  const open = place.columns.map(() => false);
  return moments.flatMap(({ at, broken, kind, thread, words }) => {
    open[thread] = kind === 'begin';
    const cells = open.map((is, index) => {
      if (index === thread) return textOf(kind, words);
      return is ? '│' : '';
    });
    return row(`${broken ? `${MARK} ` : ''}${clock.text(at)}`, cells, place);
  });
}

function textOf(kind: Moment['kind'], { asks, came }: CallWords): string {
  if (kind === 'begin') return `┌ ${asks}`;
  const result = came === '' ? '' : `→ ${came}`;
  return kind === 'end' ? `└ ${result}` : `${asks} ${result}`.trimEnd();
}

/** Cells at their columns; one that is long covers bars on its right, and goes on below. */
function row(time: string, cells: readonly string[], { columns, width }: Place): string[] {
  let line = time.padStart(TIME - 2).padEnd(TIME);
  for (const [index, cell] of cells.entries()) {
    const column = columns[index] ?? 0;
    if (cell === '' || line.trimEnd().length >= column) continue;
    line = line.trimEnd().padEnd(column) + cell;
  }
  const said = cells.findLastIndex((cell) => cell.length > 1);
  const from = columns[said] ?? TIME;
  if (line.length <= width) return [line.trimEnd()];
  return fold(line.slice(0, from), line.slice(from), width, from + HANG);
}
