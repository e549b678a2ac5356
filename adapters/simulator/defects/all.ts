import { ARGUMENT_DEFECTS } from './arguments.ts';
import { CALL_DEFECTS } from './calls.ts';
import { CONTENT_DEFECTS } from './contents.ts';
import type { Defect, Overrides } from './defect.ts';
import { DESCRIPTOR_DEFECTS } from './descriptors.ts';
import { DEVICE_DEFECTS } from './devices.ts';
import { ERROR_PATH_DEFECTS } from './error-paths.ts';
import { EXTENT_DEFECTS } from './extents.ts';
import { FAULT_DEFECTS } from './faults.ts';
import { GROWTH_DEFECTS } from './growth.ts';
import { LENGTH_DEFECTS } from './lengths.ts';
import { LIFETIME_DEFECTS } from './lifetime.ts';
import { MAPPING_DEFECTS } from './mappings.ts';
import { type Parts, RIGHT } from './parts.ts';
import { RACE_DEFECTS } from './races.ts';
import { RARE_LEAK_DEFECTS } from './rare-leaks.ts';
import { REFERENCE_DEFECTS } from './references.ts';
import { REGISTRY_DEFECTS } from './registry.ts';
import { RULE_DEFECTS } from './rules.ts';
import { SHARING_DEFECTS } from './sharing.ts';
import { SIZE_DEFECTS } from './sizes.ts';
import { TURN_DEFECTS } from './turns.ts';

/** Bugs in how a request is read, checked and answered. */
export const REQUEST_DEFECTS = [
  ...ARGUMENT_DEFECTS,
  ...RULE_DEFECTS,
  ...LENGTH_DEFECTS,
  ...ERROR_PATH_DEFECTS,
] as const;

/** Bugs of buffers: their descriptors, life, mappings, contents and place in the region. */
export const BUFFER_DEFECTS = [
  ...DESCRIPTOR_DEFECTS,
  ...LIFETIME_DEFECTS,
  ...RARE_LEAK_DEFECTS,
  ...GROWTH_DEFECTS,
  ...REFERENCE_DEFECTS,
  ...SHARING_DEFECTS,
  ...CALL_DEFECTS,
  ...MAPPING_DEFECTS,
  ...CONTENT_DEFECTS,
  ...SIZE_DEFECTS,
  ...EXTENT_DEFECTS,
  ...TURN_DEFECTS,
] as const;

/** Bugs that show only when allocations of the kernel fail: a sweep sees them, no suite does. */
/** Bugs that show only when several things happen at once. */
export { FAULT_DEFECTS, RACE_DEFECTS };

/** Every defect that the suites see. Most were real, of this RFC or of the allocators after it. */
export const DEFECTS = [
  ...REQUEST_DEFECTS,
  ...BUFFER_DEFECTS,
  ...DEVICE_DEFECTS,
  ...REGISTRY_DEFECTS,
  ...RACE_DEFECTS,
] as const;

/** Every defect that can be switched on. */
export const ALL_DEFECTS = [...DEFECTS, ...FAULT_DEFECTS] as const;

/** The name of a defect. */
export type DefectName = (typeof ALL_DEFECTS)[number]['name'];

/** The names of defects that are switched on; empty for none. */
export type DefectNames = ReadonlySet<DefectName>;

/** Whether a name is one of a defect. */
export const isDefectName = (name: string): name is DefectName =>
  ALL_DEFECTS.some((defect) => defect.name === name);

const switchedOn = (names: DefectNames): readonly Defect[] =>
  ALL_DEFECTS.filter(({ name }) => names.has(name));

/** Whether parallel mode shows every one of these defects. */
export const showsInParallel = (names: DefectNames): boolean =>
  switchedOn(names).every(({ inParallel }) => inParallel);

/** The parts of a machine with these defects, one over the other in the order of the tables. */
export function partsWith(names: DefectNames): Parts {
  const parts = { ...RIGHT };
  for (const { overrides } of switchedOn(names)) {
    for (const part of Object.keys(overrides) as (keyof Parts)[]) replace(parts, part, overrides);
    // 32-bit programs meet the mistakes of the common function, and then their own.
    const common = overrides.HardenedIoctl;
    if (common !== undefined) parts.CompatIoctl = common(parts.CompatIoctl);
  }
  return parts;
}

type Replaceable = { -readonly [Part in keyof Parts]: Parts[Part] };

function replace<Part extends keyof Parts>(
  parts: Replaceable,
  part: Part,
  overrides: Overrides,
): void {
  const override: ((right: Parts[Part]) => Parts[Part]) | undefined = overrides[part];
  if (override !== undefined) parts[part] = override(parts[part]);
}
