import fc from 'fast-check';
import { linux, type Operation, type Thread } from '../../adapters/contract/index.ts';
import { alsoEnding, clientName, scaffolded, seeds } from './scaffold.ts';
import { type GeneratorContext, pagesAllowed, type Scenario } from './scenario.ts';
import { swarming } from './swarm.ts';
import { ThreadWriter, type WrittenBuffer } from './thread-writer.ts';

/** Pages of a buffer: chunks of 16 come as often as small ones. */
const PAGES = [1, 2, 4, 15, 16, 17, 33, 40];
const BUFFERS_MAX = 3;
const STEPS_MAX = 12;
/** Programs of these steps, so that the scenario may be kept. */
const ACTS_MAX = 7;
/** A client, a child of it, and a child of that. */
const GENERATIONS = [clientName(0), 'child', 'grandchild'] as const;

/** What one of the generations does with one of the buffers, or with itself. */
const KINDS = ['check', 'write', 'unmap', 'close', 'challenge', 'exit', 'exec', 'kill'] as const;

interface Step {
  readonly kind: (typeof KINDS)[number];
  readonly who: number;
  readonly which: number;
}

/** What a buffer is like when the child is forked. */
interface Legacy {
  readonly pages: number;
  /** Whether its descriptor was closed, so that the mapping is all. */
  readonly closed: boolean;
  /** Advice on the mapping; undefined for none. */
  readonly advice: bigint | undefined;
}

/**
 * Buffers that a client maps, and hands down to a child and a grandchild, or keeps from them; then
 * the three look, write, drop and end in any order, and one of them asks for memory meanwhile.
 */
export function generationScenarios(context: GeneratorContext): fc.Arbitrary<Scenario> {
  const steps = swarming(KINDS, (kind) =>
    fc.array(fc.record<Step>({ kind, who: fc.nat(2), which: fc.nat(BUFFERS_MAX - 1) }), {
      minLength: 3,
      maxLength: STEPS_MAX,
    }),
  );
  const most = pagesAllowed(context) / BigInt(BUFFERS_MAX + STEPS_MAX);
  const legacy = fc.record<Legacy>({
    pages: fc.constantFrom(...PAGES.filter((pages) => pages === 1 || pages <= most)),
    closed: fc.boolean(),
    advice: fc.constantFrom(
      ...[undefined, undefined, linux.MADV_DONTFORK, linux.MADV_DONTFORK],
      linux.MADV_RANDOM,
    ),
  });
  return fc
    .record({
      legacies: fc.array(legacy, { minLength: 1, maxLength: BUFFERS_MAX }),
      steps,
      seed: seeds,
    })
    .map(({ legacies, seed, steps: drawn }) => {
      const [first, child, grandchild] = GENERATIONS;
      const writer = new ThreadWriter(context, 'first');
      const buffers = legacies.map((one) => made(writer, one));
      writer.add({ op: 'fork', client: child });
      const acts: Thread[][] = [
        [{ client: first, operations: writer.operations }],
        [{ client: child, operations: [{ op: 'fork', client: grandchild }] }],
        ...lives(context, buffers, drawn),
      ];
      const scenario = scaffolded(context, 'generations', [first], acts, seed);
      return alsoEnding(scenario, [child, grandchild]);
    });
}

function made(writer: ThreadWriter, { advice, closed, pages }: Legacy): WrittenBuffer {
  const buffer = writer.allocate({ length: BigInt(pages) * writer.page });
  const address = { slot: writer.map(buffer) };
  writer.look(buffer);
  writer.stamp(buffer);
  if (advice !== undefined) {
    writer.add({ op: 'madvise', address, length: buffer.length, advice });
  }
  if (closed) writer.close(buffer);
  return buffer;
}

/** The steps of clients that have not ended yet, in their order, and a last look of all. */
function lives(
  context: GeneratorContext,
  buffers: readonly WrittenBuffer[],
  steps: readonly Step[],
): Thread[][] {
  const ended = new Set<string>();
  const acts: Thread[][] = [];
  for (const [at, { kind, which, who }] of steps.entries()) {
    const client = GENERATIONS[who] ?? GENERATIONS[0];
    const buffer = buffers[which % buffers.length];
    if (ended.has(client) || buffer === undefined) continue;
    if (acts.length >= ACTS_MAX) break;
    const writer = new ThreadWriter(context, `step-${at}`);
    if (kind === 'exit' || kind === 'exec' || kind === 'kill') {
      // The first of them is the one that must not notice anything.
      if (client === GENERATIONS[0]) continue;
      ended.add(client);
      acts.push(endingOf(client, kind));
    } else {
      writeStep(writer, kind, buffer);
      const before = acts.at(-1)?.[0];
      if (before?.client === client) {
        acts[acts.length - 1] = [
          { client, operations: [...before.operations, ...writer.operations] },
        ];
      } else acts.push([{ client, operations: writer.operations }]);
    }
  }
  for (const client of GENERATIONS.filter((one) => !ended.has(one))) {
    const writer = new ThreadWriter(context, `last-${client}`);
    for (const buffer of buffers) writer.check(buffer);
    acts.push([{ client, operations: writer.operations }]);
  }
  return acts;
}

function endingOf(client: string, kind: 'exit' | 'exec' | 'kill'): Thread[] {
  if (kind === 'exit') return [{ client, operations: [{ op: 'exit', status: 0n }] }];
  if (kind === 'exec') return [{ client, operations: [{ op: 'exec' }] }];
  // The signal comes before the next step: what it meets is chance.
  const kill: Operation = { op: 'kill', client, signal: linux.SIGKILL };
  return [{ client: GENERATIONS[0], operations: [kill, { op: 'wait', client }] }];
}

function writeStep(
  writer: ThreadWriter,
  kind: 'check' | 'write' | 'unmap' | 'close' | 'challenge',
  buffer: WrittenBuffer,
): void {
  if (kind === 'check') writer.check(buffer);
  else if (kind === 'write') writer.stamp(buffer, writer.slot());
  else if (kind === 'unmap') writer.unmap({ ...buffer });
  else if (kind === 'close') writer.close(buffer);
  else {
    const fresh = writer.allocate({ length: buffer.length });
    writer.map(fresh);
    writer.look(fresh);
    writer.stamp(fresh);
  }
}
