/** Policies: whose signatures count, what they make of a package, and what is not accepted. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import {
  judgeSigners,
  type PolicyFacts,
  policyRefusals,
} from '../../../reports/certificate/apply-policy.ts';
import {
  type Envelope,
  signEnvelope,
  unsignedEnvelope,
} from '../../../reports/certificate/dsse.ts';
import { keyId } from '../../../reports/certificate/keys.ts';
import {
  type KeyRole,
  type Policy,
  readPolicy,
  type TrustedKey,
} from '../../../reports/certificate/read-policy.ts';
import { scratch } from './sample.ts';

const pair = (): { privateKey: KeyObject; publicKey: KeyObject } => generateKeyPairSync('ed25519');

const [VENDOR, CONFIRMER, LAB, STRANGER] = [pair(), pair(), pair(), pair()] as const;

const pem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();

const trusted = (key: KeyObject, role?: KeyRole): TrustedKey => ({
  name: role ?? 'k',
  role,
  id: keyId(key),
  key,
});

const ALL = [
  trusted(VENDOR.publicKey, 'vendor'),
  trusted(CONFIRMER.publicKey, 'confirmer'),
  trusted(LAB.publicKey, 'lab'),
];

const signedBy = (...pairs: readonly { privateKey: KeyObject }[]): Envelope =>
  pairs
    .map(({ privateKey }) => privateKey)
    .reduce(signEnvelope, unsignedEnvelope(Buffer.from('{}')));

t.test('signatures make three strengths', async (t) => {
  const strength = (envelope: Envelope, keys = ALL): string | undefined =>
    judgeSigners(envelope, keys).strength;
  t.equal(strength(signedBy(VENDOR)), 'self');
  t.equal(strength(signedBy(CONFIRMER)), 'self', 'a second key confirms a first one');
  t.equal(strength(signedBy(VENDOR, CONFIRMER)), 'confirmed');
  t.equal(strength(signedBy(LAB)), 'lab');
  t.equal(strength(signedBy(VENDOR, LAB)), 'lab');
  t.equal(strength(signedBy(VENDOR, STRANGER)), 'self', 'a stranger confirms nothing');
  const vendors = [trusted(VENDOR.publicKey, 'vendor'), trusted(LAB.publicKey, 'vendor')];
  t.equal(strength(signedBy(VENDOR, LAB), vendors), 'self', 'vendors do not confirm themselves');
  const typed = [trusted(VENDOR.publicKey), trusted(CONFIRMER.publicKey)];
  t.equal(strength(signedBy(VENDOR, CONFIRMER), typed), 'self', 'both may be the vendor’s');
  const once = signedBy(VENDOR);
  const twice = { ...once, signatures: [...once.signatures, ...once.signatures] };
  t.equal(strength(twice, typed), 'self', 'one key counts once');
});

t.test('who did not sign', async (t) => {
  const reasons = (envelope: Envelope): readonly string[] =>
    judgeSigners(envelope, ALL).refusals.map(({ reason }) => reason);
  t.strictSame(reasons(signedBy()), ['unsigned']);
  t.strictSame(reasons(signedBy(STRANGER)), ['unknown-key']);
  t.strictSame(reasons(signedBy(VENDOR)), []);
  const other = { ...signedBy(VENDOR), payload: Buffer.from('{"a":1}') };
  t.strictSame(reasons(other), ['signature'], 'a signature of something else');
  t.equal(judgeSigners(signedBy(VENDOR, STRANGER), ALL).unknown, 1);
});

const POLICY: Policy = {
  keys: ALL,
  strength: 'confirmed',
  waivers: ['interpretation'],
  leastVersion: '1.2.0',
  maximalAgeDays: 30,
  challengeRequired: true,
  profiles: ['hardened'],
  targets: ['vm:*/dma_heap/system', 'sim:'],
};

const FACTS: PolicyFacts = {
  strength: 'lab',
  isChallenged: true,
  waivers: ['interpretation'],
  allocert: '1.2.0',
  profile: 'hardened',
  target: 'vm:debian/dma_heap/system',
  endedAt: new Date('2026-01-01T00:00:00Z'),
  today: new Date('2026-01-31T23:00:00Z'),
};

t.test('each demand of a policy has its word', async (t) => {
  const reasons = (facts: Partial<PolicyFacts>): readonly string[] => {
    const refusals = policyRefusals(POLICY, { ...FACTS, ...facts });
    for (const { sentence, remedy } of refusals) {
      t.match(sentence, /\S \S/);
      t.notMatch(sentence, /undefined/);
      t.match(remedy, /\S \S/);
    }
    return refusals.map(({ reason }) => reason);
  };
  t.strictSame(reasons({}), []);
  t.strictSame(reasons({ strength: 'confirmed' }), []);
  t.strictSame(reasons({ isChallenged: false }), ['policy-challenge']);
  t.strictSame(reasons({ strength: 'self' }), ['policy-strength']);
  t.strictSame(reasons({ strength: undefined }), ['policy-strength']);
  t.strictSame(reasons({ waivers: ['minor-fault', 'minor-fault'] }), ['policy-waiver']);
  t.strictSame(reasons({ allocert: '1.10.0' }), []);
  for (const version of ['1.1.9', '0.9.9', '1.2.0-rc.1']) {
    t.strictSame(reasons({ allocert: version }), ['policy-version'], version);
  }
  t.strictSame(reasons({ today: new Date('2026-02-01T00:00:00Z') }), ['policy-age']);
  t.strictSame(reasons({ profile: 'upstream' }), ['policy-profile']);
  for (const target of ['sim:?defect=no-zeroing', 'xvm:a/dma_heap/system', 'vm:a/dma_heap/other']) {
    t.strictSame(reasons({ target }), ['policy-target'], target);
  }
  const free = {
    ...POLICY,
    strength: 'self',
    leastVersion: undefined,
    maximalAgeDays: undefined,
    challengeRequired: false,
    profiles: undefined,
    targets: undefined,
  } as const;
  const any = {
    ...FACTS,
    isChallenged: false,
    strength: 'self',
    target: 'x:',
    allocert: '0.0.1',
  } as const;
  t.strictSame(policyRefusals(free, any), []);
});

const write = (t: Test, value: unknown): string => {
  const file = join(scratch(t), 'policy.json');
  writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
  return file;
};

t.test('a policy is a file', async (t) => {
  const key = { name: 'Acme', role: 'vendor', key: pem(VENDOR.publicKey) };
  const policy = readPolicy(write(t, { version: 1, keys: [key], strength: 'self' }));
  t.strictSame(
    policy.keys.map(({ id, role, name }) => [id, role, name]),
    [[keyId(VENDOR.publicKey), 'vendor', 'Acme']],
  );
  t.strictSame([policy.waivers, policy.leastVersion, policy.targets], [[], undefined, undefined]);
  t.equal(policy.challengeRequired, false);
  const strict = { version: 1, keys: [key], strength: 'self', challengeRequired: true };
  t.equal(readPolicy(write(t, strict)).challengeRequired, true);
});

t.test('the policy that the page shows is one', async (t) => {
  const page = readFileSync(join('docs', 'package.md'), 'utf8');
  const [, text = ''] = /```json\n(.+?)```/s.exec(page) ?? [];
  const { keys, strength, targets } = readPolicy(write(t, text));
  t.strictSame([keys.map(({ role }) => role), strength], [['vendor', 'lab'], 'lab']);
  t.strictSame(targets, ['vm:*/dma_heap/system']);
});

t.test('the page has every word of a refusal', async (t) => {
  const page = readFileSync(join('docs', 'package.md'), 'utf8');
  const folder = join('reports', 'certificate');
  const code = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  const given = /(?:refusedPackage|tooMuch)\(\s*'([a-z-]+)'|reason: '([a-z-]+)'/g;
  const words = code.flatMap((text) => [...text.matchAll(given)].map(([, a, b]) => a ?? b));
  t.ok(words.length > 30, words.join(' '));
  for (const word of new Set(words)) t.ok(page.includes(`\`${word}\``), `${word} is on the page`);
});

t.test('what is no policy', async (t) => {
  const key = { name: 'Acme', role: 'vendor', key: pem(VENDOR.publicKey) };
  const good = { version: 1, keys: [key], strength: 'self' };
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
  const bad: readonly (readonly [unknown, RegExp])[] = [
    ['{', /is not JSON \(line 1: .*name another file with --policy/],
    [{ ...good, keys: [] }, /must not be empty/],
    [{ ...good, strength: 'strong' }, /must be one of self, confirmed, lab/],
    [{ ...good, keys: [{ ...key, role: 'boss' }] }, /must be one of vendor, confirmer, lab/],
    [{ ...good, waivers: ['all'] }, /must be one of interpretation/],
    [{ ...good, extra: 1 }, /"extra" is unknown/],
    [{ ...good, keys: [key, { ...key, name: 'Other' }] }, /Acme and Other are one key/],
    [
      { ...good, keys: [key, { ...key, key: pem(LAB.publicKey) }] },
      /Acme and Acme have one name; remove one/,
    ],
    [{ ...good, keys: [{ ...key, key: pem(ec) }] }, /the key Acme is a key of ec/],
    [
      { ...good, keys: [{ ...key, key: '-----BEGIN PUBLIC KEY-----\nAA' }] },
      /the key Acme is no key in PEM/,
    ],
  ];
  for (const [value, message] of bad) {
    const file = write(t, value);
    t.throws(() => readPolicy(file), { message, exitCode: 2 });
  }
});
