import fc from 'fast-check';
import type { Operation, Placement } from '../../adapters/contract/index.ts';
import type { Role } from '../../suites/catalogue.ts';
import { commandOf, type Fields, requestBytes } from '../../suites/request.ts';
import { isNothing, pagesAllowed, type Scenario, type World } from '../scenario.ts';
import { boundaryLengths } from './boundaries.ts';
import { clientName, framed } from './frame.ts';
import { DEVICE, ThreadWriter } from './writer.ts';

const REQUESTS_MAX = 16;

/** A request that differs from a valid one in some ways; 0n everywhere is a valid one. */
interface Malformed {
  readonly fields: Fields;
  /** Bits of the command that are turned over. */
  readonly commandBits: bigint;
  readonly placement: Placement | undefined;
}

/** Requests that are wrong in one way or in several: each field, command bit and pointer. */
export function malformed(world: World): fc.Arbitrary<Scenario> {
  const request = fc.oneof(
    { weight: 3, arbitrary: oneFault(world) },
    { weight: 1, arbitrary: manyFaults(world) },
  );
  return fc
    .record({
      requests: fc.array(request, { minLength: 1, maxLength: REQUESTS_MAX }),
      seed: fc.bigInt({ min: 0n, max: (1n << 63n) - 1n }),
    })
    .map(({ requests, seed }) => {
      const writer = new ThreadWriter(world, 't0');
      for (const one of requests) writeRequest(world, writer, one);
      const client = clientName(0);
      return framed(
        world,
        'malformed',
        [client],
        [[{ client, operations: writer.operations }]],
        seed,
      );
    });
}

const RIGHT: Malformed = { fields: {}, commandBits: 0n, placement: undefined };
const commandBit = fc.integer({ min: 0, max: 31 }).map((bit) => 1n << BigInt(bit));

/** Nothing hides behind another fault: what comes of this one is seen. */
function oneFault(world: World): fc.Arbitrary<Malformed> {
  return fc.oneof(
    {
      weight: 3,
      arbitrary: fieldsOf(world).map((fields) => {
        const [first] = Object.entries(fields);
        return { ...RIGHT, fields: first === undefined ? {} : Object.fromEntries([first]) };
      }),
    },
    { weight: 1, arbitrary: commandBit.map((commandBits) => ({ ...RIGHT, commandBits })) },
    { weight: 1, arbitrary: placements(world).map((placement) => ({ ...RIGHT, placement })) },
  );
}

/** Faults that meet: one is reported, and none of them leaves anything behind. */
const manyFaults = (world: World): fc.Arbitrary<Malformed> =>
  fc.record<Malformed>({
    fields: fieldsOf(world),
    commandBits: fc.oneof(
      { weight: 6, arbitrary: fc.constant(0n) },
      { weight: 2, arbitrary: commandBit },
      { weight: 1, arbitrary: fc.bigInt({ min: 0n, max: (1n << 32n) - 1n }) },
    ),
    placement: fc.oneof(
      { weight: 4, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: placements(world) },
    ),
  });

/** A wrong request, what it gave if it worked all the same, and a valid one behind it. */
function writeRequest(world: World, writer: ThreadWriter, one: Malformed): void {
  const slot = writer.slot();
  const { abi, page } = world;
  const ioctl: Operation = {
    op: 'ioctl',
    slot,
    fd: { slot: DEVICE },
    request: commandOf(abi) ^ one.commandBits,
    argument: {
      bytes: requestBytes(abi, { length: page, ...one.fields }),
      ...(one.placement === undefined ? {} : { placement: one.placement }),
    },
  };
  writer.add(ioctl);
  const after = writer.allocate();
  writer.map(after);
  writer.look(after);
  writer.close(after);
  writer.unmap(after);
}

function fieldsOf({ abi, page, region, ...world }: World): fc.Arbitrary<Fields> {
  const rarely = <Value>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
    fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
  const word = (bits: number): fc.Arbitrary<bigint> =>
    fc.oneof(
      fc.integer({ min: 0, max: bits - 1 }).map((bit) => 1n << BigInt(bit)),
      fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n }),
    );
  const allowed = pagesAllowed({ abi, page, region, ...world }) * page;
  // What an unbounded region would really give out ends in the OOM killer.
  const safe = (length: bigint): boolean =>
    region.bounded || length <= allowed || isNothing(length, page);
  const lengths = boundaryLengths(page, region.sizeBytes).filter(safe);
  const roles = Object.keys(abi.fields) as Role[];
  const widths = Object.fromEntries(
    roles
      .filter((role) => role !== 'descriptor' && role !== 'length')
      .map((role) => [role, rarely(word(8 * (abi.fields[role]?.width ?? 4)))]),
  );
  return fc
    .record({
      ...widths,
      length: fc.oneof(rarely(fc.constantFrom(...lengths)), fc.constant(undefined)),
    })
    .map((values) => {
      const given = Object.entries(values).filter(([, value]) => value !== undefined);
      return Object.fromEntries(given) as Fields;
    });
}

function placements({ abi }: World): fc.Arbitrary<Placement> {
  const { size } = abi.command;
  return fc.oneof(
    fc.constantFrom<Placement>(
      { kind: 'null' },
      { kind: 'unmapped' },
      { kind: 'kernel' },
      { kind: 'page', protection: 'none' },
      { kind: 'page', protection: 'read-only' },
      { kind: 'page', protection: 'write-only' },
    ),
    fc.record({
      kind: fc.constant('page-end' as const),
      distance: fc.integer({ min: -size, max: 8 }),
      neighbour: fc.constantFrom('unmapped' as const, 'none' as const, 'read-only' as const),
    }),
    fc.integer({ min: 1, max: 15 }).map((by): Placement => ({ kind: 'unaligned', by })),
  );
}
