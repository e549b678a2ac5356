import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { AbiName } from '../adapters/contract/index.ts';
import { usageError } from '../base/errors.ts';
import { meant } from '../base/nearest.ts';
import { packageRoot } from '../base/package-root.ts';
import { CatalogueFiles } from './catalogue-files.ts';
import type { ProfileFacts, RequirementFacts } from './facts.ts';

/** A requirement as the catalogue holds it. */
export interface Requirement extends RequirementFacts {
  /** How it is observed, for readers. */
  readonly observe: string;
  /** Where the text is silent, or text and code disagree: the choice that was made, and why. */
  readonly interpretation?: string;
  /** Why no case can observe it; a requirement has a case or this. */
  readonly unobservable?: string;
  /** Observed for the reader's sake: no verdict but `info` ever follows from it. */
  readonly reportOnly?: boolean;
  /** The optional feature that it is about; what every target must do is none. */
  readonly feature?: FeatureFacts;
  /** Per profile, per role of an observation: the words that are as they should be. */
  readonly expect: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** Something that a product may have or not, as a requirement tells it. */
export interface FeatureFacts {
  /** What statements call it. */
  readonly name: string;
  /** It, in a phrase. */
  readonly title: string;
  /** Words that show that it is there; left out: the requirement holds. */
  readonly present?: readonly string[];
  /** Words that show that it is not; left out: the requirement does not hold. */
  readonly absent?: readonly string[];
}

/** Versions of a kernel, the last one excluded; a stable series has a range of its own. */
export interface KernelRange {
  readonly from: string;
  /** The first version without the deviation; left out: there is none so far. */
  readonly until?: string;
}

/** A deviation that is known of a profile's implementations: it warns instead of failing. */
export interface KnownDeviation {
  readonly requirement: string;
  readonly role: string;
  readonly observed: readonly string[];
  /** The kernels in words. */
  readonly kernel: string;
  /** The kernels by version; others are not excused. */
  readonly kernels: readonly KernelRange[];
  readonly source: string;
  readonly fixedIn: string | null;
  readonly note: string;
}

/** A known deviation that does not excuse the target, with the reason. */
export interface LapsedDeviation extends KnownDeviation {
  readonly why: string;
}

/** An ABI together with the authorities that bind. */
export interface Profile extends ProfileFacts {
  readonly abi: AbiName;
  readonly title: string;
  /** The profile that decides when none is asked for. */
  readonly default?: boolean;
  readonly known: readonly KnownDeviation[];
  /** Of a profile that judges one target: deviations that do not excuse it, see known.ts. */
  readonly lapsed?: readonly LapsedDeviation[];
}

/** A field of the allocation argument. */
export interface AbiField {
  readonly offset: number;
  readonly width: 4 | 8;
  readonly signed?: boolean;
  /** Written by the implementation on success. */
  readonly output?: boolean;
}

/** The purpose of a field; suites speak of roles, an ABI says where they lie. */
export type Role = 'version' | 'length' | 'flags' | 'reserved1' | 'reserved2' | 'descriptor';

/** How a request is encoded. */
export interface Abi {
  readonly name: AbiName;
  readonly source: string;
  /** Where this ABI's own text states a rule that the catalogue quotes from another one. */
  readonly sources?: Readonly<Record<string, RequirementFacts['source']>>;
  /** Name of the argument's structure in C. */
  readonly structure: string;
  readonly command: { readonly type: string; readonly nr: number; readonly size: number };
  readonly fields: Readonly<Partial<Record<Role, AbiField>>> &
    Readonly<Record<'length' | 'flags' | 'descriptor', AbiField>>;
}

/** All rules as data. */
export interface Catalogue {
  readonly requirements: readonly Requirement[];
  readonly profiles: readonly Profile[];
  readonly abis: readonly Abi[];
}

interface Group {
  readonly group: string;
  readonly requirements: readonly Omit<Requirement, 'group'>[];
}

let loaded: Catalogue | undefined;

/**
 * The catalogue of this package, read once and checked against its schema.
 *
 * @throws Error naming the file and the place when a file does not fit the schema
 */
export function catalogue(): Catalogue {
  loaded ??= loadCatalogue(join(packageRoot(), 'catalogue'));
  return loaded;
}

/**
 * Does something under other rules than those of this package, such as the ones that a certificate
 * pins. Nothing else of this process may judge meanwhile.
 */
export async function underCatalogue<T>(rules: Catalogue, work: () => Promise<T>): Promise<T> {
  const before = catalogue();
  loaded = rules;
  try {
    return await work();
  } finally {
    loaded = before;
  }
}

/** Reads a catalogue from a folder laid out as `catalogue`; see {@link catalogue}. */
export function loadCatalogue(folder: string, files = new CatalogueFiles(folder)): Catalogue {
  const read = <T>(sub: string, definition: string): T[] => {
    const names = readdirSync(join(folder, sub)).toSorted();
    return names.map((name) => files.read(`${sub}/${name}`, definition) as T);
  };
  const groups = read<Group>('requirements', 'group');
  return {
    requirements: groups.flatMap(({ group, requirements }) =>
      requirements.map((requirement) => ({ group, ...requirement })),
    ),
    profiles: read<Profile>('profiles', 'profile'),
    abis: read<Abi>('abi', 'abi'),
  };
}

/**
 * The profile of that name.
 *
 * @throws {@link AllocertError} naming the ones that exist
 */
export function profileNamed(name: string): Profile {
  const { profiles } = catalogue();
  const found = profiles.find((profile) => profile.name === name);
  if (found !== undefined) return found;
  const known = profiles.map((profile) => profile.name);
  throw usageError(
    `there is no profile "${name}"; choose one of ${known.join(', ')}${meant(name, known)}`,
  );
}

/** The ABI of that name. */
export function abiNamed(name: AbiName): Abi {
  const found = catalogue().abis.find((abi) => abi.name === name);
  if (found === undefined) throw new Error(`the catalogue has no ABI ${name}`);
  return found;
}

/** The profiles of an ABI, the default one first. */
export function profilesOf(abi: AbiName): readonly Profile[] {
  const ofAbi = catalogue().profiles.filter((profile) => profile.abi === abi);
  return ofAbi.toSorted((a, b) => Number(b.default === true) - Number(a.default === true));
}

/** The requirement of that id. */
export function requirementOf(id: string): Requirement {
  const found = catalogue().requirements.find((requirement) => requirement.id === id);
  if (found === undefined) throw new Error(`the catalogue has no requirement ${id}`);
  return found;
}

/** The requirements to which at least one profile of the ABI gives an expectation. */
export function requirementsFor(abi: AbiName): readonly Requirement[] {
  const names = profilesOf(abi).map((profile) => profile.name);
  return catalogue().requirements.filter((requirement) =>
    names.some((name) => requirement.expect[name] !== undefined),
  );
}
