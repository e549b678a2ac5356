import { packageVersion } from '../../base/package-root.ts';
import type { PackageFiles } from '../../reports/certificate/package-files.ts';
import type { PackageHead } from '../../reports/certificate/package-head.ts';
import { firstDifference } from '../../reports/record/contradiction.ts';
import { catalogueDigest } from '../derive/pinned-catalogue.ts';
import { type CertificationPlan, certificationPlan } from '../plan/plan.ts';
import type { PlanTerms } from '../plan/terms.ts';
import type { OwnBuild } from './own-build.ts';
import type { RefusalList } from './refusals.ts';

/** What is known before a package is opened. */
export interface HeadTerms {
  readonly terms: PlanTerms;
  /** What the certifier sent; undefined where any challenge will do. */
  readonly challenge: string | undefined;
  /** SHA-256 of catalogues that a release had, beside this version's own. */
  readonly released: readonly string[];
}

/**
 * Holds the head of a package against this version, the published terms and what was sent.
 *
 * @returns the plan; undefined when nothing behind it can be judged
 */
export function checkHead(
  head: PackageHead,
  files: PackageFiles,
  { challenge, released, terms }: HeadTerms,
  refusals: RefusalList,
): CertificationPlan | undefined {
  if (head.allocert !== packageVersion()) {
    const mine = `allocert ${head.allocert} made the package, and this is ${packageVersion()}`;
    refusals.add('tool-version', `${mine}: another version generates and judges otherwise`);
    return undefined;
  }
  checkTool(head, refusals);
  checkChallenge(head, challenge, refusals);
  return checkCatalogue(head, files, released, refusals)
    ? checkPlan(head, files, terms, refusals)
    : undefined;
}

function checkTool({ plan }: PackageHead, refusals: RefusalList): void {
  const { modified } = (plan.tool ?? {}) as { readonly modified?: unknown };
  if (modified === '') return;
  const why = typeof modified === 'string' ? modified : 'it does not say that it was whole';
  refusals.add('tool-modified', `the allocert that made the package was modified: ${why}`);
}

function checkChallenge(
  { challenge }: PackageHead,
  sent: string | undefined,
  refusals: RefusalList,
): void {
  if (sent === undefined || sent === challenge) return;
  const has = challenge === null ? 'has no challenge' : `answers the challenge ${challenge}`;
  refusals.add('challenge', `the package ${has}, and ${sent} was sent`);
}

/** Whether its rules are those of this version, or of a release. */
function checkCatalogue(
  { catalogue }: PackageHead,
  files: PackageFiles,
  released: readonly string[],
  refusals: RefusalList,
): boolean {
  const found = files.get('data/catalogue.json')?.sha256;
  if (found !== catalogue) {
    refusals.add('catalogue', `the head pins the catalogue ${catalogue}, and it has ${found}`);
    return false;
  }
  if ([catalogueDigest(), ...released].includes(catalogue)) return true;
  const whose = 'neither those of this version nor of any release';
  refusals.add('catalogue', `the rules in the package are ${whose} (${catalogue})`);
  return false;
}

/** The plan must be the one that follows, by the published terms. */
function checkPlan(
  { catalogue, challenge, plan }: PackageHead,
  files: PackageFiles,
  terms: PlanTerms,
  refusals: RefusalList,
): CertificationPlan | undefined {
  const { tool: _, ...says } = plan;
  const { fuzz, nonce = null } = says as Partial<CertificationPlan>;
  const { rounds } = (fuzz ?? {}) as Partial<CertificationPlan['fuzz']>;
  if (typeof rounds !== 'number' || !Number.isSafeInteger(rounds) || rounds > ROUNDS_MAX) {
    refusals.add('plan', 'the plan does not say how many rounds its campaign has');
    return undefined;
  }
  if (rounds < terms.fuzzRoundsMin) {
    const least = `a certificate needs at least ${terms.fuzzRoundsMin}`;
    refusals.add('plan', `the campaign has ${rounds} rounds, and ${least}`);
    return undefined;
  }
  if ((nonce === null) === (challenge === null) || !isNonce(nonce)) {
    refusals.add('plan', 'the plan must have a challenge or a nonce, and not both');
    return undefined;
  }
  const statement = files.get('data/statement.json')?.sha256 ?? '';
  const follows = certificationPlan({ challenge, nonce, statement, catalogue, rounds }, terms);
  const found = firstDifference(says, follows, 'plan');
  if (found === undefined) return follows;
  const { field } = found;
  const of = 'challenge, statement, catalogue and the published terms';
  refusals.add('plan', `${field} is not what follows from ${of}`);
  return undefined;
}

/** More rounds than anybody can generate again. */
const ROUNDS_MAX = 1_000_000;

const isNonce = (nonce: unknown): boolean =>
  nonce === null || (typeof nonce === 'string' && /^[0-9a-f]{32}$/.test(nonce));

/**
 * Says that a package was made by another build of the same version: where a verdict differs then,
 * that is the first thing to know.
 *
 * @param own the build that verifies; undefined where none is compared
 * @returns a sentence; empty where the builds are one, or cannot be compared
 */
export function otherBuild({ allocert, plan }: PackageHead, own: OwnBuild | undefined): string {
  const { commit, files } = (plan.tool ?? {}) as Readonly<Record<string, unknown>>;
  if (own === undefined || own.files === null || allocert !== packageVersion()) return '';
  if (typeof files !== 'string' || files === own.files) return '';
  const [its, mine] = [commit, own.commit].map((one) =>
    typeof one === 'string' && COMMIT.test(one) ? `commit ${one.slice(0, 12)}` : 'no known commit',
  );
  return (
    `another build of allocert ${allocert} made the package, from ${its}, and this one is from ` +
    `${mine}; what does not follow below may come from that: verify with the build that made it`
  );
}

const COMMIT = /^[0-9a-f]{40}$/;
