import { type KeyObject, sign, verify } from 'node:crypto';
import { messageOf } from '../../base/errors.ts';
import { parseJson } from '../../base/parse-json.ts';
import { STATEMENT_TYPE } from './attestation.ts';
import { keyId } from './keys.ts';
import { ATTESTATION } from './package-files.ts';
import { type PackageRefusal, refusedPackage } from './refusal.ts';

/** One signature of an envelope. */
export interface EnvelopeSignature {
  /** A hint at the key, which nothing is concluded from; see {@link keyId}. */
  readonly keyid: string | undefined;
  readonly sig: Buffer;
}

/** A DSSE envelope, https://github.com/secure-systems-lab/dsse/blob/master/envelope.md */
export interface Envelope {
  readonly payloadType: string;
  readonly payload: Buffer;
  readonly signatures: readonly EnvelopeSignature[];
}

/** More than anybody signs; every one is tried with every key. */
const SIGNATURES_MAX = 100;

/**
 * What is signed in place of a payload: DSSE's pre-authentication encoding. Lengths are in bytes.
 */
export function pae(payloadType: string, payload: Buffer): Buffer {
  const type = Buffer.from(payloadType);
  const head = `DSSEv1 ${type.length} ${payloadType} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}

/** The text of an envelope; the same envelope gives the same text. */
export function envelopeText({ payloadType, payload, signatures }: Envelope): string {
  const shown = {
    payload: payload.toString('base64'),
    payloadType,
    signatures: signatures.map(({ keyid, sig }) => ({
      ...(keyid === undefined ? {} : { keyid }),
      sig: sig.toString('base64'),
    })),
  };
  return `${JSON.stringify(shown)}\n`;
}

/** An envelope that nobody has signed yet. */
export const unsignedEnvelope = (payload: Buffer): Envelope => ({
  payloadType: STATEMENT_TYPE,
  payload,
  signatures: [],
});

/**
 * An envelope with one signature more; the one that the key gave before is replaced.
 *
 * @param key a private Ed25519 key
 */
export function signEnvelope(envelope: Envelope, key: KeyObject): Envelope {
  const keyid = keyId(key);
  const sig = sign(null, pae(envelope.payloadType, envelope.payload), key);
  const others = envelope.signatures.filter((one) => one.keyid !== keyid);
  const signatures = [...others, { keyid, sig }];
  // The order in which people signed makes no difference to the bytes.
  return { ...envelope, signatures: signatures.toSorted(byKeyId) };
}

const byKeyId = (a: EnvelopeSignature, b: EnvelopeSignature): number => {
  const [left, right] = [a.keyid ?? '', b.keyid ?? ''];
  return left < right ? -1 : Number(left > right);
};

/**
 * Reads an envelope, whatever its payload's type.
 *
 * @throws {@link PackageRefusal} `envelope` for what is none
 */
export function readEnvelope(text: string): Envelope {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (thrown) {
    throw noEnvelope(messageOf(thrown));
  }
  const { payloadType, payload, signatures } = recordOf(value);
  if (typeof payloadType !== 'string') throw noEnvelope('has no payloadType');
  const bytes = fromBase64(payload);
  if (bytes === undefined) throw noEnvelope('has a payload that is not canonical base64');
  if (!Array.isArray(signatures)) throw noEnvelope('has no list of signatures');
  if (signatures.length > SIGNATURES_MAX) {
    throw noEnvelope(`has more than ${SIGNATURES_MAX} signatures`);
  }
  return { payloadType, payload: bytes, signatures: signatures.map(signatureOf) };
}

function signatureOf(value: unknown): EnvelopeSignature {
  const { keyid, sig } = recordOf(value);
  const bytes = fromBase64(sig);
  if (bytes === undefined) throw noEnvelope('has a signature that is not canonical base64');
  if (keyid !== undefined && typeof keyid !== 'string') {
    throw noEnvelope('has a keyid that is not text');
  }
  return { keyid, sig: bytes };
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw noEnvelope('holds something else than JSON objects');
}

/**
 * Bytes in base64 of either alphabet, as DSSE has it: with padding, and without bits that no byte
 * has. Another text of the same bytes would be another file of the same signature.
 */
function fromBase64(text: unknown): Buffer | undefined {
  if (typeof text !== 'string') return undefined;
  const bytes = Buffer.from(text, 'base64');
  const standard = bytes.toString('base64');
  const urlSafe = standard.replaceAll('+', '-').replaceAll('/', '_');
  return text === standard || text === urlSafe ? bytes : undefined;
}

const noEnvelope = (how: string): PackageRefusal =>
  refusedPackage('envelope', `${ATTESTATION} ${how}, so it is not a DSSE envelope`);

/** What the signatures of an envelope are worth. */
export interface SignatureCheck {
  /** Ids of the keys that signed, each once. */
  readonly signedBy: readonly string[];
  /** Signatures that name one of the keys and are not that key's. */
  readonly wrong: readonly string[];
  /** Signatures of keys that are not among those given; nothing is known of them. */
  readonly unknown: number;
}

/**
 * Tries the signatures of an envelope. A key counts once, however many signatures it gave, and
 * each signature is tried with every key: its `keyid` proves nothing.
 *
 * @param keys public Ed25519 keys
 */
export function checkSignatures(envelope: Envelope, keys: readonly KeyObject[]): SignatureCheck {
  const signed = pae(envelope.payloadType, envelope.payload);
  const known = new Map(keys.map((key) => [keyId(key), key]));
  const signedBy = new Set<string>();
  const wrong: string[] = [];
  let unknown = 0;
  for (const { keyid, sig } of envelope.signatures) {
    const signer = [...known].find(([, key]) => verify(null, signed, key, sig));
    if (signer !== undefined) signedBy.add(signer[0]);
    else if (keyid !== undefined && known.has(keyid)) wrong.push(keyid);
    else unknown += 1;
  }
  return { signedBy: [...signedBy].toSorted(), wrong, unknown };
}

/**
 * The payload of a package's envelope. What it says is proved by whoever derives it again.
 *
 * @throws {@link PackageRefusal} `payload-type` for another payload than an in-toto Statement
 */
export function statementPayload({ payloadType, payload }: Envelope): Buffer {
  if (payloadType === STATEMENT_TYPE) return payload;
  throw refusedPackage(
    'payload-type',
    `the payload of ${ATTESTATION} is ${JSON.stringify(payloadType)}, not ${STATEMENT_TYPE}`,
  );
}
