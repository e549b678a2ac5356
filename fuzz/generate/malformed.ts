import fc from 'fast-check';
import { linux, type Operation, type Placement } from '../../adapters/contract/index.ts';
import { commandOf, type Fields, requestBytes } from '../../catalogue/abi-request.ts';
import type { Role } from '../../catalogue/catalogue.ts';
import { boundaryLengths } from './boundaries.ts';
import { oneClientScenario, seeds } from './scaffold.ts';
import { type GeneratorContext, isNothing, pagesAllowed, type Scenario } from './scenario.ts';
import { swarming } from './swarm.ts';
import { DEVICE, ThreadWriter, type WrittenBuffer } from './thread-writer.ts';

const REQUESTS_MAX = 16;
const { O_ACCMODE, O_CLOEXEC, O_RDONLY, O_RDWR, O_WRONLY } = linux;
/** Flags that are right, and the two access modes together, which are none. */
const NEAR_FLAGS = [
  O_RDWR,
  O_RDONLY,
  O_WRONLY,
  O_RDONLY | O_CLOEXEC,
  O_ACCMODE,
  O_ACCMODE | O_CLOEXEC,
];

/** A request that differs from a valid one in some ways; 0n everywhere is a valid one. */
interface Malformed {
  readonly fields: Fields;
  /** Bits of the command that are turned over. */
  readonly commandBits: bigint;
  readonly placement: Placement | undefined;
}

/**
 * Requests that are wrong in one way or in several: each field, command bit and pointer, and a
 * table that is full. A buffer that was there before must not notice any of them.
 */
export function malformedScenarios(context: GeneratorContext): fc.Arbitrary<Scenario> {
  const request = swarming(FAULTS, (kind) =>
    fc.array(
      kind.chain((one) => (one === 'many' ? manyFaults(context) : oneFault(context, one))),
      { minLength: 1, maxLength: REQUESTS_MAX },
    ),
  );
  return fc
    .record({
      requests: request,
      witness: fc.boolean(),
      full: fc.nat(3),
      seed: seeds,
    })
    .map(({ full, requests, seed, witness }) => {
      const writer = new ThreadWriter(context, 't0');
      const before = witness ? stamped(writer) : undefined;
      lookAtStreams(writer);
      for (const one of requests) writeRequest(context, writer, one);
      lookAtStreams(writer);
      if (before !== undefined) writer.check(before);
      if (context.capabilities.has('limits')) writeFull(writer, full);
      return oneClientScenario(context, 'malformed', writer.operations, seed);
    });
}

/** Which files the streams are that every client begins with. */
function lookAtStreams(writer: ThreadWriter): void {
  for (const fd of [0n, 1n, 2n]) writer.add({ op: 'fstat', fd });
}

/** A buffer at the beginning of the region, which others might take for theirs. */
function stamped(writer: ThreadWriter): WrittenBuffer {
  const buffer = writer.allocate();
  writer.map(buffer);
  writer.look(buffer);
  writer.stamp(buffer);
  return buffer;
}

/** More numbers than these are not to be had: those of the executor and the device are fewer. */
const TABLE_FULL = 3n;
const TABLE_WIDE = 256n;

/** Requests that find no free number, and one that finds one again. */
function writeFull(writer: ThreadWriter, times: number): void {
  if (times === 0) return;
  const resource = linux.RLIMIT_NOFILE;
  writer.add({ op: 'setrlimit', resource, soft: TABLE_FULL });
  for (let at = 0; at < times; at += 1) writer.allocate();
  writer.add({ op: 'setrlimit', resource, soft: TABLE_WIDE });
  writer.close(writer.allocate());
}

/** Ways in which a request is wrong. */
const FAULTS = ['field', 'length', 'command', 'placement', 'right', 'many'] as const;
type Fault = (typeof FAULTS)[number];

const RIGHT: Malformed = { fields: {}, commandBits: 0n, placement: undefined };
const bitOf = (bits: number): fc.Arbitrary<bigint> =>
  // No bit is likelier than another.
  fc.noBias(fc.nat(bits - 1)).map((bit) => 1n << BigInt(bit));
const commandBit = bitOf(32);

/** Nothing hides behind another fault: the outcome of this one is seen. */
function oneFault(
  context: GeneratorContext,
  fault: Exclude<Fault, 'many'>,
): fc.Arbitrary<Malformed> {
  switch (fault) {
    case 'field':
      return oneField(context).map((fields) => ({ ...RIGHT, fields }));
    case 'length':
      return fc
        .constantFrom(...lengthsFor(context))
        .map((length) => ({ ...RIGHT, fields: { length } }));
    case 'command':
      return commandBit.map((commandBits) => ({ ...RIGHT, commandBits }));
    case 'placement':
      return placements(context).map((placement) => ({ ...RIGHT, placement }));
    case 'right':
      return fc.constant(RIGHT);
  }
}

/** Faults that meet: one is reported, and none of them leaves anything behind. */
const manyFaults = (context: GeneratorContext): fc.Arbitrary<Malformed> =>
  fc.record<Malformed>({
    fields: fieldsOf(context),
    commandBits: fc.oneof(
      { weight: 6, arbitrary: fc.constant(0n) },
      { weight: 2, arbitrary: commandBit },
      { weight: 1, arbitrary: fc.bigInt({ min: 0n, max: (1n << 32n) - 1n }) },
    ),
    placement: fc.oneof(
      { weight: 4, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: placements(context) },
    ),
  });

/** A wrong request, what it gave if it worked all the same, and a valid one behind it. */
function writeRequest(context: GeneratorContext, writer: ThreadWriter, one: Malformed): void {
  const slot = writer.slot();
  const { abi, page } = context;
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

/** Lengths at the boundaries; of an unbounded region only those that it cannot really give out. */
function lengthsFor(context: GeneratorContext): readonly bigint[] {
  const { page, region } = context;
  const allowed = pagesAllowed(context) * page;
  const safe = (length: bigint): boolean =>
    region.bounded || length <= allowed || isNothing(length, page);
  return boundaryLengths(page, region.sizeBytes).filter(safe);
}

/** One bit of a field, some of its bits, or all. */
const word = (bits: number): fc.Arbitrary<bigint> =>
  fc.oneof(
    bitOf(bits),
    fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n }),
    fc.constant((1n << BigInt(bits)) - 1n),
  );

/** Values of every field that is no length. Flags without O_CLOEXEC are right, too. */
function wordsOf({ abi }: GeneratorContext): readonly (readonly [Role, fc.Arbitrary<bigint>])[] {
  return (Object.keys(abi.fields) as Role[])
    .filter((role) => role !== 'length')
    .map((role) => {
      const any = word(8 * (abi.fields[role]?.width ?? 4));
      const near = fc.constantFrom(...NEAR_FLAGS);
      return [role, role === 'flags' ? fc.oneof(any, near) : any] as const;
    });
}

const oneField = (context: GeneratorContext): fc.Arbitrary<Fields> =>
  fc.oneof(...wordsOf(context).map(([role, value]) => value.map((given) => ({ [role]: given }))));

function fieldsOf(context: GeneratorContext): fc.Arbitrary<Fields> {
  const rarely = <Value>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
    fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
  return fc
    .record({
      ...Object.fromEntries(wordsOf(context).map(([role, value]) => [role, rarely(value)])),
      length: rarely(fc.constantFrom(...lengthsFor(context))),
    })
    .map((values) => {
      const given = Object.entries(values).filter(([, value]) => value !== undefined);
      return Object.fromEntries(given) as Fields;
    });
}

function placements({ abi }: GeneratorContext): fc.Arbitrary<Placement> {
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
