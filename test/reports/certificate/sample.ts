/** Packages and archives for tests: a good one, and whatever a stranger could send. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Test } from 'tap';
import {
  type AttestedFacts,
  attestationPayload,
} from '../../../reports/certificate/attestation.ts';
import type { Bag } from '../../../reports/certificate/bag.ts';
import { envelopeText, unsignedEnvelope } from '../../../reports/certificate/dsse.ts';
import {
  ATTESTATION,
  byPath,
  PACKAGE_HEAD,
  REQUIRED_DATA,
} from '../../../reports/certificate/package-files.ts';
import { headText, type PackageHead } from '../../../reports/certificate/package-head.ts';
import { BLOCK, encodeHeader, paddingOf } from '../../../reports/certificate/ustar.ts';

/** A head that fits the schema. */
export const HEAD: PackageHead = {
  version: 1,
  allocert: '0.1.0',
  product: { vendor: 'Acme', name: 'Heap One', version: '2.1' },
  target: 'sim:',
  profile: 'hardened',
  plan: {},
  challenge: null,
  epoch: 1_700_000_000,
  catalogue: '0'.repeat(64),
};

/** A folder that is removed at the end of a test. */
export function scratch(t: Pick<Test, 'teardown'>): string {
  const folder = mkdtempSync(join(tmpdir(), 'allocert-certificate-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A folder with all data that a package needs. */
export function dataFolder(
  t: Pick<Test, 'teardown'>,
  extra: Readonly<Record<string, string>> = {},
): string {
  const folder = scratch(t);
  const texts = {
    ...Object.fromEntries(REQUIRED_DATA.map((path) => [path, `{"this is":"${path}"}\n`])),
    [PACKAGE_HEAD]: headText(HEAD),
    ...extra,
  };
  for (const [path, text] of Object.entries(texts)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/** What an attestation of a package may say. */
export const factsOf = ({ manifestSha256 }: Bag): AttestedFacts => ({
  manifestSha256,
  tested: [],
  result: 'PASSED',
  configuration: [{ name: 'data/catalogue.json', sha256: '0'.repeat(64) }],
  passed: ['ALLOC-01'],
  warned: [],
  failed: [],
});

/** An envelope without signatures. */
export const unsigned = (bag: Bag): string =>
  envelopeText(unsignedEnvelope(attestationPayload(factsOf(bag))));

/** One entry of an archive, with any header. */
export interface Entry {
  readonly name: string;
  readonly content: Buffer;
  readonly header: Buffer;
}

/** The entries that a package would have. */
export function entriesOf(bag: Bag, attestation: string = unsigned(bag)): Entry[] {
  const contents = [...bag.files].map(([path, file]) => [path, file.bytes()] as const);
  return [...contents, [ATTESTATION, Buffer.from(attestation)] as const]
    .toSorted(byPath)
    .map(([path, content]) => entry(`${bag.name}/${path}`, content));
}

/** A regular file as an entry. */
export const entry = (name: string, text: string | Buffer): Entry => {
  const content = Buffer.from(text);
  const header = encodeHeader({ name, size: content.length, epoch: HEAD.epoch });
  return { name, content, header };
};

/** A header with some bytes changed, and its checksum made right again. */
export function patched(header: Buffer, at: number, bytes: string): Buffer {
  const block = Buffer.from(header);
  block.write(bytes, at, 'latin1');
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

/** An archive of tar, with its end. */
export const tarOf = (entries: readonly Entry[], end: Buffer = Buffer.alloc(2 * BLOCK)): Buffer =>
  Buffer.concat([
    ...entries.flatMap(({ header, content }) => [
      header,
      content,
      Buffer.alloc(paddingOf(content.length)),
    ]),
    end,
  ]);

/** gzip as packages have it. */
export function gzipped(tar: Buffer): Buffer {
  const bytes = gzipSync(tar);
  bytes[9] = 255;
  return bytes;
}
