/**
 * Packages that are refused, each for its own reason: archives that are none, signatures that are
 * none, and what somebody edited and made every digest right again for.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import t from 'tap';
import { verificationRows } from '../../certify/verify/verification-rows.ts';
import { envelopeText, readEnvelope, signEnvelope } from '../../reports/certificate/dsse.ts';
import type { Policy } from '../../reports/certificate/read-policy.ts';
import { BLOCK, encodeHeader } from '../../reports/certificate/ustar.ts';
import { type Entry, entry, gzipped, HEAD, patched, tarOf } from '../reports/certificate/sample.ts';
import { type Data, textIn, withText } from './forge.ts';
import { folderOf, newSigner, opened, sealed, verifier } from './sample.ts';
import { TAMPERINGS } from './tampered-data.ts';

const folder = folderOf(t);
const vendor = newSigner('vendor');
const stranger = newSigner('stranger');
const verify = verifier(folder, vendor);
const made = await opened(folder, vendor, { challenge: 'abc' });
const archive = readFileSync(made.file);
const TOP = 'acme_heap_1.0';

/** The entries of the good package, taken from its own bytes. */
const entries: readonly Entry[] = (() => {
  const tar = gunzipSync(archive);
  const found: Entry[] = [];
  for (let at = 0; tar[at] !== 0; ) {
    const header = tar.subarray(at, at + BLOCK);
    const name = header.toString('latin1', 0, 100).replace(/\0.*$/s, '');
    const size = Number.parseInt(header.toString('latin1', 124, 135), 8);
    found.push({ name, header, content: tar.subarray(at + BLOCK, at + BLOCK + size) });
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return found;
})();

const archiveOf = (changed: readonly Entry[]): Buffer => gzipped(tarOf(changed));

/** The good package with one entry more, where the order of names has it. */
const withEntry = (one: Entry): Buffer =>
  archiveOf([...entries, one].toSorted((a, b) => (a.name < b.name ? -1 : 1)));

const edited = (name: string, edit: (content: Buffer) => void): Buffer =>
  archiveOf(
    entries.map((one) => {
      if (one.name !== `${TOP}/${name}`) return one;
      const content = Buffer.from(one.content);
      edit(content);
      return { ...one, content };
    }),
  );

const flipped = (at: number): Buffer => {
  const bytes = Buffer.from(archive);
  bytes.writeUInt8((bytes[at] ?? 0) ^ 1, at);
  return bytes;
};

const link = (name: string, kind: string): Entry => ({
  name,
  content: Buffer.alloc(0),
  header: patched(encodeHeader({ name, size: 0, epoch: HEAD.epoch }), 156, kind),
});

const ARCHIVES: readonly (readonly [what: string, reason: string, bytes: () => Buffer])[] = [
  ['half of it', 'truncated', () => archive.subarray(0, archive.length >> 1)],
  ['its beginning', 'truncated', () => archive.subarray(0, 40)],
  ['all but its last byte', 'truncated', () => archive.subarray(0, -1)],
  ['nothing', 'truncated', () => Buffer.alloc(0)],
  ['a byte more', 'trailing-data', () => Buffer.concat([archive, Buffer.alloc(1)])],
  ['text', 'not-gzip', () => Buffer.from('this is no archive, and is long enough for a header')],
  ['a symbolic link', 'link', () => withEntry(link(`${TOP}/data/waivers.json`, '2'))],
  ['a hard link', 'link', () => withEntry(link(`${TOP}/data/waivers.json`, '1'))],
  ['a path out of it', 'path-outside', () => withEntry(entry(`${TOP}/data/../../x`, 'x'))],
  ['an absolute path', 'path-absolute', () => withEntry(entry('/etc/passwd', 'x'))],
  ['a file more', 'extra-file', () => withEntry(entry(`${TOP}/data/notes.txt`, 'x'))],
  ['a file twice', 'path-duplicate', () => withEntry(entry(`${TOP}/bagit.txt`, 'x'))],
  [
    'a file of many gigabytes',
    'too-large',
    () =>
      withEntry({
        ...entry(`${TOP}/data/waivers.json`, ''),
        header: encodeHeader({
          name: `${TOP}/data/waivers.json`,
          size: 2 ** 32,
          epoch: HEAD.epoch,
        }),
      }),
  ],
  [
    'without the environment',
    'missing-file',
    () => archiveOf(entries.filter(({ name }) => !name.endsWith('environment.json'))),
  ],
  [
    'a manifest line edited',
    'digest',
    () => edited('manifest-sha256.txt', (content) => content.write('0000', 0)),
  ],
];

for (const [what, reason, bytes] of ARCHIVES) {
  t.test(`an archive: ${what}`, async (t) => {
    const { refusals, verdict } = await verify(bytes());
    t.equal(verdict, 'refused');
    t.strictSame(
      refusals.map((one) => one.reason),
      [reason],
    );
  });
}

t.test('a byte that was flipped anywhere', async (t) => {
  for (let part = 1; part < 12; part += 1) {
    const at = Math.floor((archive.length * part) / 12);
    const { refusals, verdict } = await verify(flipped(at));
    t.equal(verdict, 'refused', `byte ${at}: ${refusals.map(({ reason }) => reason)}`);
  }
});

for (const { name } of entries.filter((one) => one.name.includes('/data/'))) {
  const path = name.slice(TOP.length + 1);
  t.test(`a byte that was flipped in ${path}`, async (t) => {
    const bytes = edited(path, (content) => {
      const at = content.length >> 1;
      content.writeUInt8((content[at] ?? 0) ^ 1, at);
    });
    const { refusals } = await verify(bytes);
    const [first] = refusals;
    // The head is read before the manifests are.
    t.ok(['digest', 'head'].includes(first?.reason ?? ''), `${first?.sentence}`);
  });
}

const resigned = (data: Data, signer = vendor): Buffer => sealed({ ...made, data }, { signer });

const envelopeEdited = (edit: (envelope: ReturnType<typeof readEnvelope>) => string): Buffer =>
  sealed({ ...made, attestation: edit(readEnvelope(made.attestation)) });

const SIGNATURES: readonly (readonly [what: string, reason: string, bytes: () => Buffer])[] = [
  ['a stranger signed', 'unknown-key', () => resigned(made.data, stranger)],
  [
    'nobody signed',
    'unsigned',
    () => envelopeEdited((one) => envelopeText({ ...one, signatures: [] })),
  ],
  [
    'the signature of other data',
    'attestation',
    () =>
      sealed({
        ...made,
        data: withText(
          made.data,
          'data/summary.html',
          `${textIn(made.data, 'data/summary.html')}\n`,
        ),
      }),
  ],
  [
    'the signature was damaged',
    'signature',
    () =>
      envelopeEdited((one) =>
        envelopeText({
          ...one,
          signatures: one.signatures.map((old) => ({ ...old, sig: Buffer.alloc(64) })),
        }),
      ),
  ],
  ['a typed result', 'attestation', () => sealed(made, { signer: vendor, result: 'PASSED' })],
  [
    'another payload',
    'payload-type',
    () =>
      envelopeEdited((one) =>
        envelopeText(signEnvelope({ ...one, payloadType: 'text/plain' }, vendor.secret)),
      ),
  ],
  ['no envelope', 'envelope', () => envelopeEdited(() => 'PASSED\n')],
];

for (const [what, reason, bytes] of SIGNATURES) {
  t.test(`a signature: ${what}`, async (t) => {
    const { refusals, verdict } = await verify(bytes());
    t.equal(verdict, 'refused');
    const reasons = refusals.map((one) => one.reason);
    t.ok(reasons.includes(reason), `${reason}: ${JSON.stringify(refusals)}`);
  });
}

for (const [what, reason, edit] of TAMPERINGS) {
  t.test(`tampered data: ${what}`, async (t) => {
    const { refusals, verdict } = await verify(resigned(edit(made.data)));
    t.equal(verdict, 'refused');
    const reasons = refusals.map((one) => one.reason);
    t.ok(reasons.includes(reason), `${reason}: ${JSON.stringify(refusals)}`);
  });
}

t.test('an old challenge', async (t) => {
  const { refusals } = await verify(archive, { challenge: 'today' });
  t.match(refusals, [{ reason: 'challenge', sentence: /answers the challenge abc/ }]);
});

t.test('a policy that needs more', async (t) => {
  const policy: Policy = {
    ...{ keys: [vendor.trusted], strength: 'lab', waivers: [], leastVersion: '9.0.0' },
    ...{ maximalAgeDays: undefined, profiles: ['rfc'], targets: ['vm:*'] },
    challengeRequired: true,
  };
  const { refusals } = await verify(archive, { policy });
  t.strictSame(
    refusals.map(({ reason }) => reason),
    ['policy-strength', 'policy-challenge', 'policy-version', 'policy-profile', 'policy-target'],
  );
  const answered = await verify(archive, { policy, challenge: 'abc' });
  t.notMatch(answered.refusals.map(({ reason }) => reason).join(), /challenge/);
});

t.test('another build of this version is said first', async (t) => {
  const own = { files: 'f'.repeat(64), commit: 'c'.repeat(40) };
  const verified = await verify(archive, { build: own, challenge: 'today' });
  const rows = verificationRows(verified);
  t.match(rows[0], {
    kind: 'build',
    text: /another build of allocert .* this one is from commit c{12};/,
  });
  t.equal(rows[1]?.kind, 'refused');
  t.equal((await verify(archive, { challenge: 'today' })).otherBuild, '', 'none is compared');
});
