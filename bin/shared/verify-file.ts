import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256OfFile } from '../../base/cache.ts';
import { usageError } from '../../base/errors.ts';
import { builtList } from '../../certify/make/tool-state.ts';
import { releasedCatalogues } from '../../certify/verify/released.ts';
import { type Verification, verifyPackage } from '../../certify/verify/verify.ts';
import { keyId, readPublicKey } from '../../reports/certificate/keys.ts';
import { MANIFEST } from '../../reports/certificate/package-files.ts';
import { readPolicy, type TrustedKey } from '../../reports/certificate/read-policy.ts';
import { PackageRefusal } from '../../reports/certificate/refusal.ts';
import { type SigstoreRequest, verifySigstore } from '../../reports/certificate/sigstore.ts';
import { single } from './options.ts';

const text = (option: string, describe: string) =>
  ({ type: 'string', requiresArg: true, coerce: single(option), describe }) as const;

/** What a package is held against beside itself. */
export const verifyOptions = {
  key: {
    type: 'string',
    array: true,
    nargs: 1,
    default: [] as readonly string[],
    describe: 'Public key of which one must have signed',
  },
  policy: text('policy', 'File that says which keys are trusted, and what a package must have'),
  challenge: text('challenge', 'What was sent to the vendor'),
  'sigstore-bundle': text('sigstore-bundle', 'Sigstore bundle that is over the package'),
  'trusted-root': text(
    'trusted-root',
    'What the bundle is verified by: gh attestation trusted-root',
  ),
  'sigstore-identity': text('sigstore-identity', 'Who must have signed the bundle, exactly'),
  'sigstore-issuer': text('sigstore-issuer', 'Who vouches for that identity, exactly'),
} as const;

/** Values of {@link verifyOptions}, and the package. */
export interface VerifyFileArguments {
  readonly package: string;
  readonly key: readonly string[];
  readonly policy: string | undefined;
  readonly challenge: string | undefined;
  readonly 'sigstore-bundle': string | undefined;
  readonly 'trusted-root': string | undefined;
  readonly 'sigstore-identity': string | undefined;
  readonly 'sigstore-issuer': string | undefined;
}

/** Values of {@link verifyOptions} that ask for nothing beside the package and its keys. */
export const NOTHING_ELSE = {
  policy: undefined,
  challenge: undefined,
  'sigstore-bundle': undefined,
  'trusted-root': undefined,
  'sigstore-identity': undefined,
  'sigstore-issuer': undefined,
} as const;

/** A package that was verified, as long as its files lie on the disk. */
export interface VerifiedFile {
  readonly verification: Verification;
  /** Where its files lie. */
  readonly folder: string;
  /** How many keys are trusted. */
  readonly keys: number;
}

/**
 * Verifies a package, and gives it to `use` before its files are removed again.
 *
 * @throws {@link AllocertError} (usage) for files that cannot be read, or options that lack others
 */
export async function whileVerified<T>(
  given: VerifyFileArguments,
  use: (verified: VerifiedFile) => T | Promise<T>,
): Promise<T> {
  const { challenge, package: file } = given;
  const policy = given.policy === undefined ? undefined : readPolicy(given.policy);
  const trusted = [...(policy?.keys ?? []), ...given.key.map(keyOf)];
  const bundle = bundleAsked(given);
  const folder = mkdtempSync(join(tmpdir(), 'allocert-verify-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  // A signal ends the process here.
  process.once('exit', remove);
  try {
    const now = new Date();
    const released = releasedCatalogues();
    const asked = { trusted, policy, challenge, now, released };
    const request = { file, scratch: folder, build: builtList(), ...asked };
    const package_ = await verifyPackage(request);
    const verification =
      bundle === undefined ? package_ : await withBundle(package_, bundle, file, folder);
    return await use({ verification, folder, keys: trusted.length });
  } finally {
    process.off('exit', remove);
    remove();
  }
}

/** A key that the command line names; nothing says whose it is. */
function keyOf(file: string): TrustedKey {
  const key = readPublicKey(file);
  return { name: file, role: undefined, id: keyId(key), key };
}

/** What is to be verified of a bundle; one option of the four is useless without the others. */
function bundleAsked(given: VerifyFileArguments): SigstoreRequest | undefined {
  const {
    'sigstore-bundle': bundle,
    'trusted-root': trustedRoot,
    'sigstore-identity': identity,
    'sigstore-issuer': issuer,
  } = given;
  const all = [bundle, trustedRoot, identity, issuer];
  if (all.every((one) => one === undefined)) return undefined;
  if (
    bundle === undefined ||
    trustedRoot === undefined ||
    identity === undefined ||
    issuer === undefined
  ) {
    throw usageError(
      'a Sigstore bundle needs all of --sigstore-bundle, --trusted-root, --sigstore-identity and ' +
        '--sigstore-issuer: anybody can get a bundle for an identity of their own',
    );
  }
  return { bundle, trustedRoot, identity, issuer };
}

/** Adds what a bundle proves, or why it does not. */
async function withBundle(
  verification: Verification,
  bundle: SigstoreRequest,
  file: string,
  folder: string,
): Promise<Verification> {
  // An archive that was refused has no manifest that anything could be over.
  if (verification.head === undefined) return verification;
  const subject = {
    file,
    sha256: await sha256OfFile(file),
    manifestSha256: await sha256OfFile(join(folder, MANIFEST)),
  };
  try {
    return { ...verification, sigstore: await verifySigstore(bundle, subject) };
  } catch (thrown) {
    if (!(thrown instanceof PackageRefusal)) throw thrown;
    const { reason, remedy, sentence } = thrown;
    const refusals = [...verification.refusals, { reason, remedy, sentence }];
    return { ...verification, verdict: 'refused', refusals };
  }
}
