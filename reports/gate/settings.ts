import { usageError } from '../../base/errors.ts';
import { meant } from '../../base/nearest.ts';
import { type FailOn, type GateSettings, LEVELS } from '../record/gate-outcome.ts';
import { PLAIN_GATE } from './gate.ts';
import { readBaseline } from './read-baseline.ts';
import { dayOf, readWaivers } from './read-waivers.ts';

/** Options of a gate as typed; an option that was not typed is left out. */
export interface GateArgs {
  readonly failOn?: string | undefined;
  readonly failOnFlaky?: boolean | undefined;
  readonly maxSkips?: number | undefined;
  /** Path of a record or a report folder. */
  readonly baseline?: string | undefined;
  /** Path of a waiver file. */
  readonly waivers?: string | undefined;
}

/**
 * The gate that was asked for, with its files read; undefined when none was asked for.
 *
 * @param now decides which waivers have expired
 * @throws {@link AllocertError} (usage) for a file that cannot be used
 */
export function readGate(words: GateArgs, now: Date = new Date()): GateSettings | undefined {
  const { failOn, failOnFlaky, maxSkips, baseline, waivers } = words;
  const typed = [failOn, failOnFlaky, maxSkips, baseline, waivers];
  if (typed.every((value) => value === undefined)) return undefined;
  return {
    failOn: levelOf(failOn ?? PLAIN_GATE.failOn),
    failOnFlaky: failOnFlaky ?? PLAIN_GATE.failOnFlaky,
    ...(maxSkips === undefined ? {} : { maxSkips }),
    waivers: waivers === undefined ? [] : readWaivers(waivers),
    ...(baseline === undefined ? {} : { baseline: readBaseline(baseline) }),
    today: dayOf(now),
  };
}

function levelOf(text: string): FailOn {
  const found = LEVELS.find((level) => level === text);
  if (found !== undefined) return found;
  throw usageError(`--fail-on takes ${LEVELS.join(' or ')}, not "${text}"${meant(text, LEVELS)}`);
}
