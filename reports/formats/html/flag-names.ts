import { linux } from '../../../adapters/contract/index.ts';
import { hexOf } from '../../../adapters/contract/program-json.ts';

type Names = Readonly<Record<string, bigint>>;

const OPEN: Names = named('O_', ['RDWR', 'WRONLY', 'CREAT', 'TRUNC', 'APPEND', 'NONBLOCK']);
const OPEN_MORE: Names = named('O_', ['DIRECT', 'CLOEXEC', 'PATH']);
const PROTECTION: Names = named('PROT_', ['READ', 'WRITE']);
const MAP: Names = named('MAP_', ['SHARED', 'PRIVATE', 'LOCKED', 'NORESERVE', 'POPULATE']);

function named(prefix: string, names: readonly string[]): Names {
  const constants = linux as unknown as Names;
  return Object.fromEntries(names.map((name) => [prefix + name, constants[prefix + name] ?? 0n]));
}

/** Flags as `open` and a request's flags field take them, by name where all of them are known. */
export const openFlagNames = (value: bigint): string =>
  textOf(value, { ...OPEN, ...OPEN_MORE }, 'O_RDONLY');

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
