import type { ScenarioMode } from '../generate/modes.ts';
import type { GeneratorContext, Scenario } from '../generate/scenario.ts';
import { withoutIdleThreads } from '../generate/scenario.ts';
import type { Choices } from './choices.ts';
import { entryFrom } from './entry.ts';
import { mutationsOf } from './mutations.ts';
import { isSafe } from './safety.ts';
import type { Snapshot } from './snapshot.ts';

/** Changes to one scenario at most. */
const CHANGES_MAX = 4;

/** A scenario that an entry of the corpus became. */
export interface Mutant {
  readonly scenario: Scenario;
  /** Digest of the entry. */
  readonly parent: string;
}

/**
 * Changes an entry of the corpus in one to four ways.
 *
 * @param generate a fresh scenario of a mode, from which operations may come
 * @returns undefined when the entry that was chosen has no mode here
 */
export function mutateEntry(
  generator: GeneratorContext,
  modes: readonly ScenarioMode[],
  { entries }: Snapshot,
  choices: Choices,
  generate: (mode: ScenarioMode) => Scenario,
): Mutant | undefined {
  const entry = choices.from(entries);
  const mode = modes.find(({ name }) => name === entry?.mode);
  if (entry === undefined || mode === undefined) return undefined;
  const means = { generator, choices, fresh: generate(mode) };
  let { programs } = entryFrom(entry.text);
  const changes = 1 + choices.below(CHANGES_MAX);
  for (let change = 0; change < changes; change += 1) {
    const mutation = choices.from(mutationsOf(mode.name));
    const changed =
      mutation === undefined ? programs : withoutIdleThreads(mutation(programs, means));
    // One change that goes too far does not spoil those before it.
    if (isSafe(generator, { mode: mode.name, programs: changed })) programs = changed;
  }
  return { scenario: { mode: mode.name, programs }, parent: entry.digest };
}
