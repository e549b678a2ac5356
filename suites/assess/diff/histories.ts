import {
  type History,
  type Operation,
  type OperationName,
  operationsWhere,
  type Program,
  type RepeatStep,
  type Result,
  STAT_PORTABLE_BYTES,
  specOf,
  wordOf,
} from '../../../adapters/contract/index.ts';
import { kernelAlarms } from '../../../oracles/alarms.ts';

/** One thing in which two answers to the same Program differ. */
export interface Difference {
  /** Index of the thread; undefined where it is about the Program as a whole. */
  readonly thread?: number;
  /** Index of the operation in its thread. */
  readonly operation?: number;
  /** The operation in a line, with the way into the body of a `repeat`. */
  readonly what: string;
  /** The part that differs: `result`, `value`, `out`, `fault`, `red-zone`, `repeat`, `deaths`, … */
  readonly field: string;
  readonly left: string;
  readonly right: string;
  /** Whether another thread ran at the same time, so that chance may explain it. */
  readonly raced: boolean;
}

/**
 * Numbers whose value says nothing of the target's behaviour, for the operations whose kind of
 * result does not tell: process ids, and lengths of texts that hold inodes and sizes.
 */
const OTHER_NUMBERS = operationsWhere(
  ({ gives, out }) => gives?.kind === 'client' || out === 'text',
);
/** Out bytes that two sound targets need not share: inodes, devices, texts, page frames. */
const OTHER_BYTES = operationsWhere(({ out }) => out === 'text' || out === 'page-frames');
/** Out bytes shown of the first that differ. */
const SHOWN_BYTES = 8;

/** Where two targets answered the same Program otherwise; empty when they agree. */
export function diffHistories(program: Program, left: History, right: History): Difference[] {
  const found: Difference[] = [];
  const severalThreads = program.threads.length > 1;
  for (const [thread, { operations }] of program.threads.entries()) {
    for (const [operation, asked] of operations.entries()) {
      const sides = [left, right].map((side) => side.threads[thread]?.[operation]);
      const raced = severalThreads || isFlipped(asked);
      found.push(
        ...diffResults(asked, operationSummary(asked), sides[0], sides[1]).map((one) => ({
          thread,
          operation,
          ...one,
          raced,
        })),
      );
    }
  }
  const whole = [
    ['deaths', deathsOf(left), deathsOf(right)],
    ['deadline', String(left.deadlineHit), String(right.deadlineHit)],
    ['kernel-log', alarmsOf(left), alarmsOf(right)],
  ] as const;
  for (const [field, one, other] of whole) {
    if (one === other) continue;
    const raced = severalThreads;
    found.push({ what: 'the Program', field, left: one, right: other, raced });
  }
  return found;
}

type Found = Omit<Difference, 'raced' | 'thread' | 'operation'>;

function diffResults(
  asked: Operation,
  what: string,
  left: Result | undefined,
  right: Result | undefined,
): Found[] {
  if (left === undefined || right === undefined) {
    const told = (one: Result | undefined): string =>
      one === undefined ? 'no result' : wordOf(one);
    return left === right ? [] : [{ what, field: 'result', left: told(left), right: told(right) }];
  }
  const found: Found[] = [];
  const compare = (field: string, one: string, other: string): void => {
    if (one !== other) found.push({ what, field, left: one, right: other });
  };
  compare('result', wordOf(left), wordOf(right));
  if (found.length === 0 && hasComparableValue(asked.op)) {
    compare('value', String(left.value), String(right.value));
  }
  compare('fault', faultOf(left), faultOf(right));
  compare('red-zone', zonesOf(left), zonesOf(right));
  const [one, other] = outsOf(asked.op, left, right);
  compare('out', one, other);
  if (asked.op === 'repeat') found.push(...diffSteps(asked, what, left, right));
  return found;
}

/** Descriptors are given by a rule (the lowest free one); addresses and some numbers are not. */
function hasComparableValue(op: OperationName): boolean {
  return specOf(op).result !== 'address' && !OTHER_NUMBERS.has(op);
}

const faultOf = ({ faultOffset }: Result): string =>
  faultOffset === undefined ? 'none' : `at byte ${faultOffset}`;

const zonesOf = ({ redZone }: Result): string => redZone?.join(' and ') ?? 'untouched';

/** The out bytes from where they differ on, as text; equal when they are the same or masked. */
function outsOf(op: OperationName, left: Result, right: Result): [string, string] {
  if (OTHER_BYTES.has(op)) return ['', ''];
  const end = specOf(op).out === 'stat' ? STAT_PORTABLE_BYTES : undefined;
  const [one, other] = [left.out.subarray(0, end), right.out.subarray(0, end)];
  const at = one.findIndex((byte, index) => byte !== other[index]);
  if (at === -1 && one.length === other.length) return ['', ''];
  const from = at === -1 ? one.length : at;
  return [bytesText(one, from), bytesText(other, from)];
}

function bytesText(bytes: Uint8Array, from: number): string {
  const shown = Buffer.from(bytes.subarray(from, from + SHOWN_BYTES)).toString('hex');
  return `${bytes.length} bytes, from byte ${from} on ${shown === '' ? 'nothing' : shown}`;
}

function diffSteps(asked: Operation, what: string, left: Result, right: Result): Found[] {
  const body = bodyOf(asked);
  const count = Math.max(left.steps?.length ?? 0, right.steps?.length ?? 0);
  return Array.from({ length: count }, (_, index) => {
    const inner = body[index];
    const [one, other] = [left.steps?.[index], right.steps?.[index]];
    if (inner === undefined) return [];
    const path = `${what} > ${operationSummary(inner)}`;
    if (one === undefined || other === undefined) {
      return one === other ? [] : [{ what: path, field: 'repeat', left: '', right: '' }];
    }
    const counts = { what: path, field: 'repeat', left: stepText(one), right: stepText(other) };
    return [
      ...(counts.left === counts.right ? [] : [counts]),
      ...diffResults(inner, `${path}, first`, one.first, other.first),
      ...diffResults(inner, `${path}, last`, one.last, other.last),
    ];
  }).flat();
}

/** The operations below a `repeat`, in the order of its summary. */
function bodyOf(asked: Operation): Operation[] {
  if (asked.op !== 'repeat') return [];
  return asked.body.flatMap((inner) => [inner, ...bodyOf(inner)]);
}

function stepText({ succeeded, failed, failures, anomalies }: RepeatStep): string {
  const words = Object.entries(failures).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const odd = anomalies.map(({ iteration, result }) => `${wordOf(result)} in ${iteration}`);
  return [
    `${succeeded} succeeded`,
    `${failed} failed`,
    ...words.map(([word, count]) => `${count} ${word}`),
    ...(odd.length === 0 ? [] : [`unlike the first: ${odd.join(', ')}`]),
  ].join(', ');
}

const deathsOf = ({ deaths }: History): string =>
  deaths
    .map(({ client, status, signal, reason }) => `${client} by ${signal ?? status} (${reason})`)
    .toSorted()
    .join(', ') || 'none';

/** Only alarms are compared: the other lines of the log depend on the machine. */
const alarmsOf = ({ log }: History): string => `${kernelAlarms(log).length} alarms`;

const isFlipped = (asked: Operation): boolean =>
  asked.op === 'ioctl' && asked.argument.placement?.kind === 'flipped';

/** An operation in a line: `ioctl(fd: s0, request: 0xc0205300, argument: 32 bytes)`. */
export function operationSummary(asked: Operation): string {
  const { op, slot: _, ...given } = asked as Operation & Readonly<Record<string, unknown>>;
  const arguments_ = Object.entries(given).map(([name, value]) => `${name}: ${valueText(value)}`);
  return `${op}(${arguments_.join(', ')})`;
}

function valueText(value: unknown): string {
  if (typeof value === 'bigint') return value < 4096n ? String(value) : `0x${value.toString(16)}`;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (Array.isArray(value)) return `${value.length} operations`;
  if (typeof value !== 'object' || value === null) return String(value);
  if ('slot' in value) {
    const { slot, offset } = value as { slot: string; offset?: number };
    return offset === undefined ? slot : `${slot}+${offset}`;
  }
  if (!('bytes' in value)) return '…';
  const { bytes, placement } = value as { bytes: Uint8Array; placement?: { kind: string } };
  return `${bytes.length} bytes${placement === undefined ? '' : ` ${placement.kind}`}`;
}
