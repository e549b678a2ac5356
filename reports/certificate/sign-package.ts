import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { readRegular } from '../../base/read-whole.ts';
import { envelopeText, readEnvelope, signEnvelope } from './dsse.ts';
import { ATTESTATION } from './package-files.ts';
import { refusedPackage } from './refusal.ts';
import { layOutBag, writePackage } from './write-package.ts';

/** A package that was verified, and who signs it. */
export interface SignRequest {
  /** Where the verified package was unpacked to. */
  readonly folder: string;
  /** The payload that follows from it. */
  readonly payload: Buffer;
  /** A private key. */
  readonly key: KeyObject;
  /** Where the signed package goes; its own file as a rule. */
  readonly out: string;
}

/**
 * Adds a signature to a package and writes it again: all else stays the same bytes. When this is
 * interrupted, the old file is whole.
 *
 * @returns SHA-256 of the archive
 * @throws {@link PackageRefusal} `payload` when the envelope is over something else than follows
 */
export async function signUnpacked(request: SignRequest): Promise<{ readonly sha256: string }> {
  const { folder, payload, key, out } = request;
  const envelope = readEnvelope(readRegular(join(folder, ATTESTATION)).toString('utf8'));
  const bag = await layOutBag(folder);
  if (!envelope.payload.equals(payload) || !payload.includes(bag.manifestSha256)) {
    throw refusedPackage('payload', `${ATTESTATION} is not over what follows from the package`);
  }
  return writePackage(out, bag, envelopeText(signEnvelope(envelope, key)));
}
