import { type Catalogue, catalogue } from '../../catalogue/catalogue.ts';
import { sha256Of } from '../../reports/certificate/package-files.ts';

/**
 * The rules by which a package was judged, as it holds them: JSON whose members stand as in the
 * catalogue's files, since cases and generators walk through the fields of an ABI in their order.
 */
export const catalogueText = ({ abis, profiles, requirements }: Catalogue = catalogue()): string =>
  `${JSON.stringify({ abis, profiles, requirements })}\n`;

/** SHA-256 of {@link catalogueText}. */
export const catalogueDigest = (rules?: Catalogue): string => sha256Of(catalogueText(rules));
