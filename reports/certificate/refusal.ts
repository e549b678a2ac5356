import { AllocertError } from '../../base/errors.ts';

/** What a {@link PackageRefusal} is made of. */
export interface RefusalParts {
  /** A stable word for programs, such as `path-outside`; docs/package.md lists all. */
  readonly reason: string;
  /** What is wrong, for a person. */
  readonly sentence: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** A package that is not accepted. The command line exits with 3. */
export class PackageRefusal extends AllocertError implements RefusalParts {
  readonly reason: string;
  readonly sentence: string;
  readonly remedy: string;

  constructor({ reason, sentence, remedy }: RefusalParts) {
    super('machine', `${sentence}; ${remedy} (${reason})`);
    this.name = 'PackageRefusal';
    this.reason = reason;
    this.sentence = sentence;
    this.remedy = remedy;
  }
}

/** What to do about an archive that no `certify` and no `sign` wrote. */
const ASK_AGAIN = 'ask for the file as allocert certify or allocert sign wrote it';

/** A {@link PackageRefusal}; without a remedy, the file is to be asked for again. */
export const refusedPackage = (
  reason: string,
  sentence: string,
  remedy: string = ASK_AGAIN,
): PackageRefusal => new PackageRefusal({ reason, sentence, remedy });
