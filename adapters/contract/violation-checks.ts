/**
 * Checks of what adapters of others answer. Each names the place of what is wrong, what is wanted
 * there, and what was there instead.
 */

class Violation extends Error {}

/** The members of an object that nothing is known of. */
export type Members = Readonly<Record<string, unknown>>;

const SHOWN_MAX = 40;

/** The first violation of checks, as a phrase; undefined when there is none. */
export function firstViolation(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof Violation) return thrown.message;
    throw thrown;
  }
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value instanceof Uint8Array) return 'bytes';
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'string') return String(value);
  return value.length <= SHOWN_MAX ? JSON.stringify(value) : 'a long text';
}

/** @param wanted what must be there, as the end of a phrase */
export function refuse(place: string, wanted: string, value: unknown): never {
  throw new Violation(`${place} must be ${wanted}, not ${shown(value)}`);
}

export function members(value: unknown, place: string): Members {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Members;
  return refuse(place, 'an object', value);
}

/** @param length how long it is; left out: any length */
export function list(value: unknown, place: string, length?: number): readonly unknown[] {
  if (Array.isArray(value) && (length === undefined || value.length === length)) return value;
  return refuse(place, length === undefined ? 'a list' : `a list of ${length}`, value);
}

export function typed(value: unknown, type: 'bigint' | 'boolean' | 'string', place: string): void {
  const words = { bigint: 'a bigint', boolean: 'true or false', string: 'a text' };
  if (typeof value !== type) refuse(place, words[type], value);
}

/** A member that may be left out, and is a bigint otherwise. */
export function maybeBigint(value: unknown, place: string): void {
  if (value !== undefined) typed(value, 'bigint', place);
}

export function named(value: unknown, pattern: RegExp, wanted: string, place: string): void {
  if (typeof value !== 'string' || !pattern.test(value)) refuse(place, wanted, value);
}

/** A whole number of at least 1 that is counted or measured in. */
export function positive(value: unknown, place: string): void {
  if (!Number.isSafeInteger(value) || Number(value) < 1) {
    refuse(place, 'a whole number above 0', value);
  }
}

/** @param choices the values that are allowed */
export function oneOf(value: unknown, choices: readonly unknown[], place: string): void {
  if (!choices.includes(value)) refuse(place, `one of ${choices.join(', ')}`, value);
}

/** A name of a member, short and in quotes. */
export const printableName = (name: string): string => JSON.stringify(name.slice(0, SHOWN_MAX));
