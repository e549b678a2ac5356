import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { machineError } from '../../base/errors.ts';
import { openRegular } from '../../base/lines.ts';
import { fileOnDisk, type PackageFile } from './package-files.ts';

/** A private key as PEM; one that was redacted has its first line alone. */
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----(?!\[redacted\])(?=[\s\S]{10})/;

/** At least as long as what {@link PRIVATE_KEY} finds and looks ahead for. */
const OVERLAP = 80;

/**
 * Size and digest of a file that goes into a package.
 *
 * @param path its path inside of the package, for sentences
 * @throws {@link AllocertError} (machine) when it holds a private key
 * @throws what `open` and `read` throw
 */
export async function digestFile(file: string, path: string): Promise<PackageFile> {
  const hash = createHash('sha256');
  let size = 0;
  let tail = '';
  for await (const piece of createReadStream('', { fd: openRegular(file) })) {
    hash.update(piece);
    size += piece.length;
    const text = tail + piece.toString('latin1');
    // What is cut off at the end is looked at again with the piece that follows.
    if (PRIVATE_KEY.test(text)) throw privateKeyInside(path);
    tail = text.slice(-OVERLAP);
  }
  return fileOnDisk(file, size, hash.digest('hex'));
}

const privateKeyInside = (path: string): Error =>
  machineError(
    `${path} holds a private key, so no package is made of it; take it out, and replace the key ` +
      'if others have seen it',
  );
