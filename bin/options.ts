import { usageError } from '../adapters/contract/errors.ts';
import { REPORTERS } from '../reports/reporters.ts';

/** Refuses an option that is empty or given more than once; parsers would make a list of it. */
export const single =
  (option: string) =>
  (value: string | readonly string[] | undefined): string | undefined => {
    if (value === undefined) return undefined;
    if (typeof value !== 'string') throw usageError(`give --${option} only once`);
    if (value.trim() === '') throw usageError(`--${option} is empty; give it a value`);
    return value;
  };

/** `--reporter NAME=PATH`; one value each, so that a directory may follow it. */
export const reporterOption = {
  type: 'string',
  array: true,
  nargs: 1,
  default: [] as readonly string[],
  describe: `Also write NAME=PATH, - for the output; ${Object.keys(REPORTERS).join(', ')}`,
} as const;

/** A part of a run as typed: `2/3` is the second of three. @throws {@link AllocertError} (usage) */
export function parseShard(
  text: string | undefined,
): { readonly index: number; readonly count: number } | undefined {
  if (text === undefined) return undefined;
  const [, index = 0, count = 0] = (/^([1-9]\d{0,3})\/([1-9]\d{0,3})$/.exec(text) ?? []).map(
    Number,
  );
  if (index >= 1 && index <= count) return { index, count };
  throw usageError(`--shard cannot be "${text}"; write it as 2/3 for the second of three parts`);
}
