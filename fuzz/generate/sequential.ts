import fc from 'fast-check';
import { linux } from '../../adapters/contract/index.ts';
import { shortfall } from './boundaries.ts';
import { Dice, diceSeeds } from './dice.ts';
import { FILE_STEPS, type FileStep, writeFileStep } from './on-descriptors.ts';
import {
  MAPPING_STEPS,
  type MappingStep,
  type OwnedBuffer,
  writeMappingStep,
} from './on-mappings.ts';
import { oneClientScenario, seeds } from './scaffold.ts';
import type { GeneratorContext, Scenario } from './scenario.ts';
import { swarming } from './swarm.ts';
import { ThreadWriter } from './thread-writer.ts';

const { O_CLOEXEC, O_RDONLY, O_RDWR, O_WRONLY } = linux;
const STEPS_MAX = 32;
const PAGES_MAX = 6;
const KINDS = ['allocate', 'free-memory', ...FILE_STEPS, ...MAPPING_STEPS] as const;
type Kind = (typeof KINDS)[number];

/** Themes of rounds: a round that does everything gets nowhere. */
const THEMES: readonly (readonly Kind[])[] = [
  KINDS,
  ['allocate', ...FILE_STEPS],
  ['allocate', 'transfer', 'seek', 'replace', 'duplicate', 'close'],
  // Several mappings of one buffer, and pages that were written to through one of them.
  [...MAPPING_STEPS, 'map', 'map', 'map', 'store', 'store', 'store', 'scan', 'scan', 'scan'],
  ['allocate', 'free-memory', 'map', 'unmap', 'close', 'duplicate'],
];

interface Step {
  readonly kind: Kind;
  readonly pages: number;
  readonly short: bigint;
  readonly flags: bigint;
  /** Chooses among buffers, mappings and arguments. */
  readonly thrown: number;
}

/**
 * One client that does everything which descriptors and mappings of buffers can do, right and
 * wrong, at every boundary, one thing after the other: a model says what must come of each.
 */
export function sequentialScenarios(context: GeneratorContext): fc.Arbitrary<Scenario> {
  const themes = THEMES.map((kinds) => kinds.filter((kind) => canDo(context, kind)));
  const steps = fc
    .constantFrom(...themes)
    .chain((kinds) => swarming(kinds, (kind) => stepsOf(context, kind)));
  return fc.record({ steps, seed: seeds }).map(({ seed, steps: written }) => {
    const writer = new ThreadWriter(context, 't0');
    const owned: OwnedBuffer[] = [];
    for (const step of written) writeStep(context, writer, owned, step);
    return oneClientScenario(context, 'sequential', writer.operations, seed);
  });
}

function stepsOf(context: GeneratorContext, kind: fc.Arbitrary<Kind>): fc.Arbitrary<Step[]> {
  return fc.array(
    fc.record<Step>({
      kind,
      pages: fc.integer({ min: 1, max: PAGES_MAX }),
      short: shortfall(context.page),
      flags: fc.constantFrom(
        ...Array<bigint>(6).fill(O_RDWR | O_CLOEXEC),
        ...[O_RDWR, O_RDONLY, O_WRONLY, O_RDONLY | O_CLOEXEC],
      ),
      thrown: diceSeeds,
    }),
    { minLength: 8, maxLength: STEPS_MAX },
  );
}

function writeStep(
  context: GeneratorContext,
  writer: ThreadWriter,
  owned: OwnedBuffer[],
  step: Step,
): void {
  const { flags, kind, pages, short, thrown } = step;
  const dice = new Dice(thrown);
  const one = owned[dice.below(Math.max(owned.length, 1))];
  if (kind === 'free-memory') {
    writer.add({ op: 'readfile', document: '/proc/meminfo' });
  } else if (kind === 'allocate' || one === undefined) {
    const buffer = writer.allocate({ length: BigInt(pages) * context.page - short, flags });
    owned.push({ buffer, stamps: new Map(), mappings: [], written: new Set(), copies: [] });
  } else if ((FILE_STEPS as readonly string[]).includes(kind)) {
    writeFileStep(writer, one, kind as FileStep, dice);
  } else {
    writeMappingStep(writer, one, kind as MappingStep, dice);
  }
}

/** Steps that read /proc need one. */
const canDo = ({ capabilities }: GeneratorContext, kind: Step['kind']): boolean =>
  !PROC_STEPS.includes(kind) || capabilities.has('procfs');

const PROC_STEPS: readonly string[] = ['free-memory', 'reopen', 'information'];
