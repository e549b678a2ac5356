import { linux, type Operation, succeeded, wordOf } from '../../adapters/contract/index.ts';
import { commandOf, fieldOf, readField } from '../../catalogue/abi-request.ts';
import {
  buffersOf,
  type Event,
  type HeldBuffer,
  lifetimesOf,
  type Tenancy,
  type Timeline,
  tenanciesOf,
  timelineOf,
  type Violation,
} from '../../oracles/index.ts';
import type { GeneratorContext, Scenario } from '../generate/scenario.ts';
import type { Round } from '../judge/round-report.ts';
import type { Cause } from '../record/finding.ts';

/**
 * The cause of a violation that two live buffers bring about by sharing a page: of `exclusion`, the
 * two that it names; of a byte that was read wrong, the buffer that was read and another one whose
 * page holds just that byte. Where the target tells no frames, or the byte lies elsewhere, the
 * violation has no such cause, also when buffers share other pages meanwhile.
 *
 * @param round a run of a scenario, best of one that {@link withFrames} made
 */
export function sharedPage(
  round: Round,
  violation: Violation,
  { abi, page }: Pick<GeneratorContext, 'abi' | 'page'>,
): Cause | undefined {
  const timeline = timelineOf(round.scenario.programs, round.histories);
  const buffers = buffersOf(timeline, abi, page);
  const pair =
    violation.oracle === 'exclusion'
      ? buffers.filter(({ allocation }) => violation.events.some((one) => isAt(one, allocation)))
      : sharingOf(timeline, buffers, violation, page);
  const [one, other] = pair;
  if (one === undefined || other === undefined) return undefined;
  const later = one.allocation.result.call < other.allocation.result.call ? other : one;
  return { what: 'shared-page', steps: stepsBefore(timeline, buffers, later.allocation) };
}

const isAt = (a: Event, b: Event): boolean =>
  a.program === b.program && a.thread === b.thread && a.index === b.index;

function sharingOf(
  timeline: Timeline,
  buffers: readonly HeldBuffer[],
  violation: Violation,
  page: bigint,
): readonly HeldBuffer[] {
  const read = violation.events.toSorted((a, b) => (a.result.call < b.result.call ? -1 : 1)).at(-1);
  const place = read === undefined ? undefined : placeRead(timeline, buffers, read);
  if (place === undefined) return [];
  const tenancies = tenanciesOf(timeline, buffers);
  const whole = tenancies.find(
    ({ buffer, frames }) =>
      buffer === place.buffer && BigInt(frames.length) * page === buffer.leastBytes,
  );
  const frame = whole?.frames[Number(place.at / page)];
  if (whole === undefined || frame === undefined) return [];
  const other = tenancies.find(
    (one) =>
      one.buffer !== place.buffer &&
      one.frames.includes(frame) &&
      lifetimesOf(place.buffer).some((life) => meets(life, one)),
  );
  return other === undefined ? [] : [place.buffer, other.buffer];
}

type Time = Pick<Tenancy, 'from' | 'until'>;

const meets = (a: Time, b: Time): boolean =>
  (a.until === undefined || b.from < a.until) && (b.until === undefined || a.from < b.until);

/** The byte that a scan stopped at: its buffer, and how far from the beginning of that. */
function placeRead(
  timeline: Timeline,
  buffers: readonly HeldBuffer[],
  { client, operation, result }: Event,
): { buffer: HeldBuffer; at: bigint } | undefined {
  if (operation.op !== 'scan' || !succeeded(result)) return undefined;
  const address =
    timeline.valueOf(operation.address) +
    (operation.offset === undefined ? 0n : timeline.valueOf(operation.offset)) +
    result.value;
  for (const buffer of buffers) {
    for (const { from, kind, length, made, until, value, ...one } of buffer.references) {
      const isThere = value <= address && address < value + length;
      const stands = from <= result.call && (until === undefined || until > result.call);
      if (kind !== 'mapping' || one.client !== client || !isThere || !stands) continue;
      if (made.operation.op !== 'mmap') return undefined;
      const { offset } = made.operation;
      const begin = offset === undefined ? 0n : timeline.valueOf(offset);
      return { buffer, at: begin + address - value };
    }
  }
  return undefined;
}

/** Operations that neither give nor take memory: they look, or they write. */
const LOOKING: ReadonlySet<string> = new Set(['open', 'mmap', 'frames', 'scan', 'store', 'fill']);

/**
 * What was done to buffers until the one was allocated that had a page too many, in words: equal
 * for two findings of one defect, and different where another step makes the page come back.
 */
function stepsBefore(
  { events }: Timeline,
  buffers: readonly HeldBuffer[],
  last: Event,
): readonly string[] {
  const end = last.result.return ?? last.result.call;
  return events
    .filter(({ operation, result }) => result.call <= end && !LOOKING.has(operation.op))
    .filter(({ operation }) => !isTold(operation))
    .toSorted((a, b) => (a.result.call < b.result.call ? -1 : 1))
    .map((event) => {
      const { operation, result } = event;
      const gave = buffers.some(({ allocation }) => isAt(allocation, event));
      const name = gave ? 'allocate' : operation.op;
      const word = wordOf(result);
      // Two calls at once may be a race, which two calls one after the other are not.
      const during = events.some((one) => one.thread !== event.thread && isDuring(one, event));
      return `${name}${word === 'ok' ? '' : ` ${word}`}${during ? ' meanwhile' : ''}`;
    });
}

const isDuring = ({ program, result: a }: Event, { program: same, result: b }: Event): boolean =>
  program === same &&
  (a.return === undefined || b.call < a.return) &&
  (b.return === undefined || a.call < b.return);

const TOLD = '-told';

const isTold = (operation: Operation): boolean =>
  operation.op === 'munmap' &&
  typeof operation.address !== 'bigint' &&
  operation.address.slot.endsWith(TOLD);

/**
 * A scenario that tells the page frames of each buffer as soon as it has it. The mapping for that
 * goes at once, so that every buffer lives as long as before.
 */
export function withFrames(
  scenario: Scenario,
  { abi, page }: Pick<GeneratorContext, 'abi' | 'page'>,
): Scenario {
  const command = commandOf(abi);
  const look = (operation: Operation): readonly Operation[] => {
    if (operation.op !== 'ioctl' || operation.slot === undefined) return [operation];
    const { bytes } = operation.argument;
    if (operation.request !== command || bytes.length !== abi.command.size) return [operation];
    const asked = readField(bytes, fieldOf(abi, 'length'));
    const length = ((asked + page - 1n) / page) * page;
    if (length === 0n || length > MAPPED_MAX * page) return [operation];
    const { offset } = fieldOf(abi, 'descriptor');
    const slot = `${operation.slot.replace(/\W+/g, '-').replace(/-$/, '')}${TOLD}`;
    const fd = { slot: operation.slot, offset, width: 4, signed: true } as const;
    return [
      operation,
      { op: 'mmap', slot, length, protection: linux.PROT_READ, flags: linux.MAP_SHARED, fd },
      { op: 'frames', address: { slot }, length },
      { op: 'munmap', address: { slot }, length },
    ];
  };
  const programs = scenario.programs.map((program) => ({
    ...program,
    threads: program.threads.map((thread) => ({
      ...thread,
      operations: thread.operations.flatMap(look),
    })),
  }));
  return { ...scenario, programs };
}

/** Pages whose frames one operation can tell. */
const MAPPED_MAX = 8192n;
