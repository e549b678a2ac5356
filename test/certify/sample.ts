/** Packages for tests: one that is made as certify makes it, and what a forger makes of it. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { openSimulator } from '../../adapters/simulator/adapter.ts';
import { packageVersion } from '../../base/package-root.ts';
import { certify } from '../../certify/make/certify.ts';
import { packRecording } from '../../certify/make/pack.ts';
import type { PlanTerms } from '../../certify/plan/terms.ts';
import { featuresOf } from '../../certify/statement/features.ts';
import { parseStatement } from '../../certify/statement/read-statement.ts';
import {
  type Verification,
  type VerifyRequest,
  verifyPackage,
} from '../../certify/verify/verify.ts';
import { bagOf } from '../../reports/certificate/bag.ts';
import { envelopeText, readEnvelope, signEnvelope } from '../../reports/certificate/dsse.ts';
import { keyId } from '../../reports/certificate/keys.ts';
import { fileOfBytes, PACKAGE_HEAD } from '../../reports/certificate/package-files.ts';
import { readPackageHead } from '../../reports/certificate/package-head.ts';
import { unpackPackage } from '../../reports/certificate/read-package.ts';
import type { TrustedKey } from '../../reports/certificate/read-policy.ts';
import type { StopRequest } from '../../suites/run/journaled-run.ts';
import { entriesOf, gzipped, HEAD, tarOf } from '../reports/certificate/sample.ts';

/** A certification of a few cases and rounds: what tests of tampering need, and no more. */
export const TERMS: PlanTerms = {
  repetitions: 3,
  fuzzRoundsMin: 4,
  memoryLimit: 1n << 20n,
  sampledRounds: 2,
  sampleBytesMax: 4 << 20,
  only: [
    'ABI-02/compat',
    'DEV-09/name',
    'ERR-03/read-only',
    'FLG-05/no-mode',
    'IOC-01/valid',
    'IOC-02/unknown-nr',
    'LEN-01/zero',
  ],
};

/** A key pair of somebody. */
export interface Signer {
  readonly secret: KeyObject;
  readonly trusted: TrustedKey;
}

export function newSigner(name: string): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    secret: privateKey,
    trusted: { name, role: undefined, id: keyId(publicKey), key: publicKey },
  };
}

/** Features that the simulator lacks. */
const ABSENT: readonly string[] = [
  'named-regions',
  'region-query',
  'nonblocking-descriptors',
  'region-quota',
  'mappings-read-from-outside',
  'unregistered-device-allocates',
];

/** A statement that is true of the simulator, as data. */
export const statementValue = () => ({
  statement: 1,
  product: { name: 'Heap', vendor: 'Acme', version: '1.0', contact: 'heap@acme.example' },
  abi: 'simple-allocator',
  profile: 'hardened',
  pageSize: 4096,
  alignment: '64 KiB',
  regions: [0, 1].map((at) => ({ node: `/dev/cma${at}`, bounded: true, size: '16 MiB' })),
  limits: {},
  features: Object.fromEntries(
    featuresOf('hardened').map(({ name }) => [name, !ABSENT.includes(name)] as const),
  ) as Record<string, boolean>,
  deviations: [],
  testing: {
    callerBits: 64,
    operations: [
      ...['files', 'memory', 'clients', 'sockets', 'procfs', 'limits', 'timing', 'frames'],
      ...['registry', 'faults'],
    ],
    pageFrames: true,
    testControl: true,
    idle: true,
    answeredBy: 'A. Person',
  },
});

const NEVER: StopRequest = {
  signal: new AbortController().signal,
  expired: new Promise(() => {}),
  received: undefined,
};

/** What tests choose of a certification. */
export interface SampleOptions {
  readonly target?: string;
  readonly terms?: PlanTerms;
  readonly statement?: object;
  readonly waivers?: unknown;
  readonly challenge?: string;
  /** Why the tool counts as modified. */
  readonly modified?: string;
}

/** The recording of a certification, in a folder. */
export async function recorded(folder: string, options: SampleOptions = {}): Promise<string> {
  const { challenge, statement = statementValue(), target = 'sim:', terms = TERMS } = options;
  const recording = join(folder, 'recording');
  await certify(
    {
      ...{ target, recording, challenge, terms, waivers: options.waivers },
      openTarget: async () => openSimulator(target),
      given: await parseStatement(JSON.stringify(statement), 'the statement'),
      rounds: undefined,
      qualification: undefined,
      tool: {
        ...{ version: packageVersion(), commit: null, modified: options.modified ?? '' },
        files: '0'.repeat(64),
      },
      environment: {},
    },
    NEVER,
  );
  return recording;
}

/** The files of a package below `data/`, and the envelope that belongs to them. */
export interface Opened {
  readonly data: ReadonlyMap<string, Buffer>;
  readonly attestation: string;
}

/** Makes a package and opens it again. */
export async function opened(
  folder: string,
  signer: Signer,
  options: SampleOptions = {},
): Promise<Opened & { readonly file: string }> {
  const recording = await recorded(folder, options);
  const file = await packed(folder, recording, 'package.tar.gz', signer);
  const into = join(folder, 'opened');
  mkdirSync(into);
  const { attestation } = await unpackPackage(file, into);
  return { data: filesBelow(into, 'data'), attestation, file };
}

/** Packs a recording. */
export async function packed(
  folder: string,
  recording: string,
  name: string,
  signer: Signer,
): Promise<string> {
  const out = join(folder, name);
  const scratch = mkdtempSync(join(folder, 'scratch-'));
  await packRecording({
    recording,
    scratch,
    out,
    keys: [signer.secret],
    epoch: String(HEAD.epoch),
  });
  return out;
}

function filesBelow(root: string, below: string): Map<string, Buffer> {
  const found = readdirSync(join(root, below), { recursive: true, withFileTypes: true });
  return new Map(
    found
      .filter((one) => one.isFile())
      .map(({ name, parentPath }) => {
        const file = join(parentPath, name);
        return [relative(root, file), readFileSync(file)] as const;
      }),
  );
}

/** What a forger writes into the attestation. */
export interface Forgery {
  /** Who signs the forged one; left out: the old envelope stays. */
  readonly signer?: Signer;
  readonly result?: string;
}

/**
 * An archive of data that somebody has edited, with every digest made right again, in the manifests
 * and, where it is signed again, in the attestation.
 */
export function sealed({ attestation, data }: Opened, { result, signer }: Forgery = {}): Buffer {
  const files = new Map([...data].map(([path, bytes]) => [path, fileOfBytes(bytes)] as const));
  const head = files.get(PACKAGE_HEAD);
  if (head === undefined) throw new Error('a package has a head');
  const bag = bagOf(readPackageHead(head), files);
  if (signer === undefined) return gzipped(tarOf(entriesOf(bag, attestation)));
  const envelope = readEnvelope(attestation);
  const payload = JSON.parse(envelope.payload.toString('utf8'));
  payload.subject[0].digest.sha256 = bag.manifestSha256;
  for (const one of payload.predicate.configuration) {
    one.digest.sha256 = files.get(one.name)?.sha256 ?? one.digest.sha256;
  }
  if (result !== undefined) payload.predicate.result = result;
  const bytes = Buffer.from(JSON.stringify(payload));
  const unsigned = { ...envelope, payload: bytes, signatures: [] };
  return gzipped(tarOf(entriesOf(bag, envelopeText(signEnvelope(unsigned, signer.secret)))));
}

/** A verifier with a folder of its own. */
export function verifier(folder: string, signer: Signer) {
  return async (
    archive: Buffer | string,
    more: Partial<VerifyRequest> = {},
  ): Promise<Verification> => {
    const scratch = mkdtempSync(join(folder, 'verify-'));
    const file = typeof archive === 'string' ? archive : join(scratch, 'package.tar.gz');
    if (typeof archive !== 'string') writeFileSync(file, archive);
    const into = join(scratch, 'unpacked');
    mkdirSync(into);
    try {
      return await verifyPackage({
        ...{ file, scratch: into, trusted: [signer.trusted], policy: undefined },
        ...{ challenge: undefined, now: new Date(), released: [], terms: TERMS },
        ...more,
      });
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  };
}

/** A folder that is removed at the end of a test file. */
export function folderOf(t: { teardown(end: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'allocert-certify-test-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
