import fc from 'fast-check';
import { linux, type Operation, type SlotRef, type Thread } from '../../adapters/contract/index.ts';
import { alsoEnding, clientName, scaffolded, seeds } from './scaffold.ts';
import type { GeneratorContext, Scenario } from './scenario.ts';
import { ThreadWriter, type WrittenBuffer } from './thread-writer.ts';

/** Two clients that the first one forks. */
const HEIRS = ['heir-1', 'heir-2'];
const MANNERS = ['by itself', 'by a signal', 'by exec'] as const;

/** One round: who is who, and what becomes of them. */
interface Relay {
  /** The allocator, the holder and the third, as places among the three clients. */
  readonly order: readonly number[];
  readonly pages: number;
  /** Whether the holder sends the buffer on, and whether the third takes it out of the message. */
  readonly sentOn: boolean;
  readonly received: boolean;
  /** Whether the allocator and the holder close their descriptor, so that a mapping is all. */
  readonly closed: readonly boolean[];
  /** The party that ends first, how, and which of the others asks for memory then. */
  readonly ends: number;
  readonly manner: (typeof MANNERS)[number];
  readonly asks: number;
}

/**
 * A buffer that one client asks for, sends to a second, which may send it on to a third; then one
 * of the three ends, another asks for memory and writes to it, and whoever is left looks.
 */
export function relayScenarios(context: GeneratorContext): fc.Arbitrary<Scenario> {
  return fc
    .record({
      order: fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
      pages: fc.integer({ min: 1, max: 4 }),
      sentOn: fc.boolean(),
      received: fc.boolean(),
      closed: fc.array(fc.boolean(), { minLength: 2, maxLength: 2 }),
      ends: fc.nat(2),
      manner: fc.constantFrom(...MANNERS),
      asks: fc.nat(1),
      seed: seeds,
    })
    .map(({ seed, ...relay }) => {
      const first = clientName(0);
      const clients = [first, ...HEIRS];
      const parties = relay.order.map((place) => clients[place] ?? first);
      const begin: Operation[] = [
        { op: 'socketpair', slot: 'first' },
        { op: 'socketpair', slot: 'second' },
        ...HEIRS.map((client): Operation => ({ op: 'fork', client })),
      ];
      const acts = [[{ client: first, operations: begin }], ...lifeOf(context, relay, parties)];
      return alsoEnding(scaffolded(context, 'relay', [first], acts, seed), HEIRS);
    });
}

/** The Programs from the request to the last look. */
function lifeOf(context: GeneratorContext, relay: Relay, parties: readonly string[]): Thread[][] {
  const [allocator = '', holder = '', third = ''] = parties;
  const asking = new ThreadWriter(context, 'asking');
  const buffer = asking.allocate({ length: BigInt(relay.pages) * context.page });
  asking.map(buffer);
  asking.look(buffer);
  asking.stamp(buffer);
  asking.add({ op: 'sendfd', fd: end('first', 0), passed: asking.descriptor(buffer) });
  if (relay.closed[0] === true) asking.close(buffer);
  const held = { ...buffer };
  const holding = taking(context, 'holding', 'first', held);
  if (relay.sentOn) {
    holding.add({ op: 'sendfd', fd: end('second', 0), passed: { slot: 'holding' } });
  }
  if (relay.closed[1] === true) holding.add({ op: 'close', fd: { slot: 'holding' } });
  const views = [buffer, held];
  const acts: Thread[][] = [
    [{ client: allocator, operations: asking.operations }],
    [{ client: holder, operations: holding.operations }],
  ];
  if (relay.sentOn && relay.received) {
    const taken = { ...buffer };
    const { operations } = taking(context, 'third', 'second', taken);
    views.push(taken);
    acts.push([{ client: third, operations }]);
  }
  const left = parties.filter((_, party) => party !== relay.ends);
  const challenger = left[relay.asks] ?? '';
  const ending = parties[relay.ends] ?? '';
  acts.push(
    [{ client: third, operations: challenge(context, 'before') }],
    endingOf(ending, challenger, relay.manner),
    [{ client: challenger, operations: challenge(context, 'after') }],
  );
  for (const [party, view] of views.entries()) {
    const client = parties[party];
    if (client === undefined || party === relay.ends) continue;
    const looks = new ThreadWriter(context, `looks-${party}`);
    looks.check(view);
    acts.push([{ client, operations: looks.operations }]);
  }
  return acts;
}

/** Takes a buffer out of a message, maps it and looks at it. */
function taking(
  context: GeneratorContext,
  slot: string,
  passage: string,
  buffer: WrittenBuffer,
): ThreadWriter {
  const writer = new ThreadWriter(context, `${slot}-view`);
  writer.add({ op: 'recvfd', slot, fd: end(passage, 4) });
  writer.map(buffer, { slot });
  writer.check(buffer);
  return writer;
}

function endingOf(client: string, other: string, manner: Relay['manner']): Thread[] {
  if (manner === 'by a signal') {
    const kill: Operation = { op: 'kill', client, signal: linux.SIGKILL };
    return [{ client: other, operations: [kill, { op: 'wait', client }] }];
  }
  const operation: Operation = manner === 'by exec' ? { op: 'exec' } : { op: 'exit', status: 0n };
  return [{ client, operations: [operation] }];
}

/** Asks for memory and writes to it: what was freed too early changes. */
function challenge(context: GeneratorContext, name: string): Operation[] {
  const writer = new ThreadWriter(context, name);
  for (let at = 0; at < 2; at += 1) {
    const fresh = writer.allocate();
    writer.map(fresh);
    writer.look(fresh);
    writer.stamp(fresh);
    writer.check(fresh);
  }
  return writer.operations;
}

const end = (slot: string, offset: 0 | 4): SlotRef => ({ slot, offset, width: 4, signed: true });
