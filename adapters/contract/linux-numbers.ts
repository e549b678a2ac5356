import * as linux from './linux.ts';

type Constant = {
  [Name in keyof typeof linux]: (typeof linux)[Name] extends bigint ? Name : never;
}[keyof typeof linux];

/**
 * The constants of `linux.ts` as plain numbers, for code whose own values are: what a simulated
 * system call gets in its registers, or what a file format holds in 32 bits.
 */
export const linuxNumbers = Object.fromEntries(
  Object.entries(linux)
    .filter(([, value]) => typeof value === 'bigint')
    .map(([name, value]) => [name, Number(value)]),
) as Readonly<Record<Constant, number>>;
