import { judgeSigners, type Signers } from '../../reports/certificate/apply-policy.ts';
import { readEnvelope, statementPayload } from '../../reports/certificate/dsse.ts';
import type { TrustedKey } from '../../reports/certificate/read-policy.ts';
import type { RefusalList } from './refusals.ts';

/** Who signed a package, and the bytes that they signed. */
export interface SignedPayload {
  readonly signers: Signers;
  /** Undefined where the envelope is refused. */
  readonly payload: Buffer | undefined;
}

/**
 * Reads the envelope and tries its signatures with the trusted keys. Where there are such keys, one
 * of them must have signed.
 */
export async function checkSignedBy(
  attestation: string,
  trusted: readonly TrustedKey[],
  refusals: RefusalList,
): Promise<SignedPayload> {
  const envelope = await refusals.attempt('attestation', () => readEnvelope(attestation));
  const payload = await refusals.attempt('attestation', () =>
    envelope === undefined ? undefined : statementPayload(envelope),
  );
  const unsigned = { payloadType: '', payload: Buffer.alloc(0), signatures: [] };
  const signers = judgeSigners(envelope ?? unsigned, trusted);
  if (trusted.length > 0 && envelope !== undefined) refusals.takeAll(signers.refusals);
  return { signers, payload };
}

/** The payload must be the one that follows from the package: a result is derived, never typed. */
export function checkPayload(
  payload: Buffer | undefined,
  follows: Buffer,
  refusals: RefusalList,
): void {
  if (payload === undefined || payload.equals(follows)) return;
  const [says, due] = [resultIn(payload), resultIn(follows)];
  const what =
    says === due
      ? 'other digests or requirements than those that follow from the package'
      : `the result ${says}, and ${due} follows from the package`;
  refusals.add('attestation', `the attestation says ${what}`);
}

function resultIn(payload: Buffer): string {
  try {
    const { predicate } = JSON.parse(payload.toString('utf8'));
    return String(predicate?.result);
  } catch {
    return 'nothing'; // What is no JSON says nothing, and differs anyway.
  }
}
