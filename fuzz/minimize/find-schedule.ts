import type { Scenario } from '../generate/scenario.ts';

/** Schedules under which the window of a parallel round is tried. */
export const SCHEDULES_TRIED = 64;

/**
 * Looks for a schedule under which the window of a parallel round shows what it showed when threads
 * met as they would. Found under one, it can be shrunk and shown again like any other scenario.
 *
 * @returns undefined when none of {@link SCHEDULES_TRIED} does
 */
export async function findSchedule(
  scenario: Scenario,
  shows: (candidate: Scenario) => Promise<boolean>,
): Promise<Scenario | undefined> {
  for (let seed = 0n; seed < BigInt(SCHEDULES_TRIED); seed += 1n) {
    const programs = scenario.programs.map((program) => ({ ...program, seed }));
    const candidate = { ...scenario, programs };
    if (await shows(candidate)) return candidate;
  }
  return undefined;
}
