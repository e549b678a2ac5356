import fc from 'fast-check';
import { linux, type Operation, type SlotRef } from '../../adapters/contract/index.ts';
import type { Fields } from '../../catalogue/abi-request.ts';
import { oneClientScenario, seeds } from './scaffold.ts';
import type { GeneratorContext, Scenario } from './scenario.ts';
import { ThreadWriter } from './thread-writer.ts';

const { F_DUPFD, F_GETFD, F_GETFL, O_CLOEXEC, O_RDWR, SEEK_END } = linux;
/** Operations of one scenario, so that its rounds take no longer than others. */
const OPERATIONS = 480;
/** Cycles of one scenario at most: what strikes in one of 256 strikes in a batch of rounds. */
const CYCLES_MAX = 256;

/** What is done again and again; each gives everything back that it took. */
const KINDS = [
  'plain',
  'mapped',
  'device-first',
  'unreceived',
  'cut-off',
  'duplicated',
  'flags',
  'measured',
] as const;
type Kind = (typeof KINDS)[number];

/**
 * The same few operations very often: what is lost in one of many cycles is missing when all is at
 * rest.
 */
export function cycleScenarios(context: GeneratorContext): fc.Arbitrary<Scenario> {
  const kinds = KINDS.filter(
    (kind) => kind !== 'unreceived' || context.capabilities.has('sockets'),
  );
  return fc
    .record({
      kind: fc.constantFrom(...kinds),
      pages: fc.integer({ min: 1, max: 2 }),
      flags: fc.constantFrom(O_RDWR, O_RDWR | O_CLOEXEC),
      seed: seeds,
    })
    .map(({ flags, kind, pages, seed }) => {
      const writer = new ThreadWriter(context, 't0');
      const length = BigInt(pages) * context.page;
      for (let cycle = 0; cycle < CYCLES_MAX && writer.operations.length < OPERATIONS; cycle += 1) {
        writeCycle(writer, kind, { length, flags });
      }
      return oneClientScenario(context, 'cycles', writer.operations, seed);
    });
}

function writeCycle(writer: ThreadWriter, kind: Kind, fields: Fields): void {
  const device = writer.device;
  if (kind === 'cut-off') {
    // The answer has no place to go: the buffer is taken back.
    const placement = { kind: 'page', protection: 'read-only' } as const;
    writer.request({ slot: device }, fields, placement);
    return;
  }
  if (kind === 'device-first') writer.open();
  const buffer = writer.allocate(fields);
  const fd = writer.descriptor(buffer);
  if (kind === 'device-first') {
    writer.add({ op: 'close', fd: { slot: writer.device } });
    writer.device = device;
  } else if (kind === 'mapped') {
    writer.map(buffer);
    writer.unmap(buffer);
  } else if (kind === 'unreceived') {
    const pair = writer.slot();
    const ends = [0, 4].map((offset): SlotRef => ({ slot: pair, offset, width: 4, signed: true }));
    const [here = 0n, there = 0n] = ends;
    const closes = [here, there].map((end): Operation => ({ op: 'close', fd: end }));
    writer.add({ op: 'socketpair', slot: pair });
    writer.add({ op: 'sendfd', fd: here, passed: fd });
    for (const close of closes) writer.add(close);
  } else if (kind === 'flags') {
    for (const command of [F_GETFD, F_GETFL]) writer.add({ op: 'fcntl', fd, command });
  } else if (kind === 'measured') {
    writer.add({ op: 'lseek', fd, offset: 0n, whence: SEEK_END });
    if (writer.hasProcfs) writer.add({ op: 'readfile', document: '/proc/self/fdinfo', fd });
  } else if (kind === 'duplicated') {
    const copy = writer.slot();
    writer.add({ op: 'fcntl', slot: copy, fd, command: F_DUPFD, value: 0n });
    writer.add({ op: 'close', fd: { slot: copy } });
  }
  writer.close(buffer);
}
