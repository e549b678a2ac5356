import { AllocertError } from '../../base/errors.ts';
import { PackageRefusal, type RefusalParts } from '../../reports/certificate/refusal.ts';

const AS_WRITTEN = 'ask for the package as certify wrote it';

/** What to do about each kind of refusal, unless it says so itself. */
const REMEDIES = {
  'tool-version': 'verify it with that version, such as npx allocert@VERSION verify',
  'tool-modified': 'ask for one made by an unmodified allocert, without --allow-modified-tool',
  catalogue: 'ask which release these rules are of: a certificate needs those of a release',
  'catalogue-quoted': AS_WRITTEN,
  plan: 'ask for one that certify made, with the published terms',
  seed: 'ask for the recording that was made under this plan',
  order: 'ask for the recording that was made under this plan',
  option: 'ask for one that certify made: it takes no other options',
  incomplete: 'ask for one whose runs finished',
  challenge: 'give the challenge that you sent, or ask for a package made with it',
  target: 'ask for a package of one target, under its own name',
  'run-times': 'ask for the three runs of one certification',
  journal: AS_WRITTEN,
  'journal-evidence': `${AS_WRITTEN}: one of the two records was edited`,
  history: `${AS_WRITTEN}: answers were edited`,
  verdict: `${AS_WRITTEN}: verdicts or answers were edited`,
  record: `${AS_WRITTEN}: the record was edited`,
  campaign: AS_WRITTEN,
  round: `${AS_WRITTEN}: rounds do not follow from the seed`,
  'round-verdict': `${AS_WRITTEN}: answers of rounds were edited`,
  findings: AS_WRITTEN,
  statement: 'ask the vendor for a statement that is whole and does not contradict itself',
  waivers: 'ask the vendor for a waiver file as docs/certification.md describes it',
  'waiver-expired':
    'ask the vendor to mend the fault, or to certify again with a waiver that holds',
  qualification: AS_WRITTEN,
  environment: `${AS_WRITTEN}: the environment was edited`,
  summary: `${AS_WRITTEN}: the page was edited`,
  attestation: `${AS_WRITTEN}: what was signed is not what is in it`,
} as const;

/** The stable word of a refusal that `verify` itself gives. */
export type VerifyReason = keyof typeof REMEDIES;

/** Every reason by which a package is refused, in the order in which they were found. */
export class RefusalList {
  readonly #folder: string;
  readonly #all: RefusalParts[] = [];

  /** @param folder where the package lies for now; it stands in no sentence */
  constructor(folder: string) {
    this.#folder = folder;
  }

  get all(): readonly RefusalParts[] {
    return this.#all;
  }

  add(reason: VerifyReason, sentence: string, remedy: string = REMEDIES[reason]): void {
    this.#all.push({ reason, sentence: this.#clean(sentence), remedy });
  }

  /** Takes over what a lower part refused. */
  take({ reason, remedy, sentence }: RefusalParts): void {
    this.#all.push({ reason, sentence: this.#clean(sentence), remedy });
  }

  takeAll(parts: readonly RefusalParts[]): void {
    for (const one of parts) this.take(one);
  }

  /** Does a part of the work; what it refuses becomes a refusal. @returns undefined then */
  async attempt<T>(reason: VerifyReason, work: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (thrown) {
      if (thrown instanceof PackageRefusal) this.take(thrown);
      else if (thrown instanceof AllocertError) this.add(reason, thrown.message);
      else throw thrown;
      return undefined;
    }
  }

  #clean(sentence: string): string {
    return sentence.replaceAll(`${this.#folder}/`, '');
  }
}
