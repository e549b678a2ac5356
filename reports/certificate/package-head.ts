import { messageOf } from '../../base/errors.ts';
import { parseJson } from '../../base/parse-json.ts';
import { schemaViolation } from '../files/schema.ts';
import { PACKAGE_HEAD, type PackageFile } from './package-files.ts';
import { refusedPackage } from './refusal.ts';

/** The head of a package, `reports/schema/package.schema.json`. */
export interface PackageHead {
  /** Of the format. */
  readonly version: 1;
  /** The version of allocert that made it. */
  readonly allocert: string;
  /** As in the statement; the top folder is named after it. */
  readonly product: { readonly vendor: string; readonly name: string; readonly version: string };
  /** The target's URL without secrets. */
  readonly target: string;
  readonly profile: string;
  /** What was to be done; `certify/plan` says what it holds. */
  readonly plan: Readonly<Record<string, unknown>>;
  /** What the certifier gave to seed order and fuzzing; null where none was given. */
  readonly challenge: string | null;
  /** SOURCE_DATE_EPOCH: the one time in the archive, in seconds since 1970. */
  readonly epoch: number;
  /** SHA-256 of `data/catalogue.json`. */
  readonly catalogue: string;
}

/** The text of a head, as packages hold it. */
export const headText = (head: PackageHead): string => `${JSON.stringify(head, undefined, 2)}\n`;

/**
 * The head that a package's file holds.
 *
 * @throws {@link PackageRefusal} `head` when it is no JSON or does not fit the schema
 */
export function readPackageHead(file: PackageFile): PackageHead {
  let value: unknown;
  try {
    value = parseJson(file.bytes().toString('utf8'));
  } catch (thrown) {
    throw refusedPackage('head', `${PACKAGE_HEAD} ${messageOf(thrown)}`);
  }
  const violation = schemaViolation('package', value);
  if (violation !== undefined)
    throw refusedPackage('head', `${PACKAGE_HEAD} is not a head: ${violation}`);
  return value as PackageHead;
}
