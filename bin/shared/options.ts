import { usageError } from '../../base/errors.ts';
import { LEVELS } from '../../reports/record/gate-outcome.ts';

/** Refuses an option that is empty or given more than once; parsers would make a list of it. */
export const single =
  (option: string) =>
  (value: string | readonly string[] | undefined): string | undefined => {
    if (value === undefined) return undefined;
    if (typeof value !== 'string') throw usageError(`give --${option} only once`);
    if (value.trim() === '') throw usageError(`--${option} is empty; give it a value`);
    return value;
  };

/**
 * Ids in a list as typed: a comma or a blank stands between two.
 *
 * @throws {@link AllocertError} (usage) when the list was typed and names nothing, since an empty
 *   variable in a script must not choose everything
 */
export function idsIn(given: readonly string[] | undefined, option = 'only'): readonly string[] {
  const ids = (given ?? []).flatMap((text) => text.split(/[\s,]+/)).filter(Boolean);
  if (given !== undefined && given.length > 0 && ids.length === 0) {
    throw usageError(`--${option} is empty; name something or leave it out`);
  }
  return ids;
}

const PARTS_MAX = 9999;

/** A part of a run as typed: `2/3` is the second of three. @throws {@link AllocertError} (usage) */
export function parseShard(
  text: string | undefined,
): { readonly index: number; readonly count: number } | undefined {
  if (text === undefined) return undefined;
  const [, index = 0, count = 0] = (/^([1-9]\d*)\/([1-9]\d*)$/.exec(text) ?? []).map(Number);
  if (index >= 1 && index <= count && count <= PARTS_MAX) return { index, count };
  throw usageError(
    `--shard cannot be "${text}"; write it as 2/3 for the second of three parts, ` +
      `of at most ${PARTS_MAX}`,
  );
}

const COUNT_MAX = 1_000_000;

/** Targets that work at once, at most. */
export const JOBS_MAX = 64;

/** Refuses what is not a whole number between two bounds. */
export const countOption =
  (option: string, max = COUNT_MAX, min = 0) =>
  (value: string | readonly string[] | undefined): number | undefined => {
    const text = single(option)(value);
    if (text === undefined) return undefined;
    const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (number >= min && number <= max) return number;
    throw usageError(`--${option} takes a whole number from ${min} to ${max}, not "${text}"`);
  };

const text = (option: string, describe: string) =>
  ({ type: 'string', requiresArg: true, coerce: single(option), describe }) as const;

/** Options that decide the exit code beside the verdicts; docs/ci.md has all of it. */
export const gateOptions = {
  'fail-on': text('fail-on', `Least level that fails: ${LEVELS.join(' or ')} [default: must]`),
  baseline: text('baseline', 'Earlier record or report folder: only failures that it lacks fail'),
  waivers: text('waivers', 'File of failures that are let pass until a day'),
  'fail-on-flaky': {
    type: 'boolean',
    describe: 'Exit with 4 when a failure was gone in another run of its case',
  },
  'max-skips': {
    type: 'string',
    requiresArg: true,
    coerce: countOption('max-skips'),
    describe: 'Exit with 3 when more cases than this skipped',
  },
} as const;

const RETRIES_MAX = 100;

/** The last line of help of commands that judge. */
export const EXIT_CODES =
  'Exit codes: 0 conformant, 1 not, 2 usage, 3 incomplete, 4 flaky; see docs/ci.md.';

/** The last line of help of commands that only print. */
export const PRINT_CODES = 'Exit codes: 0 printed, 2 usage.';

/** `--retries N` */
export const retriesOption = {
  type: 'string',
  requiresArg: true,
  coerce: countOption('retries', RETRIES_MAX),
  describe: 'Retry failed or inconclusive cases up to this many times [default: 0]',
} as const;

/** `--only IDS`, as commands that run cases take it. */
export const onlyOption = {
  type: 'string',
  array: true,
  requiresArg: true,
  describe: 'Only these requirements or cases: ids, their beginnings, patterns (ISO-*), groups',
} as const;

/** `--quiet` and `--verbose`, of commands that take a while. */
export const outputOptions = {
  quiet: { type: 'boolean', describe: 'Print only failures and the verdict, and no progress' },
  verbose: { type: 'boolean', describe: 'Print also how each case ended, on standard error' },
} as const;
