import { REPORTERS } from '../../reports/reporters.ts';

/** `--reporter NAME=PATH`; one value each, so that a directory may follow it. */
export const reporterOption = {
  type: 'string',
  array: true,
  nargs: 1,
  default: [] as readonly string[],
  describe: `Also write NAME=PATH, - for the output; ${Object.keys(REPORTERS).join(', ')}`,
} as const;
