import { randomBytes } from 'node:crypto';
import { usageError } from '../../base/errors.ts';
import { chooseFrom } from '../../base/nearest.ts';
import { ALL, PARALLEL } from '../../fuzz/generate/mode-selection.ts';
import { MODES } from '../../fuzz/generate/modes.ts';

const UNITS: Readonly<Record<string, bigint>> = { KiB: 1n << 10n, MiB: 1n << 20n, GiB: 1n << 30n };
const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/** Bytes for the live buffers of a scenario when nothing is said. */
export const DEFAULT_MEMORY_LIMIT = '8MiB';
const WORKERS_MAX = 64;

/** A seed by chance. */
export const randomSeed = (): bigint => BigInt(`0x${randomBytes(8).toString('hex')}`);

/** A seed as typed. @throws {@link AllocertError} (usage) */
export function seedOf(text: string): bigint {
  if (/^([0-9]+|0x[0-9a-f]+)$/i.test(text)) return BigInt.asUintN(64, BigInt(text));
  throw usageError(`--seed cannot be "${text}"; give a number such as 7 or 0x7`);
}

/** A whole number as typed. @throws {@link AllocertError} (usage) */
export function wholeNumber(option: string, text: string): number {
  if (/^[1-9][0-9]{0,11}$/.test(text)) return Number(text);
  throw usageError(`--${option} cannot be "${text}"; give a whole number from 1`);
}

/** A time as typed, in milliseconds. @throws {@link AllocertError} (usage) */
export function milliseconds(text: string): number {
  const [, digits, unit] = /^([1-9][0-9]{0,6})(s|m|h)$/.exec(text) ?? [];
  if (digits === undefined) {
    throw usageError(`--duration cannot be "${text}"; write it as 15s, 10m or 1h`);
  }
  return Number(digits) * (SECONDS[unit ?? ''] ?? 1) * 1000;
}

/** A size as typed, in bytes. @throws {@link AllocertError} (usage) */
export function bytes(text: string): bigint {
  const [, digits, unit] = /^([1-9][0-9]{0,6})(KiB|MiB|GiB)$/.exec(text) ?? [];
  if (digits === undefined) {
    throw usageError(`--memory-limit cannot be "${text}"; write it as 512KiB, 8MiB or 1GiB`);
  }
  return BigInt(digits) * (UNITS[unit ?? ''] ?? 1n);
}

/** Names of modes, separated by commas. @throws {@link AllocertError} (usage) */
export function modesOf(list: string | undefined): readonly string[] {
  const names = (list ?? '').split(',').filter((name) => name !== '');
  const known = [...MODES.map(({ name }) => name), PARALLEL, ALL];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return names;
  throw usageError(`there is no mode "${unknown}"; ${chooseFrom(unknown, known)}`);
}

/** How many worker threads, as typed. @throws {@link AllocertError} (usage) */
export function workersOf(text: string): number {
  if (/^[1-9][0-9]?$/.test(text) && Number(text) <= WORKERS_MAX) return Number(text);
  throw usageError(`--workers cannot be "${text}"; give a whole number from 1 to ${WORKERS_MAX}`);
}
