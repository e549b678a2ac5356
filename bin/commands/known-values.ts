import { ARCHITECTURES } from '../../adapters/executor/build/architectures.ts';
import { SCHEMES } from '../../adapters/open-target.ts';
import { KERNELS } from '../../adapters/vm/kernels/registry.ts';
import type { KnownValues } from '../../config/completions.ts';
import { ALL, PARALLEL } from '../../fuzz/generate/mode-selection.ts';
import { MODES } from '../../fuzz/generate/modes.ts';
import { LEVELS } from '../../reports/record/gate-outcome.ts';
import { REPORTERS } from '../../reports/reporters.ts';
import { CASES, catalogue } from '../../suites/index.ts';

const groups = (): readonly string[] => [
  ...new Set(catalogue().requirements.map(({ group }) => group)),
];

const ids = (): readonly string[] => [
  ...groups(),
  ...catalogue().requirements.map(({ id }) => id),
  ...CASES.map(({ id }) => id),
];

/** Beginnings of targets, and whole ones that need nothing else. */
const targets = (): readonly string[] => SCHEMES.map(({ scheme }) => `${scheme}:`);

/** Values that shells offer, by the names of options and positionals. */
export const KNOWN_VALUES: KnownValues = {
  arch: () => ARCHITECTURES,
  'fail-on': () => LEVELS,
  group: groups,
  ids,
  kernel: () => KERNELS.map(({ name }) => name),
  left: targets,
  level: () => ['MUST', 'SHOULD', 'MAY'],
  modes: () => [...MODES.map(({ name }) => name), PARALLEL, ALL],
  only: ids,
  profile: () => catalogue().profiles.map(({ name }) => name),
  reporter: () => Object.keys(REPORTERS).map((name) => `${name}=`),
  right: targets,
  target: targets,
  targets,
};
