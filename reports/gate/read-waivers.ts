import { usageError } from '../../base/errors.ts';
import { readJson } from '../../base/read-json.ts';
import { schemaViolation } from '../files/schema.ts';
import type { Waiver } from '../record/gate-outcome.ts';

const ADVICE = 'name another file of waivers; an empty one is { "version": 1, "waivers": [] }';

/**
 * Reads a waiver file, `reports/schema/waivers.schema.json`.
 *
 * @throws {@link AllocertError} (usage) when there is none, it does not fit the schema, a date does
 * not exist, or two waivers say the same
 */
export function readWaivers(file: string): readonly Waiver[] {
  const value = readJson(file, ADVICE);
  const violation = schemaViolation('waivers', value);
  if (violation !== undefined) {
    throw usageError(`${file} is not a waiver file: ${violation}; docs/ci.md shows one`);
  }
  const { waivers } = value as { readonly waivers: readonly Waiver[] };
  const seen = new Map<string, number>();
  for (const [index, waiver] of waivers.entries()) {
    const place = `${file}: waiver ${index + 1}, of ${waiver.id},`;
    if (waiver.expires !== undefined && !isDay(waiver.expires)) {
      throw usageError(
        `${place} expires on ${waiver.expires}, which is not a day; correct the date`,
      );
    }
    const { id, target, case: case_, profile } = waiver;
    const scope = JSON.stringify([id, target, case_, profile]);
    const twin = seen.get(scope);
    if (twin !== undefined) {
      throw usageError(`${place} covers the same as waiver ${twin}; remove one of them`);
    }
    seen.set(scope, index + 1);
  }
  return waivers;
}

/** Whether `YYYY-MM-DD` names a day that exists; Date would make March of a 31 February. */
export function isDay(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && dayOf(new Date(time)) === text;
}

/** The day of an instant in UTC, `YYYY-MM-DD`, as waivers name their last one. */
export const dayOf = (instant: Date): string => instant.toISOString().slice(0, 10);
