import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { Choices } from '../corpus/choices.ts';
import { mutateEntry } from '../corpus/mutate.ts';
import type { Snapshot } from '../corpus/snapshot.ts';
import type { ScenarioMode } from '../generate/modes.ts';
import type { GeneratorContext, Scenario } from '../generate/scenario.ts';

/** Everything that a round is a function of, besides the target. */
export interface RoundOrigin {
  /** Version of allocert: generators change with it. */
  readonly version: string;
  readonly seed: bigint;
  readonly index: number;
}

/** The scenario of a round, and where it comes from. */
export interface PlannedRound {
  readonly scenario: Scenario;
  /** Digest of the entry of the corpus that it was made of; undefined for a fresh one. */
  readonly parent?: string;
}

/**
 * The plan of a round: the same for the same version, seed, index and snapshot of the corpus, and
 * the same modes. Where there is a corpus every other round changes an entry of it.
 *
 * @throws RangeError when there is no mode
 */
export function planOf(
  generator: GeneratorContext,
  modes: readonly ScenarioMode[],
  origin: RoundOrigin,
  snapshot: Snapshot,
): PlannedRound {
  const { version, seed, index } = origin;
  const choices = new Choices(`${version} ${seed} ${index} ${snapshot.digest}`);
  if (snapshot.entries.length > 0 && choices.below(2) === 1) {
    const generate = (mode: ScenarioMode) => generated(generator, mode, choices.below(2 ** 31));
    const changed = mutateEntry(generator, modes, snapshot, choices, generate);
    if (changed !== undefined) return changed;
  }
  return { scenario: scenarioOf(generator, modes, origin) };
}

/**
 * The fresh scenario of a round: the same for the same version, seed and index, and the same modes.
 *
 * @throws RangeError when there is no mode
 */
export function scenarioOf(
  generator: GeneratorContext,
  modes: readonly ScenarioMode[],
  origin: RoundOrigin,
): Scenario {
  const { version, seed, index } = origin;
  const digest = createHash('sha256').update(`${version} ${seed} ${index}`).digest();
  const mode = modes[digest.readUInt32LE(4) % modes.length];
  if (mode === undefined) throw new RangeError('a round needs a mode');
  return generated(generator, mode, digest.readInt32LE(0));
}

function generated(generator: GeneratorContext, mode: ScenarioMode, seed: number): Scenario {
  const [scenario] = fc.sample(scenariosOf(generator, mode), { seed, numRuns: 1 });
  if (scenario === undefined) throw new RangeError(`mode ${mode.name} generates nothing`);
  return scenario;
}

/** What a mode generates for a target: it costs as much to say as a small round does to run. */
function scenariosOf(generator: GeneratorContext, mode: ScenarioMode): fc.Arbitrary<Scenario> {
  const known = ARBITRARIES.get(generator) ?? new Map<ScenarioMode, fc.Arbitrary<Scenario>>();
  ARBITRARIES.set(generator, known);
  const scenarios = known.get(mode) ?? mode.scenarios(generator);
  known.set(mode, scenarios);
  return scenarios;
}

const ARBITRARIES = new WeakMap<GeneratorContext, Map<ScenarioMode, fc.Arbitrary<Scenario>>>();
