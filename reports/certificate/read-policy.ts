import type { KeyObject } from 'node:crypto';
import { usageError } from '../../base/errors.ts';
import { readJson } from '../../base/read-json.ts';
import { schemaViolation } from '../files/schema.ts';
import type { WaiverKind } from '../record/gate-outcome.ts';
import { keyId, publicKeyIn } from './keys.ts';

/** Whose a key is. */
export type KeyRole = 'vendor' | 'confirmer' | 'lab';

/** How much a certificate is worth: signed by its vendor, by a second machine too, by a lab. */
export const STRENGTHS = ['self', 'confirmed', 'lab'] as const;

export type Strength = (typeof STRENGTHS)[number];

/** A public key that somebody trusts. */
export interface TrustedKey {
  readonly name: string;
  /** Undefined for a key that the command line named. */
  readonly role: KeyRole | undefined;
  readonly id: string;
  readonly key: KeyObject;
}

/** What somebody accepts as a certificate, `reports/schema/policy.schema.json`. */
export interface Policy {
  readonly keys: readonly TrustedKey[];
  readonly strength: Strength;
  readonly waivers: readonly WaiverKind[];
  /** The least version of allocert that made the package; undefined for any. */
  readonly leastVersion: string | undefined;
  /** Days since the end of the last run; undefined for any. */
  readonly maximalAgeDays: number | undefined;
  /** Whether a package must answer a challenge that is given with `--challenge`. */
  readonly challengeRequired: boolean;
  /** Undefined for any. */
  readonly profiles: readonly string[] | undefined;
  /** Patterns of target URLs in which `*` stands for anything; undefined for any. */
  readonly targets: readonly string[] | undefined;
}

interface PolicyFile {
  readonly keys: readonly { readonly name: string; readonly role: KeyRole; readonly key: string }[];
  readonly strength: Strength;
  readonly waivers?: readonly WaiverKind[];
  readonly leastVersion?: string;
  readonly maximalAgeDays?: number;
  readonly challengeRequired?: boolean;
  readonly profiles?: readonly string[];
  readonly targets?: readonly string[];
}

/**
 * Reads a policy. A kind of waiver that it does not list is not accepted.
 *
 * @throws {@link AllocertError} (usage) when it cannot be read, does not fit the schema, or has a
 * key twice
 */
export function readPolicy(file: string): Policy {
  const value = readJson(file, 'name another file with --policy');
  const violation = schemaViolation('policy', value);
  if (violation !== undefined) {
    throw usageError(`${file} is not a policy: ${violation}; docs/package.md shows one`);
  }
  const { keys, strength, waivers, leastVersion, maximalAgeDays, ...rest } = value as PolicyFile;
  const trusted = keys.map(({ name, role, key }): TrustedKey => {
    const parsed = publicKeyIn(`${file}: the key ${name}`, key);
    return { name, role, id: keyId(parsed), key: parsed };
  });
  refuseTwins(file, trusted);
  return {
    keys: trusted,
    strength,
    waivers: waivers ?? [],
    leastVersion,
    maximalAgeDays,
    challengeRequired: rest.challengeRequired ?? false,
    profiles: rest.profiles,
    targets: rest.targets,
  };
}

/** One key under two names would look like two people. */
function refuseTwins(file: string, keys: readonly TrustedKey[]): void {
  for (const [at, one] of keys.entries()) {
    const twin = keys.slice(0, at).find(({ id, name }) => id === one.id || name === one.name);
    if (twin === undefined) continue;
    const what = twin.id === one.id ? `are one key` : `have one name`;
    throw usageError(`${file}: ${twin.name} and ${one.name} ${what}; remove one of them`);
  }
}
