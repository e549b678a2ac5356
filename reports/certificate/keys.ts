import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { AllocertError, unreadable, usageError } from '../../base/errors.ts';
import { openRegular } from '../../base/lines.ts';

/** Keys are Ed25519 (RFC 8032) in PEM: private ones as PKCS #8, public ones as SPKI (RFC 8410). */
const KIND = 'ed25519';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;

/** Owner only. */
const PRIVATE_MODE = 0o600;
const PUBLIC_MODE = 0o644;

/** Bytes that are read of a file; a key has far fewer. */
const KEY_BYTES = 1 << 14;

/** The end of a public key's file, whose beginning is the private one's. */
export const PUBLIC_END = '.pub';

/**
 * The id of a key: SHA-256 of its public half as SPKI in DER, in lower-case hexadecimal.
 *
 * @param key public, or private
 */
export function keyId(key: KeyObject): string {
  const half = key.type === 'private' ? createPublicKey(key) : key;
  const der = half.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest('hex');
}

/**
 * Makes a key: FILE for its owner alone, and FILE.pub. Neither may exist.
 *
 * @returns its id
 * @throws {@link AllocertError} (usage) when one exists, also as a link, or cannot be written
 */
export function createKey(file: string): string {
  const { privateKey, publicKey } = generateKeyPairSync(KIND);
  const texts = [
    [file, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), PRIVATE_MODE],
    [
      `${file}${PUBLIC_END}`,
      publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      PUBLIC_MODE,
    ],
  ] as const;
  const made: string[] = [];
  try {
    for (const [name, text, mode] of texts) {
      const descriptor = openSync(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
      made.push(name);
      try {
        // Whatever the mask of this process is, the key is neither open nor unreadable.
        fchmodSync(descriptor, mode);
        writeFileSync(descriptor, text, { flush: true });
      } finally {
        closeSync(descriptor);
      }
    }
  } catch (thrown) {
    for (const name of made) rmSync(name, { force: true });
    const exists = (thrown as NodeJS.ErrnoException).code === 'EEXIST';
    const why = exists ? 'one of them exists, and keys are not replaced' : unreadable(thrown);
    if (why === undefined) throw thrown;
    throw usageError(`cannot make ${file} and ${file}${PUBLIC_END}: ${why}; name another file`);
  }
  return keyId(publicKey);
}

/**
 * Reads a private key that only its owner can read.
 *
 * @throws {@link AllocertError} (usage) when others can read it, or it is no Ed25519 key
 */
export function readPrivateKey(file: string): KeyObject {
  const text = keyText(file, (descriptor) => {
    if ((fstatSync(descriptor).mode & 0o077) === 0) return;
    throw usageError(
      `others than its owner may use the private key ${file}; make a new one with ` +
        `"allocert key new", or run "chmod 600" on it if they had no occasion to`,
    );
  });
  if (/BEGIN ENCRYPTED PRIVATE KEY/.test(text)) {
    throw usageError(`${file} is encrypted; decrypt it, or make a key with "allocert key new"`);
  }
  return ed25519(file, text, createPrivateKey, 'a private key as "allocert key new" makes it');
}

/**
 * Reads a public key.
 *
 * @throws {@link AllocertError} (usage) when it is private, or no Ed25519 key
 */
export function readPublicKey(file: string): KeyObject {
  return publicKeyIn(
    file,
    keyText(file, () => {}),
  );
}

/**
 * A public key out of its PEM text.
 *
 * @param where for sentences
 * @throws {@link AllocertError} (usage) when it is private, or no Ed25519 key
 */
export function publicKeyIn(where: string, text: string): KeyObject {
  if (/PRIVATE KEY/.test(text)) {
    throw usageError(`${where} is a private key; give its public half, such as KEY${PUBLIC_END}`);
  }
  return ed25519(where, text, createPublicKey, 'a public key as "allocert key new" makes it');
}

/** The text of a key's file, which `check` may refuse by what it is open as. */
function keyText(file: string, check: (descriptor: number) => void): string {
  try {
    const descriptor = openRegular(file);
    try {
      check(descriptor);
      const bytes = Buffer.alloc(KEY_BYTES);
      return bytes.toString('latin1', 0, readSync(descriptor, bytes, 0, KEY_BYTES, 0));
    } finally {
      closeSync(descriptor);
    }
  } catch (thrown) {
    if (thrown instanceof AllocertError) throw thrown;
    const reason = unreadable(thrown);
    if (reason === undefined) throw thrown;
    throw usageError(`${file} cannot be read, ${reason}; name the file of a key`);
  }
}

function ed25519(
  where: string,
  text: string,
  parse: (text: string) => KeyObject,
  wanted: string,
): KeyObject {
  const key = parsed(text, parse);
  if (key?.asymmetricKeyType === KIND) return key;
  const found = key === undefined ? 'no key in PEM' : `a key of ${key.asymmetricKeyType}`;
  throw usageError(`${where} is ${found}; give ${wanted} (Ed25519)`);
}

function parsed(text: string, parse: (text: string) => KeyObject): KeyObject | undefined {
  try {
    return parse(text);
  } catch {
    return undefined; // OpenSSL's words say nothing to the owner of the file.
  }
}
