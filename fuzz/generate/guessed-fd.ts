import fc from 'fast-check';
import {
  linux,
  type Operation,
  type Placement,
  type Thread,
} from '../../adapters/contract/index.ts';
import { clientName, scaffolded, seeds } from './scaffold.ts';
import { type GeneratorContext, pagesAllowed, type Scenario } from './scenario.ts';
import { swarm } from './swarm.ts';
import { ThreadWriter } from './thread-writer.ts';

const { MAP_SHARED, PROT_READ, PROT_WRITE, SIGKILL } = linux;
const MEETINGS_MAX = 6;
const REQUESTS_MAX = 2;
/** A request has about twice as many steps as what the other thread does. */
const ACTS_MAX = 4;
/** Requests of a duel, and closes of the other thread: a bug may strike in one request of many. */
const DUEL = { requests: 16, closes: 40 };
/** Clearing a large buffer takes its time, in which another thread may look. */
const PAGES = [1, 2, 4, 16, 32, 48];
/**
 * Microseconds that the other thread lets pass, where calls take time: it would be through with all
 * that it does before the request has come as far as the descriptor. Nothing where steps take the
 * same time each, as they do on a simulated target.
 */
const PAUSES = [0n, 30n, 100n, 300n, 1000n, 3000n];
/** The child that a meeting forks. */
const childOf = (meeting: number): string => `child-${meeting}`;
/** The first numbers behind those of a client and its device; mostly the first of all is next. */
const NEXT = [4n, 4n, 4n, 4n, 5n, 6n];

/** Operations of the other thread on a descriptor that may not exist yet. */
const ACTS = [
  'close',
  'close',
  'map',
  'map',
  'map',
  'duplicate',
  'fork',
  'fork',
  'allocate',
] as const;
type Act = (typeof ACTS)[number];

/** The fate of a request: its buffer is kept or closed, or the answer has no place to go. */
const REQUESTS = ['keep', 'close', 'close', 'fail', 'fail'] as const;
type Request = (typeof REQUESTS)[number];

/** An operation of a thread on a guessed descriptor. */
interface GuessedOperation {
  readonly kind: Act;
  readonly number: bigint;
}

/** Two threads that begin together. */
interface Meeting {
  readonly requests: readonly Request[];
  readonly acts: readonly GuessedOperation[];
}

/**
 * A thread that asks for buffers, and one of the same client that closes, maps and duplicates the
 * numbers which they are going to have, or forks, while the calls run. A buffer must belong to
 * a client from the first instant to the last, whoever guesses its number, and be clear from the
 * first instant on, though another buffer had its memory before.
 *
 * Where calls take time each round has the duel, and first: answers that have no place to go may
 * bring down a machine, and nothing after them is seen.
 */
export function guessedFdScenarios(context: GeneratorContext): fc.Arbitrary<Scenario> {
  const meetings = fc.tuple(swarm(REQUESTS), swarm(ACTS)).chain(([requests, acts]) => {
    const act = fc.record<GuessedOperation>({
      kind: fc.constantFrom(...acts),
      number: fc.constantFrom(...NEXT),
    });
    const meeting = fc.record<Meeting>({
      requests: fc.array(fc.constantFrom(...requests), { minLength: 1, maxLength: REQUESTS_MAX }),
      acts: fc.array(act, { minLength: 1, maxLength: ACTS_MAX }),
    });
    return fc.array(meeting, { minLength: 2, maxLength: MEETINGS_MAX });
  });
  const most = Number(pagesAllowed(context) / BigInt(2 * MEETINGS_MAX * (REQUESTS_MAX + ACTS_MAX)));
  return fc
    .record({
      meetings,
      pages: fc.constantFrom(...PAGES.filter((pages) => pages === 1 || pages <= most)),
      duels: fc.boolean(),
      seed: seeds,
    })
    .map(({ duels, meetings: drawn, pages, seed }) => {
      const client = clientName(0);
      const length = BigInt(pages) * context.page;
      const pauses = new Pauses(context, seed);
      const met = drawn.map((meeting, at) => written(context, meeting, { at, length, pauses }));
      const ends = drawn.flatMap(({ acts }, at): Operation[] => {
        if (acts.every(({ kind }) => kind !== 'fork')) return [];
        const child = childOf(at);
        return [
          { op: 'kill', client: child, signal: SIGKILL },
          { op: 'wait', client: child },
        ];
      });
      const last = ends.length === 0 ? [] : [[{ client, operations: ends }]];
      const before = [{ client, operations: soil(context, 2n * length) }];
      const isTimed = context.isTimed === true;
      const duel = duels || isTimed ? [duelIn(context, pauses.next())] : [];
      const acts = isTimed ? [...duel, ...met] : [...met, ...duel];
      return scaffolded(context, 'meddling', [client], [before, ...acts, ...last], seed);
    });
}

/** Which pause is whose. They follow from the seed of a round, so that they take no draws of it. */
class Pauses {
  readonly #isTimed: boolean;
  #rest: bigint;

  constructor({ capabilities, isTimed }: GeneratorContext, seed: bigint) {
    this.#isTimed = isTimed === true && capabilities.has('timing');
    this.#rest = seed;
  }

  /** Nothing, or the operation that waits. */
  next(): readonly Operation[] {
    const microseconds = PAUSES[Number(this.#rest % BigInt(PAUSES.length))] ?? 0n;
    this.#rest /= BigInt(PAUSES.length);
    return this.#isTimed && microseconds > 0n ? [{ op: 'sleep', microseconds }] : [];
  }
}

/** A meeting's number, and what all meetings have. */
interface MeetingPlace {
  readonly at: number;
  readonly length: bigint;
  readonly pauses: Pauses;
}

/** The threads of a meeting; it has one child at most. */
function written(
  context: GeneratorContext,
  { acts, requests }: Meeting,
  { at, length, pauses }: MeetingPlace,
): Thread[] {
  const client = clientName(0);
  const asks = new ThreadWriter(context, `asks${at}`);
  for (const one of requests) writeRequest(asks, one, length);
  const meddles = new ThreadWriter(context, `meddles${at}`);
  for (const pause of pauses.next()) meddles.add(pause);
  const fork = acts.findIndex(({ kind }) => kind === 'fork');
  for (const [index, { kind, number }] of acts.entries()) {
    if (kind !== 'fork') writeAct(meddles, kind, number, length);
    else if (index === fork) meddles.add({ op: 'fork', client: childOf(at) });
  }
  return [asks, meddles].map(({ operations }) => ({ client, operations }));
}

/**
 * A thread that asks for a page and closes it, and one that closes what is next all the while.
 *
 * @param pause before each of these closes
 */
function duelIn(context: GeneratorContext, pause: readonly Operation[]): Thread[] {
  const client = clientName(0);
  const asks = new ThreadWriter(context, 'duel');
  for (let at = 0; at < DUEL.requests; at += 1) asks.close(asks.allocate());
  const [fd = 4n] = NEXT;
  const close: Operation = { op: 'close', fd };
  const operations = Array.from({ length: DUEL.closes }, () => [...pause, close]).flat();
  return [
    { client, operations: asks.operations },
    { client, operations },
  ];
}

/** A buffer that was filled and given back: what takes its pages must not show it. */
function soil(context: GeneratorContext, length: bigint): readonly Operation[] {
  const writer = new ThreadWriter(context, 'before');
  const buffer = writer.allocate({ length });
  writer.map(buffer);
  writer.stamp(buffer);
  writer.unmap(buffer);
  writer.close(buffer);
  return writer.operations;
}

function writeRequest(writer: ThreadWriter, kind: Request, length: bigint): void {
  const placement: Placement = { kind: 'page', protection: 'read-only' };
  const buffer = writer.allocate({ length }, kind === 'fail' ? placement : undefined);
  if (kind === 'close') writer.close(buffer);
}

function writeAct(
  writer: ThreadWriter,
  kind: Exclude<Act, 'fork'>,
  fd: bigint,
  length: bigint,
): void {
  if (kind === 'close') {
    writer.add({ op: 'close', fd });
  } else if (kind === 'map') {
    const slot = writer.slot();
    const protection = PROT_READ | PROT_WRITE;
    writer.add({ op: 'mmap', slot, length, protection, flags: MAP_SHARED, fd });
    writer.add({ op: 'scan', address: { slot }, length, bytes: Uint8Array.of(0) });
    writer.add({ op: 'munmap', address: { slot }, length });
  } else if (kind === 'duplicate') {
    const slot = writer.slot();
    writer.add({ op: 'dup', slot, fd });
    writer.add({ op: 'close', fd: { slot } });
  } else {
    writer.close(writer.allocate({ length }));
  }
}
