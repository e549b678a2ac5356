/** Sigstore bundles: over this package and by that identity, or refused; see the fixtures' README. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { sha256Of } from '../../../reports/certificate/package-files.ts';
import {
  type SigstoreRequest,
  type SigstoreSubject,
  verifySigstore,
} from '../../../reports/certificate/sigstore.ts';
import { scratch } from './sample.ts';

const FIXTURES = join('test', 'fixtures', 'certificate');

const REQUEST: SigstoreRequest = {
  bundle: join(FIXTURES, 'statement.sigstore.json'),
  trustedRoot: join(FIXTURES, 'trusted-root.json'),
  identity: 'https://github.com/acme/heap/.github/workflows/certify.yml@refs/heads/main',
  issuer: 'https://token.actions.githubusercontent.com',
};

const ARCHIVE = { ...REQUEST, bundle: join(FIXTURES, 'archive.sigstore.json') };

/** The package that the fixtures are over. */
function subject(t: Test, archive = 'an archive\n', manifest = 'a manifest\n'): SigstoreSubject {
  const file = join(scratch(t), 'package.tar.gz');
  writeFileSync(file, archive);
  return { file, sha256: sha256Of(archive), manifestSha256: sha256Of(manifest) };
}

interface BundleJson {
  dsseEnvelope: { payload: string; signatures: { sig: string }[] };
  verificationMaterial: {
    tlogEntries: {
      integratedTime: string;
      inclusionPromise: { signedEntryTimestamp: string };
    }[];
  };
}

/** A bundle with something changed. */
function changed(t: Test, change: (bundle: BundleJson) => void): SigstoreRequest {
  const bundle = JSON.parse(readFileSync(REQUEST.bundle, 'utf8')) as BundleJson;
  change(bundle);
  const file = join(scratch(t), 'bundle.json');
  writeFileSync(file, JSON.stringify(bundle));
  return { ...REQUEST, bundle: file };
}

t.test('a bundle over the manifest, and one over the archive', async (t) => {
  const { identity, issuer } = REQUEST;
  const manifest = await verifySigstore(REQUEST, subject(t));
  t.strictSame(manifest, { identity, issuer, over: 'manifest' });
  const archive = await verifySigstore(ARCHIVE, subject(t));
  t.strictSame(archive, { identity, issuer, over: 'archive' });
});

t.test('roots in lines are tried one after the other', async (t) => {
  const root = JSON.stringify(JSON.parse(readFileSync(REQUEST.trustedRoot, 'utf8')));
  const other = JSON.stringify({ ...JSON.parse(root), certificateAuthorities: [] });
  const file = join(scratch(t), 'roots.jsonl');
  writeFileSync(file, `${other}\n${root}\n`);
  t.equal((await verifySigstore({ ...REQUEST, trustedRoot: file }, subject(t))).over, 'manifest');
  writeFileSync(file, `${other}\n`);
  const refused = verifySigstore({ ...REQUEST, trustedRoot: file }, subject(t));
  await t.rejects(refused, { message: /does not verify: .*\(sigstore\)$/ });
});

t.test('a bundle over another package', async (t) => {
  const other = subject(t, 'another archive\n', 'another manifest\n');
  for (const request of [REQUEST, ARCHIVE]) {
    await t.rejects(verifySigstore(request, other), { message: /\(sigstore-subject\)$/ });
  }
});

t.test('a bundle by somebody else', async (t) => {
  for (const change of [
    { identity: 'https://github.com/acme/heap/.github/workflows/other.yml@refs/heads/main' },
    { identity: REQUEST.identity.slice(0, -1) },
    { identity: '.*' },
    { issuer: 'https://accounts.google.com' },
  ]) {
    const refused = verifySigstore({ ...REQUEST, ...change }, subject(t));
    await t.rejects(refused, { message: /was signed by .*acme.*\(sigstore-identity\)$/ });
  }
});

t.test('nothing of a bundle can be changed', async (t) => {
  const mine = { _type: 'x', subject: [{ digest: { sha256: sha256Of('a manifest\n') } }] };
  const requests = [
    changed(t, ({ dsseEnvelope }) => {
      dsseEnvelope.payload = Buffer.from(JSON.stringify(mine)).toString('base64');
    }),
    changed(t, ({ dsseEnvelope: { signatures } }) => {
      for (const one of signatures) one.sig = Buffer.alloc(70).toString('base64');
    }),
    changed(t, ({ verificationMaterial: { tlogEntries } }) => {
      for (const one of tlogEntries) one.integratedTime = '1700000000';
    }),
    changed(t, ({ verificationMaterial: { tlogEntries } }) => {
      for (const one of tlogEntries) {
        one.inclusionPromise.signedEntryTimestamp = Buffer.alloc(70).toString('base64');
      }
    }),
    changed(t, ({ verificationMaterial }) => {
      verificationMaterial.tlogEntries = [];
    }),
  ];
  for (const request of requests) {
    await t.rejects(verifySigstore(request, subject(t)), { message: /\(sigstore\)$/ });
  }
});

t.test('what is no bundle, and no root', async (t) => {
  const file = join(scratch(t), 'x.json');
  for (const text of ['{', '{}', '[]', '{"mediaType":"x"}', '{"mediaType":7,"tlogs":7}']) {
    writeFileSync(file, text);
    for (const request of [
      { ...REQUEST, bundle: file },
      { ...REQUEST, trustedRoot: file },
    ]) {
      await t.rejects(verifySigstore(request, subject(t)), { message: /\(sigstore\)$/ }, text);
    }
  }
  const missing = verifySigstore({ ...REQUEST, bundle: '/nowhere' }, subject(t));
  await t.rejects(missing, { message: /\/nowhere cannot be read, there is no such file/ });
});

t.test('without Sigstore’s packages there is one sentence', async (t) => {
  const missing = Object.assign(new Error('no'), { code: 'ERR_MODULE_NOT_FOUND' });
  const refused = verifySigstore(REQUEST, subject(t), () => Promise.reject(missing));
  await t.rejects(refused, { message: /run "npm install @sigstore\/verify@3/, exitCode: 2 });
});
