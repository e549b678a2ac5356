import { changesBetween, type ProductChange } from './changes.ts';
import type { Verification } from './verify.ts';

/** The package of the product that a product derives from. */
export interface DerivedFrom {
  /** As typed. */
  readonly file: string;
  readonly verdict: 'certified' | 'not certified';
  /** Vendor, name and version of the product in it. */
  readonly product: string;
  readonly changes: readonly ProductChange[];
}

/**
 * Holds a verified package against that of the product that it derives from. A base that is refused
 * refuses the package too: nothing can be said of what changed.
 *
 * @param base the verification of the base, by the same keys
 * @param file the base as typed
 */
export function derivedFrom(
  verification: Verification,
  base: Verification,
  file: string,
): Verification {
  const { contents } = verification;
  const [first] = base.refusals;
  if (base.verdict === 'refused' || base.contents === undefined || base.head === undefined) {
    const why = first === undefined ? '' : `: ${first.sentence} (${first.reason})`;
    const refusal = {
      reason: 'base',
      sentence: `the package that it derives from, ${file}, is refused${why}`,
      remedy: `see allocert verify ${file}`,
    };
    const refusals = [...verification.refusals, refusal];
    return { ...verification, verdict: 'refused', refusals };
  }
  if (contents === undefined) return verification;
  const { name, vendor, version } = base.head.product;
  const changes = changesBetween(base.contents, contents);
  return {
    ...verification,
    base: { file, verdict: base.verdict, product: `${vendor} ${name} ${version}`, changes },
  };
}
