import { messageOf, unreadable, usageError } from '../../base/errors.ts';
import { parseJson } from '../../base/parse-json.ts';
import { readWhole } from '../../base/read-whole.ts';
import { STATEMENT_TYPE } from './attestation.ts';
import { type PackageRefusal, refusedPackage } from './refusal.ts';

/** A Sigstore bundle over a package, and who is to have signed it. */
export interface SigstoreRequest {
  /** The bundle's file, as `actions/attest`, `gh attestation download` or `cosign` writes it. */
  readonly bundle: string;
  /**
   * The file of the trusted root, as `gh attestation trusted-root` writes it: JSON, or several in
   * lines.
   */
  readonly trustedRoot: string;
  /** The signer's identity, exactly: a workflow's URL, or an address. */
  readonly identity: string;
  /** Who vouches for that identity, exactly, such as https://token.actions.githubusercontent.com */
  readonly issuer: string;
}

/** The package that a bundle has to be over. */
export interface SigstoreSubject {
  /** The archive's file. */
  readonly file: string;
  /** SHA-256 of the archive, which changes when a signature is added… */
  readonly sha256: string;
  /** …and of its manifest, which does not. */
  readonly manifestSha256: string;
}

/** What a bundle proves. */
export interface SigstoreProof {
  readonly identity: string;
  readonly issuer: string;
  readonly over: 'archive' | 'manifest';
}

/** What of Sigstore's packages is used. */
export interface SigstoreLibrary {
  readonly bundle: typeof import('@sigstore/bundle');
  readonly specs: typeof import('@sigstore/protobuf-specs');
  readonly verify: typeof import('@sigstore/verify');
}

/** Bytes of the largest archive that a bundle may be over; it is in memory as a whole. */
const ARCHIVE_BYTES = 128 << 20;

/**
 * Verifies a Sigstore bundle offline: its certificate, its entry in the transparency log, its
 * signature, that it is over this package, and that the named identity signed.
 *
 * @param load gives Sigstore's packages, which are installed by whoever needs them
 * @throws {@link PackageRefusal} `sigstore`, `sigstore-subject` or `sigstore-identity`
 * @throws {@link AllocertError} (usage) for files that cannot be read, or packages that are missing
 */
export async function verifySigstore(
  request: SigstoreRequest,
  subject: SigstoreSubject,
  load: () => Promise<SigstoreLibrary> = loadSigstore,
): Promise<SigstoreProof> {
  const library = await libraryOrAdvice(load);
  const bundle = bundleIn(library, request.bundle);
  const over = overOf(bundle, subject);
  const artifact = over === 'archive' ? archiveIn(subject.file) : undefined;
  const entity = parsed('the bundle', () => library.verify.toSignedEntity(bundle, artifact));
  const signer = signerOf(library, entity, rootsIn(library, request.trustedRoot));
  const identity = signer.identity?.subjectAlternativeName ?? '';
  const issuer = signer.identity?.extensions?.issuer ?? '';
  if (identity !== request.identity || issuer !== request.issuer) {
    const [found, vouched] = [identity, issuer].map((text) => JSON.stringify(text));
    throw refusedPackage(
      'sigstore-identity',
      `the bundle was signed by ${found}, for which ${vouched} vouches`,
      'ask for a bundle of the identity that you expect, or correct what you expect',
    );
  }
  return { identity, issuer, over };
}

async function loadSigstore(): Promise<SigstoreLibrary> {
  const [bundle, specs, verify] = await Promise.all([
    import('@sigstore/bundle'),
    import('@sigstore/protobuf-specs'),
    import('@sigstore/verify'),
  ]);
  return { bundle, specs, verify };
}

async function libraryOrAdvice(load: () => Promise<SigstoreLibrary>): Promise<SigstoreLibrary> {
  try {
    return await load();
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw thrown;
    throw usageError(
      'Sigstore’s packages are not installed, and bundles cannot be verified without them; run ' +
        '"npm install @sigstore/verify@3.1.1 @sigstore/bundle@4.0.0 @sigstore/protobuf-specs@0.5.2"',
    );
  }
}

type SigstoreBundle = ReturnType<SigstoreLibrary['bundle']['bundleFromJSON']>;
type SigstoreRoot = ReturnType<SigstoreLibrary['specs']['TrustedRoot']['fromJSON']>;
type SignedEntity = ReturnType<SigstoreLibrary['verify']['toSignedEntity']>;
type SigstoreSigner = ReturnType<InstanceType<SigstoreLibrary['verify']['Verifier']>['verify']>;

const bundleIn = (library: SigstoreLibrary, file: string): SigstoreBundle => {
  const value = jsonOf(file, textIn(file));
  return parsed('the bundle', () => library.bundle.bundleFromJSON(value));
};

/** The roots that a file holds: one, or one a line. */
function rootsIn({ specs }: SigstoreLibrary, file: string): readonly SigstoreRoot[] {
  const text = textIn(file);
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const isLines = lines.length > 1 && lines.every((line) => line.startsWith('{'));
  return (isLines ? lines : [text]).map((one) => {
    const value = jsonOf(file, one);
    return parsed('the trusted root', () => specs.TrustedRoot.fromJSON(value));
  });
}

/** Which of the package's digests a bundle names. */
function overOf({ content }: SigstoreBundle, subject: SigstoreSubject): SigstoreProof['over'] {
  if (content.$case === 'messageSignature') {
    const { digest } = content.messageSignature.messageDigest;
    if (digest.toString('hex') === subject.sha256) return 'archive';
    throw otherSubject('its digest is another');
  }
  const { payload, payloadType } = content.dsseEnvelope;
  if (payloadType !== STATEMENT_TYPE)
    throw otherSubject(`its payload is ${JSON.stringify(payloadType)}`);
  const digests = parsed('the statement in the bundle', () => {
    const statement = parseJson(payload.toString('utf8')) as {
      readonly subject: readonly { readonly digest: Readonly<Record<string, string>> }[];
    };
    return statement.subject.map(({ digest }) => digest.sha256);
  });
  if (digests.includes(subject.manifestSha256)) return 'manifest';
  if (digests.includes(subject.sha256)) return 'archive';
  throw otherSubject('its statement names neither the archive nor the manifest');
}

const otherSubject = (how: string): PackageRefusal =>
  refusedPackage(
    'sigstore-subject',
    `the bundle is not over this package: ${how}`,
    'name the bundle that belongs to the package',
  );

/** Whoever signed, by the first root that the bundle holds by. */
function signerOf(
  { verify }: SigstoreLibrary,
  entity: SignedEntity,
  roots: readonly SigstoreRoot[],
): SigstoreSigner {
  const reasons: string[] = [];
  for (const root of roots) {
    try {
      const trust = verify.toTrustMaterial(root, () => {
        throw new Error('it was signed by a key, and not by an identity');
      });
      // A root without a log, as GitHub has one for private repositories, has timestamps instead.
      const verifier = new verify.Verifier(trust, {
        tlogThreshold: Math.min(1, trust.tlogs.length),
        ctlogThreshold: Math.min(1, trust.ctlogs.length),
        timestampThreshold: 1,
      });
      return verifier.verify(entity);
    } catch (thrown) {
      reasons.push(messageOf(thrown));
    }
  }
  throw refusedPackage(
    'sigstore',
    `the bundle does not verify: ${reasons.join('; ')}`,
    'ask for another bundle, or name the trusted root that it was signed under',
  );
}

function textIn(file: string): string {
  try {
    return readWhole(file).toString('utf8');
  } catch (thrown) {
    throw notRead(file, thrown);
  }
}

function archiveIn(file: string): Buffer {
  try {
    return readWhole(file, ARCHIVE_BYTES);
  } catch (thrown) {
    throw notRead(file, thrown);
  }
}

function notRead(file: string, thrown: unknown): unknown {
  const reason = unreadable(thrown);
  return reason === undefined
    ? thrown
    : usageError(`${file} cannot be read, ${reason}; name another file`);
}

function jsonOf(file: string, text: string): unknown {
  try {
    return parseJson(text);
  } catch (thrown) {
    throw refusedPackage('sigstore', `${file} ${messageOf(thrown)}`, 'name another file');
  }
}

/** Does what throws for data of others that is not as it should be. */
function parsed<T>(what: string, parse: () => T): T {
  try {
    return parse();
  } catch (thrown) {
    throw refusedPackage('sigstore', `${what} cannot be read: ${messageOf(thrown)}`);
  }
}
