import fc from 'fast-check';
import { linux, type Operation, type Thread } from '../../adapters/contract/index.ts';
import { smallPages } from './boundaries.ts';
import { CHILD, inheriting } from './child.ts';
import { alsoEnding, clientName, scaffolded, seeds } from './scaffold.ts';
import { type GeneratorContext, pagesAllowed, type Scenario } from './scenario.ts';
import { swarming } from './swarm.ts';
import { ThreadWriter } from './thread-writer.ts';
import {
  LIFETIME_STEPS,
  type LifetimeStep,
  type TrackedBuffer,
  writeStep,
} from './tracked-buffer.ts';

const STEPS_MAX = 20;
const PAGES_MAX = 40;

interface Step {
  readonly kind: LifetimeStep;
  readonly pages: number;
  readonly which: number;
}

/** Requests at most before a client is killed that makes about as many. */
const DELAY_MAX = 12;
/** How the first client ends in the middle, and what it leaves to others. */
const ENDINGS = ['none', 'fork', 'kill', 'exit', 'exec'] as const;

/**
 * Buffers that are held in many ways (duplicates, mappings, messages, forked children) and lose
 * them one by one, in any order, also by the end of a client; and devices that are closed before
 * what came from them.
 */
export function lifetimeScenarios(context: GeneratorContext): fc.Arbitrary<Scenario> {
  const kinds = LIFETIME_STEPS.filter((kind) => canDo(context, kind));
  // Each of the steps of two clients may take three buffers.
  const allowed = Number(pagesAllowed(context)) / (6 * STEPS_MAX);
  const most = Math.max(1, Math.min(PAGES_MAX, Math.floor(allowed)));
  const steps = swarming(kinds, (kind) =>
    fc.array(fc.record<Step>({ kind, pages: smallPages(most), which: fc.nat(7) }), {
      minLength: 2,
      maxLength: STEPS_MAX,
    }),
  );
  return fc
    .record({
      first: steps,
      second: steps,
      ending: fc.constantFrom(...ENDINGS),
      delay: fc.nat(DELAY_MAX),
      seed: seeds,
    })
    .map(({ delay, ending, first, second, seed }) => {
      const one = clientName(0);
      const other = clientName(1);
      const writer = new ThreadWriter(context, 't0');
      const held: TrackedBuffer[] = [];
      writeSteps(writer, held, first);
      const before: Thread[] = [
        { client: one, operations: [...writer.operations, ...endOf(ending)] },
      ];
      const acts: Thread[][] = [before];
      if (ending === 'kill') {
        const kill: Operation = { op: 'kill', client: one, signal: linux.SIGKILL };
        before.push({ client: other, operations: [...delayed(context, delay), kill] });
      }
      if (ending === 'fork') acts.push(...inheriting(context, one, held));
      const after = new ThreadWriter(context, 't1');
      writeSteps(after, [], second);
      acts.push([{ client: other, operations: after.operations }]);
      const scenario = scaffolded(context, 'lifetime', [one, other], acts, seed);
      return ending === 'fork' ? alsoEnding(scenario, [CHILD]) : scenario;
    });
}

/** Requests of a client before it kills another: where the signal meets that one is chance. */
function delayed(context: GeneratorContext, requests: number): readonly Operation[] {
  const writer = new ThreadWriter(context, 'delay');
  for (let at = 0; at < requests; at += 1) writer.close(writer.allocate());
  return writer.operations;
}

const canDo = ({ capabilities }: GeneratorContext, kind: LifetimeStep): boolean =>
  !PASSING.includes(kind) || capabilities.has('sockets');

const PASSING: readonly LifetimeStep[] = ['send', 'receive', 'peek'];

function endOf(ending: (typeof ENDINGS)[number]): Operation[] {
  if (ending === 'fork') return [{ op: 'fork', client: CHILD }];
  if (ending === 'exit') return [{ op: 'exit', status: 0n }];
  return ending === 'exec' ? [{ op: 'exec' }] : [];
}

function writeSteps(writer: ThreadWriter, held: TrackedBuffer[], steps: readonly Step[]): void {
  for (const { kind, pages, which } of steps) {
    const followed = held[which % Math.max(held.length, 1)];
    if (kind === 'allocate' || followed === undefined) {
      const buffer = writer.allocate({ length: BigInt(pages) * writer.page });
      writer.map(buffer);
      writer.look(buffer);
      writer.stamp(buffer);
      held.push({ buffer, duplicates: [], mappings: [], messages: [], open: true });
    } else {
      writeStep(writer, followed, kind);
    }
  }
}
