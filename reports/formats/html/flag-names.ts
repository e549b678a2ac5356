import { linux } from '../../../adapters/contract/index.ts';
import { hexOf } from '../../../adapters/contract/program-json.ts';

type Names = Readonly<Record<string, bigint>>;

/** Names of constants whose value is a number. */
type ConstantName = {
  [Name in keyof typeof linux]: (typeof linux)[Name] extends bigint ? Name : never;
}[keyof typeof linux];

const OPEN = named(
  'O_RDWR',
  'O_WRONLY',
  'O_CREAT',
  'O_TRUNC',
  'O_APPEND',
  'O_NONBLOCK',
  'O_DIRECT',
  'O_CLOEXEC',
  'O_PATH',
);
const PROTECTION = named('PROT_READ', 'PROT_WRITE');
const MAP = named('MAP_SHARED', 'MAP_PRIVATE', 'MAP_LOCKED', 'MAP_NORESERVE', 'MAP_POPULATE');

function named(...names: readonly ConstantName[]): Names {
  return Object.fromEntries(names.map((name) => [name, linux[name]]));
}

/** Flags as `open` and a request's flags field take them, by name where all of them are known. */
export const openFlagNames = (value: bigint): string => textOf(value, OPEN, 'O_RDONLY');

/** Flags of an operation's argument by name; undefined when it is no such argument. */
export function flagsText(op: string, argument: string, value: bigint): string | undefined {
  if (op === 'open' && argument === 'flags') return openFlagNames(value);
  if (op === 'mmap' && argument === 'flags') return textOf(value, MAP, '0');
  return argument === 'protection' ? textOf(value, PROTECTION, 'PROT_NONE') : undefined;
}

/** A value with an unknown bit stays a number. */
function textOf(value: bigint, names: Names, none: string): string {
  if (value === 0n) return none;
  const set = Object.entries(names).filter(([, bit]) => (value & bit) === bit);
  const known = set.reduce((sum, [, bit]) => sum | bit, 0n);
  return known === value ? set.map(([name]) => name).join(' | ') : hexOf(value);
}
