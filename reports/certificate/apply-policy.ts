import { compareVersions } from '../../base/compare-versions.ts';
import { covers } from '../gate/match.ts';
import type { WaiverKind } from '../record/gate-outcome.ts';
import { checkSignatures, type Envelope } from './dsse.ts';
import {
  type KeyRole,
  type Policy,
  STRENGTHS,
  type Strength,
  type TrustedKey,
} from './read-policy.ts';
import type { RefusalParts } from './refusal.ts';

/** Who signed a package, and what that makes it. */
export interface Signers {
  /** Keys that signed, out of those that are trusted. */
  readonly signed: readonly TrustedKey[];
  /** Undefined where none of them signed. */
  readonly strength: Strength | undefined;
  /** Signatures of keys that are not trusted, of which nothing is known. */
  readonly unknown: number;
  readonly refusals: readonly RefusalParts[];
}

/**
 * Judges the signatures of an envelope by the keys that somebody trusts.
 *
 * @param trusted at least one key
 */
export function judgeSigners(envelope: Envelope, trusted: readonly TrustedKey[]): Signers {
  const check = checkSignatures(
    envelope,
    trusted.map(({ key }) => key),
  );
  const signed = trusted.filter(({ id }) => check.signedBy.includes(id));
  const wrong = trusted.filter(({ id }) => check.wrong.includes(id));
  const refusals = wrong.map(
    ({ name }): RefusalParts => ({
      reason: 'signature',
      sentence: `the signature that names the key ${name} is not that key’s`,
      remedy: 'ask for a package that its owner signed',
    }),
  );
  if (signed.length === 0 && wrong.length === 0) refusals.push(notSigned(check.unknown));
  return { signed, strength: strengthOf(signed), unknown: check.unknown, refusals };
}

const notSigned = (unknown: number): RefusalParts =>
  unknown === 0
    ? {
        reason: 'unsigned',
        sentence: 'the package has no signature',
        remedy: 'have it signed with "allocert sign"',
      }
    : {
        reason: 'unknown-key',
        sentence: `no key that you trust has signed the package, ${unknown} others have`,
        remedy: 'name the right key with --key or in the policy, or have it signed by one of yours',
      };

/**
 * A lab's key makes it a lab's; a key that is known to be a confirmer's confirms another one. Of keys
 * of unknown roles several may be the vendor's.
 *
 * @returns undefined where nobody signed
 */
function strengthOf(signed: readonly TrustedKey[]): Strength | undefined {
  const roles = new Map(signed.map(({ id, role }) => [id, role]));
  if (roles.size === 0) return undefined;
  const all: readonly (KeyRole | undefined)[] = [...roles.values()];
  if (all.includes('lab')) return 'lab';
  return all.length > 1 && all.includes('confirmer') ? 'confirmed' : 'self';
}

/** What a policy is held against. All of it was derived from a package that verifies. */
export interface PolicyFacts {
  readonly strength: Strength | undefined;
  /** Whether the package answers a challenge that was given to hold it against. */
  readonly isChallenged: boolean;
  readonly waivers: readonly WaiverKind[];
  /** The version of allocert that made the package. */
  readonly allocert: string;
  readonly profile: string;
  readonly target: string;
  /** When the last run ended. */
  readonly endedAt: Date;
  readonly today: Date;
}

const DAY_MS = 86_400_000;

/** Why a policy does not accept a package; empty when it does. */
export function policyRefusals(policy: Policy, facts: PolicyFacts): readonly RefusalParts[] {
  const { strength, waivers, leastVersion, maximalAgeDays, profiles, targets } = policy;
  const refusals: RefusalParts[] = [];
  const demand = (isMet: boolean, what: string, sentence: string, remedy: string): void => {
    if (!isMet) refusals.push({ reason: `policy-${what}`, sentence, remedy });
  };
  demand(
    STRENGTHS.indexOf(facts.strength ?? 'self') >= STRENGTHS.indexOf(strength) &&
      facts.strength !== undefined,
    'strength',
    `the policy needs the strength ${strength}, and the package has ${facts.strength ?? 'none'}`,
    strength === 'lab'
      ? 'have it run and signed by a lab of the policy'
      : 'have the missing keys of the policy sign it with "allocert sign"',
  );
  demand(
    !policy.challengeRequired || facts.isChallenged,
    'challenge',
    'the policy needs an answer to a challenge, and none was given to hold the package against',
    'name with --challenge what you sent to the vendor',
  );
  for (const kind of new Set(facts.waivers.filter((one) => !waivers.includes(one)))) {
    const sentence = `the package rests on a waiver of the kind ${kind}, which the policy excludes`;
    demand(false, 'waiver', sentence, 'mend what is waived, or list the kind under "waivers"');
  }
  demand(
    leastVersion === undefined || compareVersions(facts.allocert, leastVersion) >= 0,
    'version',
    `allocert ${facts.allocert} made the package, and the policy needs ${leastVersion}`,
    'certify again with a newer version',
  );
  const days = Math.floor((facts.today.getTime() - facts.endedAt.getTime()) / DAY_MS);
  demand(
    maximalAgeDays === undefined || days <= maximalAgeDays,
    'age',
    `the runs ended ${days} days ago, and the policy allows ${maximalAgeDays}`,
    'certify again',
  );
  demand(
    profiles === undefined || profiles.includes(facts.profile),
    'profile',
    `the package is of the profile ${facts.profile}, and the policy needs ${orList(profiles)}`,
    'certify with that profile',
  );
  demand(
    targets === undefined || targets.some((pattern) => covers(pattern, facts.target)),
    'target',
    `the package is of the target ${facts.target}, and the policy needs ${orList(targets)}`,
    'name the package of that target',
  );
  return refusals;
}

const orList = (words: readonly string[] = []): string => words.join(' or ');
