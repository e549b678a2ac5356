import fc from 'fast-check';

/** How often a kind of step may come for each time that another one does; 0 leaves it out. */
const WEIGHTS = [0, 0, 1, 1, 2, 4] as const;

/**
 * Which kinds of steps a round has, and how often each: every round draws its own, and leaves some
 * out altogether. What one kind hides (a close that ends every life early) then cannot hide it in
 * all rounds, and rounds of few kinds go deeper into these. Source: Groce et al., Swarm Testing,
 * ISSTA 2012.
 *
 * @param kinds what there is to choose from; each round has at least one of them
 * @returns kinds, each as many times as it weighs
 */
export function swarm<Kind extends string>(kinds: readonly Kind[]): fc.Arbitrary<readonly Kind[]> {
  const weights = fc.array(fc.constantFrom(...WEIGHTS), {
    minLength: kinds.length,
    maxLength: kinds.length,
  });
  return weights.map((drawn) => {
    const chosen = kinds.flatMap((kind, index) => Array<Kind>(drawn[index] ?? 0).fill(kind));
    return chosen.length === 0 ? kinds : chosen;
  });
}

/**
 * Lists of steps whose kinds come as a swarm has them.
 *
 * @param step makes steps of the kinds given
 */
export const swarming = <Kind extends string, Step>(
  kinds: readonly Kind[],
  step: (kind: fc.Arbitrary<Kind>) => fc.Arbitrary<Step>,
): fc.Arbitrary<Step> => swarm(kinds).chain((chosen) => step(fc.constantFrom(...chosen)));
