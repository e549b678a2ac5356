import { join } from 'node:path';
import { parseJson } from '../../base/parse-json.ts';
import { type Catalogue, underCatalogue } from '../../catalogue/catalogue.ts';
import { policyRefusals, type Signers } from '../../reports/certificate/apply-policy.ts';
import type { PackageHead } from '../../reports/certificate/package-head.ts';
import { type UnpackedPackage, unpackPackage } from '../../reports/certificate/read-package.ts';
import type { Policy, TrustedKey } from '../../reports/certificate/read-policy.ts';
import { PackageRefusal, type RefusalParts } from '../../reports/certificate/refusal.ts';
import type { SigstoreProof } from '../../reports/certificate/sigstore.ts';
import { kindOf } from '../../reports/record/waiver-term.ts';
import { catalogueDigest } from '../derive/pinned-catalogue.ts';
import { campaignOutcome } from '../derive/read-data.ts';
import { type Derived, derive, payloadOf, type Shown } from '../derive/shown.ts';
import type { CertificationPlan } from '../plan/plan.ts';
import { type PlanTerms, PUBLISHED_TERMS } from '../plan/terms.ts';
import { contentsOf, type PackageContents } from './changes.ts';
import { checkPayload, checkSignedBy } from './check-attestation.ts';
import { checkCampaign } from './check-campaign.ts';
import { checkDerivedFiles, checkQualification, readClaims } from './check-data.ts';
import { checkHead, otherBuild } from './check-head.ts';
import { type CheckedRun, checkRun, refuseMixture } from './check-run.ts';
import type { DerivedFrom } from './derived-from.ts';
import type { OwnBuild } from './own-build.ts';
import { RefusalList } from './refusals.ts';
import { type OtherToday, todayWouldSay } from './today.ts';

/** A package to verify, and what is known before it is opened. */
export interface VerifyRequest {
  readonly file: string;
  /** An empty folder; what is in it afterwards is to be removed. */
  readonly scratch: string;
  /** Keys of which one must have signed; none leaves open who made the package. */
  readonly trusted: readonly TrustedKey[];
  /** What must hold beside the package itself; undefined for nothing. */
  readonly policy: Policy | undefined;
  readonly challenge: string | undefined;
  /** The time by which waivers expire and packages age. */
  readonly now: Date;
  /** SHA-256 of catalogues that releases had; see catalogue/released.json. */
  readonly released: readonly string[];
  /** The build that verifies; left out where it is not to be compared with that of the package. */
  readonly build?: OwnBuild;
  /** Only tests have others than the published ones. */
  readonly terms?: PlanTerms;
}

/** What was done, in figures. */
export interface VerifyFigures {
  /** Bytes of all files of the package. */
  readonly bytes: number;
  /** Cases and answers that were judged again. */
  readonly cases: number;
  readonly answers: number;
  /** Rounds that were generated again, and judged again. */
  readonly rounds: number;
  readonly sampled: number;
}

/** What verification comes to. */
export interface Verification {
  readonly verdict: 'certified' | 'not certified' | 'refused';
  /** Every reason by which it is refused. */
  readonly refusals: readonly RefusalParts[];
  /** Undefined where the archive itself is refused. */
  readonly head?: PackageHead;
  /** Undefined where nothing could be concluded. */
  readonly derived?: Derived;
  /** Undefined where the archive itself is refused. */
  readonly signers?: Signers;
  /** What a Sigstore bundle proves, where one was given. */
  readonly sigstore?: SigstoreProof;
  /** What another product may differ in; undefined where nothing could be concluded. */
  readonly contents?: PackageContents;
  /** The package of the product that this one derives from, where one was given. */
  readonly base?: DerivedFrom;
  /** Where the catalogue of today says otherwise than the pinned one. */
  readonly otherToday: readonly OtherToday[];
  readonly figures: VerifyFigures;
  /** That another build of this version made the package, in a sentence; empty otherwise. */
  readonly otherBuild?: string;
  /** The payload that every signer signs; undefined where the package is refused. */
  readonly payload?: Buffer;
}

const NOTHING_DONE: VerifyFigures = { bytes: 0, cases: 0, answers: 0, rounds: 0, sampled: 0 };

/**
 * Verifies a package: nothing in it is believed that can be computed.
 *
 * @throws {@link AllocertError} (usage) when the file cannot be read
 */
export async function verifyPackage(request: VerifyRequest): Promise<Verification> {
  const refusals = new RefusalList(request.scratch);
  let unpacked: UnpackedPackage;
  try {
    unpacked = await unpackPackage(request.file, request.scratch);
  } catch (thrown) {
    if (!(thrown instanceof PackageRefusal)) throw thrown;
    refusals.take(thrown);
    return refused(refusals);
  }
  return new Verifier(request, unpacked, refusals).verify();
}

const refused = (refusals: RefusalList, more: Partial<Verification> = {}): Verification => ({
  ...{ otherToday: [], figures: NOTHING_DONE },
  ...more,
  verdict: 'refused',
  refusals: refusals.all,
});

class Verifier {
  readonly #request: VerifyRequest;
  readonly #package: UnpackedPackage;
  readonly #refusals: RefusalList;

  constructor(request: VerifyRequest, unpacked: UnpackedPackage, refusals: RefusalList) {
    this.#request = request;
    this.#package = unpacked;
    this.#refusals = refusals;
  }

  async verify(): Promise<Verification> {
    const { terms = PUBLISHED_TERMS, trusted } = this.#request;
    const { attestation, files, head } = this.#package;
    const { payload, signers } = await checkSignedBy(attestation, trusted, this.#refusals);
    const plan = checkHead(head, files, { ...this.#request, terms }, this.#refusals);
    const told = { head, signers, otherBuild: otherBuild(head, this.#request.build) };
    if (plan === undefined) return refused(this.#refusals, told);
    const rules = this.#pinnedRules();
    const checked = await underCatalogue(rules, () => this.#judge(plan));
    const otherToday = checked === undefined ? [] : await this.#today(rules, checked.runs);
    const { figures = NOTHING_DONE } = checked ?? {};
    if (checked === undefined) return refused(this.#refusals, { ...told, figures });
    checkPayload(payload, checked.follows, this.#refusals);
    const { contents, derived } = checked;
    this.#applyPolicy(signers, checked);
    const found = { ...told, contents, derived, figures, otherToday };
    if (this.#refusals.all.length > 0) return refused(this.#refusals, found);
    const isCertified = derived.conclusion.result !== 'FAILED';
    const verdict = isCertified ? 'certified' : 'not certified';
    return { ...found, verdict, refusals: [], payload: checked.follows };
  }

  /** Judges all data by the rules in force. */
  async #judge(plan: CertificationPlan): Promise<Judged | undefined> {
    const { head } = this.#package;
    const runs: CheckedRun[] = [];
    for (const [at] of plan.runs.entries()) {
      const run = await checkRun(this.#placeOf(at, plan), this.#refusals);
      if (run !== undefined) runs.push(run);
    }
    const [first] = runs;
    const claims = await readClaims(this.#package, this.#request.now, this.#refusals);
    checkQualification(this.#package, this.#refusals);
    if (first === undefined) return undefined;
    refuseMixture(runs, this.#refusals);
    const fuzz = join(this.#package.folder, 'data', 'fuzz');
    const { facts } = first.start;
    const rounds = await checkCampaign({ folder: fuzz, head, plan, facts }, this.#refusals);
    if (claims === undefined || runs.length < plan.runs.length) return undefined;
    const outcome = await this.#refusals.attempt('campaign', () => campaignOutcome(fuzz));
    if (outcome === undefined) return undefined;
    const records = runs.map(({ record }) => record);
    const shown: Shown = { head, records, campaign: outcome, ...claims };
    const derived = derive(shown);
    checkDerivedFiles(this.#package, first.start.facts, derived, this.#refusals);
    return {
      runs,
      derived,
      contents: contentsOf(this.#package, shown),
      follows: payloadOf(this.#package, derived, shown),
      figures: this.#figures(runs, rounds),
    };
  }

  /** What the package must have beside being genuine. */
  #applyPolicy({ strength }: Signers, { derived, runs }: Judged): void {
    const { challenge, now: today, policy } = this.#request;
    const { allocert, profile, target } = this.#package.head;
    const last = runs.at(-1);
    if (policy === undefined || last === undefined) return;
    const waivers = derived.conclusion.waived.map(kindOf);
    const endedAt = new Date(last.record.endedAt);
    // Another challenge than the one that was given has been refused before.
    const isChallenged = challenge !== undefined;
    const facts = { strength, isChallenged, waivers, allocert, profile, target, endedAt, today };
    this.#refusals.takeAll(policyRefusals(policy, facts));
  }

  #placeOf(at: number, plan: CertificationPlan) {
    const { files, folder, head } = this.#package;
    const name = `data/runs/${at + 1}`;
    const recordSha256 = files.get(`${name}/record.json`)?.sha256 ?? '';
    return { at, folder: join(folder, name), recordSha256, head, plan };
  }

  #figures(
    runs: readonly CheckedRun[],
    { generated, judged }: { readonly generated: number; readonly judged: number },
  ): VerifyFigures {
    const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);
    return {
      bytes: sum([...this.#package.files.values()].map(({ size }) => size)),
      cases: sum(runs.map(({ ends }) => ends.length)),
      answers: sum(runs.map(({ answers }) => answers)),
      rounds: generated,
      sampled: judged,
    };
  }

  /** The rules in the package: their digest is one that is trusted. */
  #pinnedRules(): Catalogue {
    const file = this.#package.files.get('data/catalogue.json');
    if (file === undefined) throw new Error('a package has a catalogue');
    return parseJson(file.bytes().toString('utf8')) as Catalogue;
  }

  async #today(pinned: Catalogue, [first]: readonly CheckedRun[]): Promise<readonly OtherToday[]> {
    if (first === undefined || catalogueDigest() === catalogueDigest(pinned)) return [];
    const folder = join(this.#package.folder, 'data', 'runs', '1');
    return (await this.#refusals.attempt('verdict', () => todayWouldSay(first, folder))) ?? [];
  }
}

/** What was judged and concluded of a package. */
interface Judged {
  readonly runs: readonly CheckedRun[];
  readonly derived: Derived;
  readonly contents: PackageContents;
  /** The payload that follows. */
  readonly follows: Buffer;
  readonly figures: VerifyFigures;
}
