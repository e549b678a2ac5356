import { DEFAULT_ORIGIN, type KcidbIds, kcidbIds } from '../../reports/formats/kcidb-ids.ts';
import { single } from './options.ts';

const id = (name: string, describe: string) =>
  ({ type: 'string', requiresArg: true, coerce: single(name), describe }) as const;

/** Options that say which ids `--reporter kcidb=…` uses. */
export const kcidbOptions = {
  'kcidb-origin': id('kcidb-origin', `CI system in KCIDB [default: ${DEFAULT_ORIGIN}]`),
  'kcidb-checkout': id('kcidb-checkout', 'Checkout id in KCIDB [default: one of the target]'),
  'kcidb-build': id('kcidb-build', 'Build id in KCIDB [default: one of the target]'),
} as const;

/** {@link kcidbOptions} as they were given. */
export type KcidbArguments = Readonly<Record<keyof typeof kcidbOptions, string | undefined>>;

/** Ids for KCIDB from the options. @throws {@link AllocertError} (usage) */
export const kcidbOf = (given: KcidbArguments): KcidbIds =>
  kcidbIds({
    origin: given['kcidb-origin'],
    checkout: given['kcidb-checkout'],
    build: given['kcidb-build'],
  });
