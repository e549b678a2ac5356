import { toJson } from '../../adapters/contract/index.ts';
import { type AllocertError, machineError } from '../../base/errors.ts';

/** Where something says otherwise than what follows from what is below it. */
export interface FieldDifference {
  /** The field, such as `cases[ISO-01/reuse].end`. */
  readonly field: string;
  /** Undefined where the field is missing, or was not to be there. */
  readonly says: unknown;
  readonly follows: unknown;
}

/**
 * The error for a file that says otherwise than what follows from what is below it.
 *
 * @param by what contradicts it, such as `its own cases`
 * @param what the place, what it says there and what follows, as a clause
 */
export const contradictionIn = (file: string, by: string, what: string): AllocertError =>
  machineError(`${file} is contradicted by ${by}: ${what}; one of them was changed, so restore it`);

/** The same for a field, with what it says and what follows. */
export const contradiction = (
  file: string,
  by: string,
  { field, says, follows }: FieldDifference,
): AllocertError => contradictionIn(file, by, `${field} ${saying(says)}, and ${followed(follows)}`);

const saying = (value: unknown): string =>
  value === undefined ? 'is missing' : `says ${shown(value)}`;

const followed = (value: unknown): string =>
  value === undefined ? 'nothing of that kind follows' : `${shown(value)} follows`;

/** Long texts are of no use in a sentence. */
const SHOWN_MAX = 160;

function shown(value: unknown): string {
  const text = JSON.stringify(toJson(value)) ?? 'nothing';
  return text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX)}…`;
}

/** The first place in which two values differ, as text forms; undefined when they are the same. */
export function firstDifference(
  says: unknown,
  follows: unknown,
  field = '',
): FieldDifference | undefined {
  if (says === follows) return undefined;
  if (Array.isArray(says) && Array.isArray(follows)) {
    if (says.length !== follows.length && says.every(isPlain) && follows.every(isPlain)) {
      return { field, says, follows };
    }
    const names = [...says, ...follows].every(isPlain) ? [] : follows.map(nameOf);
    for (let at = 0; at < Math.max(says.length, follows.length); at += 1) {
      const name = names[at] ?? nameOf(says[at], at);
      const found = firstDifference(says[at], follows[at], `${field}[${name}]`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (isObject(says) && isObject(follows)) {
    for (const key of new Set([...Object.keys(follows), ...Object.keys(says)])) {
      const inner = field === '' ? key : `${field}.${key}`;
      const found = firstDifference(says[key], follows[key], inner);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  return { field, says, follows };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isPlain = (value: unknown): boolean => typeof value !== 'object';

/** Names of members that tell the elements of a list apart. */
const NAMES = ['id', 'case', 'claim', 'requirement', 'profile', 'signature', 'name'] as const;

function nameOf(value: unknown, at: number): string {
  if (!isObject(value)) return String(at);
  const words = NAMES.map((name) => value[name]).filter((word) => typeof word === 'string');
  return words.length === 0 ? String(at) : words.join(' ');
}
