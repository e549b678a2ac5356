import type { Parts } from './parts.ts';

/**
 * Parts of the machine with a step or two done otherwise. Each gets the part as it is without the
 * defect, or with the defects before it, and returns one that extends it.
 */
export type Overrides = { readonly [Part in keyof Parts]?: (right: Parts[Part]) => Parts[Part] };

/** A bug to switch on in the simulated allocator, so that suites and fuzzer can be tested. */
export interface Defect<Name extends string = string> {
  readonly name: Name;
  /** The mistake of the allocator, in one sentence. */
  readonly summary: string;
  /** Requirements of the catalogue that it should break. */
  readonly breaks: readonly string[];
  /** Parameter of the `sim:` URL without which it cannot show, such as `caller=32`. */
  readonly needs?: string;
  /** Whether it shows in parallel mode: it is in pages, their contents, or descriptors. */
  readonly inParallel: boolean;
  readonly overrides: Overrides;
}

/** A defect as it is written down, under its name. */
export interface DefectEntry extends Overrides {
  /** Ids of requirements, with spaces between. */
  readonly breaks: string;
  readonly summary: string;
  readonly needs?: string;
  readonly inParallel?: true;
}

/** A table of defects by their names. */
export function defects<Name extends string>(
  entries: Readonly<Record<Name, DefectEntry>>,
): readonly Defect<Name>[] {
  return (Object.keys(entries) as Name[]).map((name) => {
    const entry: DefectEntry = entries[name];
    const { breaks, inParallel = false, needs, summary, ...overrides } = entry;
    return {
      name,
      summary,
      breaks: breaks.split(' '),
      ...(needs === undefined ? {} : { needs }),
      inParallel,
      overrides,
    };
  });
}
