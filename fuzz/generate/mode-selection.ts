/** The mode whose rounds are run by several threads at once on one region. */
export const PARALLEL = 'parallel';
/** Asks for every mode that the target can run, {@link PARALLEL} included. */
export const ALL = 'all';

/**
 * The modes that are asked for by name and made of Programs; none for all of them.
 *
 * @param modes as typed
 */
export const ordinaryModes = (modes: readonly string[]): readonly string[] =>
  modes.includes(ALL) ? [] : modes.filter((mode) => mode !== PARALLEL);

/**
 * The names of the modes of a campaign. Threads never meet twice in the same way, so that rounds of
 * {@link PARALLEL} cannot be repeated; they have to be asked for.
 *
 * @param ordinary the names of the other modes that it has
 * @param able whether threads can use the target together
 */
export function modeNames(
  wanted: readonly string[],
  ordinary: readonly string[],
  able: boolean,
): readonly string[] {
  if (wanted.includes(ALL)) return able ? [...ordinary, PARALLEL] : ordinary;
  if (!wanted.includes(PARALLEL)) return ordinary;
  return wanted.length === 1 ? [PARALLEL] : [...ordinary, PARALLEL];
}

/**
 * Whether a round is one of {@link PARALLEL}: each mode has its turn.
 *
 * @param modes of the campaign, by {@link modeNames}
 */
export const isParallel = (modes: readonly string[], index: number): boolean =>
  modes.includes(PARALLEL) && index % modes.length === modes.length - 1;
