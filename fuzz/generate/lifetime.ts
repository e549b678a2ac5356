import fc from 'fast-check';
import { linux, type Operation, type Thread } from '../../adapters/contract/index.ts';
import type { Scenario, World } from '../scenario.ts';
import { clientName, framed } from './frame.ts';
import { ThreadWriter, type WrittenBuffer } from './writer.ts';

const { MAP_SHARED, MREMAP_MAYMOVE, PROT_READ, PROT_WRITE } = linux;
const STEPS_MAX = 20;
const KINDS = [
  'allocate',
  'duplicate',
  'close',
  'close-duplicate',
  'map-again',
  'unmap',
  'unmap-part',
  'grow',
  'send',
  'check',
  'challenge',
  'close-twice',
] as const;

interface Step {
  readonly kind: (typeof KINDS)[number];
  readonly pages: number;
  readonly which: number;
}

/** What a thread knows of a buffer's further descriptors and mappings. */
interface Followed {
  readonly buffer: WrittenBuffer;
  readonly duplicates: string[];
  readonly mappings: string[];
  open: boolean;
}

/** How the first client ends in the middle, and what it leaves to others. */
const ENDINGS = ['none', 'fork', 'kill', 'exit', 'exec'] as const;

/**
 * Buffers that are held in many ways (duplicates, mappings, messages, forked children) and lose
 * them one by one, in any order, also by the end of a client.
 */
export function lifetime(world: World): fc.Arbitrary<Scenario> {
  const step = fc.record<Step>({
    kind: fc.constantFrom(...KINDS.filter((kind) => canDo(world, kind))),
    pages: fc.integer({ min: 1, max: 4 }),
    which: fc.nat(7),
  });
  const steps = fc.array(step, { minLength: 2, maxLength: STEPS_MAX });
  return fc
    .record({
      first: steps,
      second: steps,
      ending: fc.constantFrom(...ENDINGS),
      seed: fc.bigInt({ min: 0n, max: (1n << 63n) - 1n }),
    })
    .map(({ first, second, ending, seed }) => {
      const one = clientName(0);
      const other = clientName(1);
      const writer = new ThreadWriter(world, 't0');
      const held: Followed[] = [];
      writeSteps(world, writer, held, first);
      const before: Thread[] = [
        { client: one, operations: [...writer.operations, ...endOf(ending)] },
      ];
      const acts: Thread[][] = [before];
      if (ending === 'kill') {
        const kill: Operation = { op: 'kill', client: one, signal: linux.SIGKILL };
        before.push({ client: other, operations: [kill] });
      }
      if (ending === 'fork') acts.push(inChild(world, held), inChild(world, held, one));
      const after = new ThreadWriter(world, 't1');
      writeSteps(world, after, [], second);
      acts.push([{ client: other, operations: after.operations }]);
      const clients = [one, other];
      const scenario = framed(world, 'lifetime', clients, acts, seed);
      return ending === 'fork' ? withEnd(scenario) : scenario;
    });
}

const canDo = ({ capabilities }: World, kind: Step['kind']): boolean =>
  kind !== 'send' || capabilities.has('sockets');

const CHILD = 'child';

function endOf(ending: (typeof ENDINGS)[number]): Operation[] {
  if (ending === 'fork') return [{ op: 'fork', client: CHILD }];
  if (ending === 'exit') return [{ op: 'exit', status: 0n }];
  return ending === 'exec' ? [{ op: 'exec' }] : [];
}

/** A client looks at everything that was left open, and drops it. */
function inChild(world: World, held: readonly Followed[], client = CHILD): Thread[] {
  const writer = new ThreadWriter(world, client);
  for (const { buffer, open } of held) {
    if (!open) continue;
    const copy = { ...buffer };
    writer.map(copy);
    writer.check(copy);
    writer.close(copy);
    writer.unmap(copy);
  }
  return [{ client, operations: writer.operations }];
}

/** The child ends with the others. */
function withEnd(scenario: Scenario): Scenario {
  const last = scenario.programs.at(-1);
  if (last === undefined) return scenario;
  const [main] = last.threads;
  const kill: Operation = { op: 'kill', client: CHILD, signal: linux.SIGKILL };
  const wait: Operation = { op: 'wait', client: CHILD };
  const operations = [kill, wait, ...(main?.operations ?? [])];
  const programs = [
    ...scenario.programs.slice(0, -1),
    { ...last, threads: [{ client: 'main', operations }] },
  ];
  return { ...scenario, programs };
}

function writeSteps(
  world: World,
  writer: ThreadWriter,
  held: Followed[],
  steps: readonly Step[],
): void {
  for (const { kind, pages, which } of steps) {
    const followed = held[which % Math.max(held.length, 1)];
    if (kind === 'allocate' || followed === undefined) {
      const buffer = writer.allocate({ length: BigInt(pages) * world.page });
      writer.map(buffer);
      writer.look(buffer);
      writer.stamp(buffer);
      held.push({ buffer, duplicates: [], mappings: [], open: true });
    } else {
      writeStep(world, writer, followed, kind);
    }
  }
}

function writeStep(
  world: World,
  writer: ThreadWriter,
  followed: Followed,
  kind: Exclude<Step['kind'], 'allocate'>,
): void {
  const { buffer, duplicates, mappings } = followed;
  const fd = writer.descriptor(buffer);
  switch (kind) {
    case 'duplicate': {
      const slot = writer.slot();
      writer.add({ op: 'dup', slot, fd });
      duplicates.push(slot);
      break;
    }
    case 'close':
      if (followed.open) writer.close(buffer);
      followed.open = false;
      break;
    case 'close-twice':
      writer.close(buffer);
      writer.close(buffer);
      followed.open = false;
      break;
    case 'close-duplicate': {
      const slot = duplicates.pop();
      if (slot !== undefined) writer.add({ op: 'close', fd: { slot } });
      break;
    }
    case 'map-again': {
      const slot = writer.slot();
      const protection = PROT_READ | PROT_WRITE;
      writer.add({ op: 'mmap', slot, length: buffer.length, protection, flags: MAP_SHARED, fd });
      mappings.push(slot);
      break;
    }
    default:
      writeOther(world, writer, followed, kind);
  }
}

function writeOther(
  world: World,
  writer: ThreadWriter,
  { buffer, mappings }: Followed,
  kind: Step['kind'],
): void {
  const { length, mapping, stamp } = buffer;
  if (kind === 'unmap') {
    const slot = mappings.pop();
    if (slot === undefined) writer.unmap(buffer);
    else writer.add({ op: 'munmap', address: { slot }, length });
  } else if (kind === 'unmap-part' && mapping !== undefined) {
    writer.add({ op: 'munmap', address: { slot: mapping }, length: world.page });
    delete buffer.mapping;
  } else if (kind === 'grow' && mapping !== undefined) {
    const newLength = length + world.page;
    const address = { slot: mapping };
    writer.add({ op: 'mremap', address, oldLength: length, newLength, flags: MREMAP_MAYMOVE });
  } else if (kind === 'send') {
    const slot = writer.slot();
    writer.add({ op: 'socketpair', slot });
    const end: (offset: number) => { slot: string; offset: number; width: 4; signed: true } = (
      offset,
    ) => ({ slot, offset, width: 4, signed: true });
    writer.add({ op: 'sendfd', fd: end(0), passed: writer.descriptor(buffer) });
  } else if (kind === 'check') {
    writer.check(buffer);
    for (const slot of mappings)
      writer.add({ op: 'scan', address: { slot }, length, bytes: stamp ?? Uint8Array.of(0) });
  } else if (kind === 'challenge') {
    challenge(writer, length);
  }
}

/** Asks for a buffer of the same size and writes to it: what was freed too early changes. */
function challenge(writer: ThreadWriter, length: bigint): void {
  const fresh = writer.allocate({ length });
  writer.map(fresh);
  writer.look(fresh);
  writer.stamp(fresh);
  writer.close(fresh);
  writer.unmap(fresh);
}
