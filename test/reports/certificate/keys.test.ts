/** Keys: never replaced, never read when others could read them, and never in a package. */
import { spawnSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  createKey,
  keyId,
  publicKeyIn,
  readPrivateKey,
  readPublicKey,
} from '../../../reports/certificate/keys.ts';
import { layOutBag } from '../../../reports/certificate/write-package.ts';
import { dataFolder, scratch } from './sample.ts';

const modeOf = (file: string): number => statSync(file).mode & 0o777;

t.test('a new key is its owner’s alone, whatever the mask', async (t) => {
  const file = join(scratch(t), 'vendor.pem');
  const mask = process.umask(0);
  const id = createKey(file);
  process.umask(mask);
  t.equal(modeOf(file), 0o600);
  t.equal(modeOf(`${file}.pub`), 0o644);
  t.equal(keyId(readPrivateKey(file)), id);
  t.equal(keyId(readPublicKey(`${file}.pub`)), id);
  t.match(id, /^[0-9a-f]{64}$/);
  t.notMatch(readFileSync(`${file}.pub`, 'utf8'), /PRIVATE/);
});

t.test('the id is what others compute of the same key', async (t) => {
  const file = join(scratch(t), 'k');
  const id = createKey(file);
  const der = ['pkey', '-pubin', '-in', `${file}.pub`, '-outform', 'DER'];
  const openssl = spawnSync('openssl', der);
  const expected = openssl.error === undefined ? openssl.stdout : undefined;
  if (expected === undefined) t.pass('there is no openssl here');
  const own = createPublicKey(readFileSync(`${file}.pub`)).export({ type: 'spki', format: 'der' });
  if (expected !== undefined) t.ok(expected.equals(own));
  const { createHash } = await import('node:crypto');
  t.equal(createHash('sha256').update(own).digest('hex'), id);
});

t.test('no key is replaced, and nothing is left of half a pair', async (t) => {
  const folder = scratch(t);
  const file = join(folder, 'k');
  createKey(file);
  const before = readFileSync(file, 'utf8');
  t.throws(() => createKey(file), { message: /keys are not replaced/, exitCode: 2 });
  t.equal(readFileSync(file, 'utf8'), before);
  const other = join(folder, 'other');
  writeFileSync(`${other}.pub`, 'x');
  t.throws(() => createKey(other), { message: /keys are not replaced/ });
  t.notOk(existsSync(other));
  const link = join(folder, 'link');
  symlinkSync(join(folder, 'elsewhere'), link);
  t.throws(() => createKey(link), { message: /keys are not replaced/ });
  t.notOk(existsSync(join(folder, 'elsewhere')));
  t.throws(() => createKey('/nowhere/k'), { message: /there is no such file; name another/ });
});

t.test('a private key that others can read is refused', async (t) => {
  const file = join(scratch(t), 'k');
  createKey(file);
  for (const mode of [0o640, 0o604, 0o644, 0o620, 0o611]) {
    chmodSync(file, mode);
    t.throws(() => readPrivateKey(file), { message: /others than its owner/, exitCode: 2 });
  }
  chmodSync(file, 0o400);
  t.ok(readPrivateKey(file));
});

t.test('what is no Ed25519 key is refused', async (t) => {
  const folder = scratch(t);
  const put = (text: string | Buffer): string => {
    const file = join(folder, 'k');
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  const pem = { format: 'pem' } as const;
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const own = generateKeyPairSync('ed25519');
  const ecPrivate = put(ec.privateKey.export({ ...pem, type: 'pkcs8' }));
  t.throws(() => readPrivateKey(ecPrivate), { message: /is a key of ec; give a private key/ });
  const ecPublic = ec.publicKey.export({ ...pem, type: 'spki' }).toString();
  t.throws(() => publicKeyIn('it', ecPublic), { message: /it is a key of ec; give a public key/ });
  const locked = { ...pem, type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' } as const;
  const encrypted = put(own.privateKey.export(locked));
  t.throws(() => readPrivateKey(encrypted), { message: /is encrypted; decrypt it/ });
  const garbage = put('no key');
  t.throws(() => readPrivateKey(garbage), { message: /is no key in PEM/ });
  t.throws(() => readPublicKey(garbage), { message: /is no key in PEM/ });
  const secret = put(own.privateKey.export({ ...pem, type: 'pkcs8' }));
  t.throws(() => readPublicKey(secret), { message: /is a private key; give its public half/ });
  t.throws(() => readPublicKey('/nowhere'), { message: /there is no such file/ });
  t.throws(() => readPublicKey(folder), { message: /it is a directory/ });
});

t.test('a package never holds a private key', async (t) => {
  const file = join(scratch(t), 'k');
  createKey(file);
  const pem = readFileSync(file, 'utf8');
  const inside = /data\/statement\.json holds a private key/;
  const bad = [pem, `{"log":${JSON.stringify(pem)}}`, `${' '.repeat(65_520)}${pem}`];
  for (const text of bad) {
    await t.rejects(layOutBag(dataFolder(t, { 'data/statement.json': text })), { message: inside });
  }
  const good = [
    readFileSync(`${file}.pub`, 'utf8'),
    '{"log":"-----BEGIN PRIVATE KEY-----[redacted]-----END PRIVATE KEY-----"}',
    `${' '.repeat(65_530)}-----BEGIN PRIVATE KEY-----[redacted]-----END PRIVATE KEY-----`,
  ];
  for (const text of good) {
    t.ok(await layOutBag(dataFolder(t, { 'data/statement.json': text })));
  }
});
