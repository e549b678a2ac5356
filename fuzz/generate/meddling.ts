import fc from 'fast-check';
import { linux, type Operation, type Placement } from '../../adapters/contract/index.ts';
import type { Scenario, World } from '../scenario.ts';
import { clientName, framed } from './frame.ts';
import { ThreadWriter } from './writer.ts';

const { MAP_SHARED, PROT_READ, PROT_WRITE, SIGKILL } = linux;
const ROUNDS_MAX = 8;
const CHILD = 'child';
/** Numbers that new descriptors get: the first ones behind those of a client and its device. */
const NEXT = { min: 4n, max: 6n };

/** What the other thread does to a descriptor that may not exist yet. */
type Meddling = 'close' | 'map' | 'duplicate' | 'fork';

/** One request; its answer may be made to fail. */
interface Request {
  readonly pages: number;
  readonly placement: Placement | undefined;
  readonly keeps: boolean;
}

/**
 * A thread that asks for buffers, and one of the same client that closes, maps and duplicates the
 * numbers which they are going to have, or forks, while the calls run. A buffer must belong to
 * somebody from the first instant to the last, whoever guesses its number.
 */
export function meddling(world: World): fc.Arbitrary<Scenario> {
  const request = fc.record<Request>({
    pages: fc.integer({ min: 1, max: 4 }),
    placement: fc.oneof(
      { weight: 3, arbitrary: fc.constant(undefined) },
      {
        weight: 1,
        arbitrary: fc.constant<Placement>({ kind: 'page', protection: 'read-only' }),
      },
    ),
    keeps: fc.boolean(),
  });
  const act = fc.record({
    kind: fc.constantFrom<Meddling>('close', 'close', 'map', 'duplicate', 'fork'),
    number: fc.bigInt(NEXT),
  });
  return fc
    .record({
      requests: fc.array(request, { minLength: 1, maxLength: ROUNDS_MAX }),
      acts: fc.array(act, { minLength: 1, maxLength: ROUNDS_MAX }),
      seed: fc.bigInt({ min: 0n, max: (1n << 63n) - 1n }),
    })
    .map(({ requests, acts, seed }) => {
      const client = clientName(0);
      const asks = new ThreadWriter(world, 't0');
      for (const one of requests) writeRequest(world, asks, one);
      const meddles = new ThreadWriter(world, 't1');
      let forked = false;
      for (const { kind, number } of acts) {
        if (kind === 'fork' && forked) continue;
        forked ||= kind === 'fork';
        writeAct(world, meddles, kind, number);
      }
      const threads = [asks, meddles].map(({ operations }) => ({ client, operations }));
      const ends: Operation[] = [
        { op: 'kill', client: CHILD, signal: SIGKILL },
        { op: 'wait', client: CHILD },
      ];
      const last = forked ? [[{ client, operations: ends }]] : [];
      return framed(world, 'meddling', [client], [threads, ...last], seed);
    });
}

function writeRequest(
  world: World,
  writer: ThreadWriter,
  { keeps, pages, placement }: Request,
): void {
  const buffer = writer.allocate({ length: BigInt(pages) * world.page }, placement);
  if (placement !== undefined) return;
  if (!keeps) writer.close(buffer);
}

function writeAct(world: World, writer: ThreadWriter, kind: Meddling, fd: bigint): void {
  if (kind === 'close') {
    writer.add({ op: 'close', fd });
  } else if (kind === 'map') {
    const slot = writer.slot();
    const length = world.page;
    const protection = PROT_READ | PROT_WRITE;
    writer.add({ op: 'mmap', slot, length, protection, flags: MAP_SHARED, fd });
    writer.add({ op: 'scan', address: { slot }, length, bytes: Uint8Array.of(0) });
    writer.add({ op: 'munmap', address: { slot }, length });
  } else if (kind === 'duplicate') {
    const slot = writer.slot();
    writer.add({ op: 'dup', slot, fd });
    writer.add({ op: 'close', fd: { slot } });
  } else {
    writer.add({ op: 'fork', client: CHILD });
  }
}
