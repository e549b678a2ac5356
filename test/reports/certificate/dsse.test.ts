/** Envelopes: the vectors of DSSE's own repository, and what a stranger could write into one. */
import { createPrivateKey, createPublicKey, type KeyObject, verify } from 'node:crypto';
import t from 'tap';
import { attestationPayload, STATEMENT_TYPE } from '../../../reports/certificate/attestation.ts';
import {
  checkSignatures,
  envelopeText,
  pae,
  readEnvelope,
  signEnvelope,
  statementPayload,
  unsignedEnvelope,
} from '../../../reports/certificate/dsse.ts';
import { keyId } from '../../../reports/certificate/keys.ts';

/** RFC 8032, 7.1, TEST 1 and TEST 2, which DSSE's vectors use, behind the head of PKCS #8. */
const [A, B] = [
  '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
  '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
].map((seed) => {
  const key = Buffer.from(`302e020100300506032b657004220420${seed}`, 'hex');
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}) as [KeyObject, KeyObject];

const publicHalf = (key: KeyObject): KeyObject => createPublicKey(key);

const STATEMENT = '{"_type":"https://in-toto.io/Statement/v1"}';
const SIG_A =
  '2WAfaHm5jluo0w+0rk8uVkluELJYWjSmU9x7EUzx+AyteDGJ4/nqyJXfmAUVFIAoQafWm7AxBZNw5M9ixNHiCA==';
const SIG_B =
  'c1+67/aT0yqEpwx8PsVY3MLHsj9D0CZ014/Fv/QlG59P+9CobUZ7xECJ/V3USG0Ob9CiE5LjReEZUzNF2l7eBw==';

/**
 * https://github.com/secure-systems-lab/dsse/blob/master/testvectors/vectors.json, and how many of
 * the keys A and B have signed.
 */
const VECTORS = [
  { id: 'single-signature', type: STATEMENT_TYPE, payload: STATEMENT, sigs: [SIG_A], keys: 1 },
  {
    id: 'url-safe-base64',
    type: STATEMENT_TYPE,
    encoded: '-_-_Pj8=',
    payload: Buffer.from('fbffbf3e3f', 'hex').toString('latin1'),
    sigs: [
      'P-_KHICeR7tI6S_YyejJTRtrXhcQyQ2LYPaL8h90KjC9qN8HU_svOQ6TuDOT1HIrsGW886DbWNWcCmX5twLrAw==',
    ],
    keys: 1,
  },
  {
    id: 'payload-type-swapped',
    type: 'application/vnd.example.other+json',
    payload: STATEMENT,
    sigs: [SIG_A],
    keys: 0,
  },
  {
    id: 'non-ascii-payload-type',
    type: 'application/vnd.ex\u00e4mple+json',
    payload: STATEMENT,
    sigs: [
      'xmSk/ug66ysT7ayhkCIjhAq42zgZXSsEWuzUaNL7w2eGAdF/NU6/fRXPtmfN+5DNSAs5/i2lUnHjbbjPsu0tAw==',
    ],
    keys: 1,
  },
  {
    id: 'empty-payload',
    type: STATEMENT_TYPE,
    payload: '',
    sigs: [
      'gSggCAaTLTYyRH6FIDBem6meyIynsYy8RTHVzwx9tnTb7Bg/1jMWnuVgI/gffqmbsC2VX5/jHfkkDqsj7CDbDg==',
    ],
    keys: 1,
  },
  {
    id: 'empty-payload-type',
    type: '',
    payload: STATEMENT,
    sigs: [
      'iC3q/+3Rm0+lpAJRueDmDh15PnwCfxKmS0NAfKsbv+zgulXQC/WM9trc+j1XEqlwDIg/vf/uNfebeD6sxInrDg==',
    ],
    keys: 1,
  },
  {
    id: 'threshold-two-distinct-keys',
    type: STATEMENT_TYPE,
    payload: STATEMENT,
    sigs: [SIG_A, SIG_B],
    keys: 2,
  },
  {
    id: 'threshold-two-one-key-twice',
    type: STATEMENT_TYPE,
    payload: STATEMENT,
    sigs: [SIG_A, SIG_A],
    keys: 1,
  },
] as const;

t.test('the vectors of DSSE', async (t) => {
  for (const { id, type, payload, sigs, keys, ...rest } of VECTORS) {
    const bytes = Buffer.from(payload, 'latin1');
    const text = JSON.stringify({
      payload: 'encoded' in rest ? rest.encoded : bytes.toString('base64'),
      payloadType: type,
      signatures: sigs.map((sig) => ({ sig })),
    });
    const envelope = readEnvelope(text);
    t.ok(envelope.payload.equals(bytes), id);
    const { signedBy, wrong } = checkSignatures(envelope, [A, B].map(publicHalf));
    t.equal(signedBy.length, keys, id);
    t.strictSame(wrong, [], id);
  }
});

t.test('the vector of DSSE’s protocol page, of a key on P-256', async (t) => {
  const [x, y] = [
    46950820868899156662930047687818585632848591499744589407958293238635476079160n,
    5640078356564379163099075877009565129882514886557779369047442380624545832820n,
  ].map((value) => Buffer.from(value.toString(16).padStart(64, '0'), 'hex').toString('base64url'));
  const signed = pae('http://example.com/HelloWorld', Buffer.from('hello world'));
  t.equal(signed.toString(), 'DSSEv1 29 http://example.com/HelloWorld 11 hello world');
  const key = createPublicKey({
    key: { kty: 'EC', crv: 'P-256', x: x ?? '', y: y ?? '' },
    format: 'jwk',
  });
  const sig =
    'A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA==';
  const way = { key, dsaEncoding: 'ieee-p1363' } as const;
  t.ok(verify('sha256', signed, way, Buffer.from(sig, 'base64')));
});

t.test('lengths are of bytes, so no part can grow at the cost of the next', async (t) => {
  t.equal(pae('\u00e4', Buffer.from('x')).toString(), 'DSSEv1 2 \u00e4 1 x');
  t.equal(pae('', Buffer.alloc(0)).toString(), 'DSSEv1 0  0 ');
  t.notOk(pae('a b', Buffer.from('c')).equals(pae('a', Buffer.from('b c'))));
});

t.test('the order of signers makes no difference, and a key signs once', async (t) => {
  const envelope = unsignedEnvelope(Buffer.from(STATEMENT));
  const one = envelopeText(signEnvelope(signEnvelope(envelope, A), B));
  t.equal(envelopeText(signEnvelope(signEnvelope(envelope, B), A)), one);
  t.equal(envelopeText(signEnvelope(readEnvelope(one), A)), one, 'signing again changes nothing');
  t.strictSame(
    JSON.parse(one)
      .signatures.map(({ sig }: { sig: string }) => sig)
      .toSorted(),
    [SIG_A, SIG_B].toSorted(),
  );
  const { signedBy, unknown } = checkSignatures(readEnvelope(one), [publicHalf(A)]);
  t.strictSame(signedBy, [keyId(A)]);
  t.equal(unknown, 1, 'nothing is known of the other');
});

t.test('a keyid proves nothing', async (t) => {
  const envelope = signEnvelope(unsignedEnvelope(Buffer.from(STATEMENT)), B);
  const sig = envelope.signatures[0]?.sig ?? Buffer.alloc(0);
  const lied = { ...envelope, signatures: [{ keyid: keyId(A), sig }] };
  const keys = [A, B].map(publicHalf);
  t.strictSame(checkSignatures(lied, keys).signedBy, [keyId(B)], 'it is whose it is');
  const { signedBy, wrong } = checkSignatures(lied, [publicHalf(A)]);
  t.strictSame([signedBy, wrong], [[], [keyId(A)]]);
  const short = { ...envelope, signatures: [{ keyid: keyId(A), sig: Buffer.alloc(3) }] };
  t.strictSame(checkSignatures(short, keys).wrong, [keyId(A)]);
  const twice = { ...envelope, signatures: [...envelope.signatures, ...envelope.signatures] };
  t.equal(checkSignatures(twice, keys).signedBy.length, 1);
});

t.test('what is no envelope is refused', async (t) => {
  const good = { payload: 'eA==', payloadType: STATEMENT_TYPE, signatures: [{ sig: 'AA==' }] };
  t.equal(readEnvelope(JSON.stringify(good)).signatures.length, 1);
  const bad: readonly (readonly [unknown, RegExp])[] = [
    ['{', /is not JSON/],
    [[], /JSON objects/],
    [{ ...good, payloadType: 1 }, /no payloadType/],
    [{ ...good, payload: 'eA' }, /payload that is not canonical base64/],
    [{ ...good, payload: 'eB==' }, /payload that is not canonical base64/],
    [{ ...good, payload: 'e A==' }, /payload that is not canonical base64/],
    [{ ...good, payload: 'eA==\n' }, /payload that is not canonical base64/],
    [{ ...good, payload: '+_8=' }, /payload that is not canonical base64/],
    [{ ...good, payload: undefined }, /payload that is not canonical base64/],
    [{ ...good, signatures: {} }, /no list of signatures/],
    [{ ...good, signatures: ['AA=='] }, /JSON objects/],
    [{ ...good, signatures: [{ sig: 'AB==' }] }, /signature that is not canonical base64/],
    [{ ...good, signatures: [{ sig: 'AA==', keyid: 7 }] }, /keyid that is not text/],
    [{ ...good, signatures: Array(101).fill({ sig: 'AA==' }) }, /more than 100 signatures/],
  ];
  for (const [value, message] of bad) {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    t.throws(() => readEnvelope(text), { message });
  }
});

t.test('the payload is a Statement of in-toto', async (t) => {
  const facts = {
    manifestSha256: 'a'.repeat(64),
    tested: [{ name: 'vmlinuz', sha256: 'b'.repeat(64) }],
    result: 'WARNED',
    configuration: [
      { name: 'data/statement.json', sha256: 'd'.repeat(64) },
      { name: 'data/catalogue.json', sha256: 'c'.repeat(64) },
    ],
    passed: ['LIF-02', 'FD-01'],
    warned: ['ABI-01'],
    failed: [],
  } as const;
  const payload = attestationPayload(facts);
  t.strictSame(JSON.parse(payload.toString()), {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [
      { name: 'manifest-sha256.txt', digest: { sha256: 'a'.repeat(64) } },
      { name: 'vmlinuz', digest: { sha256: 'b'.repeat(64) } },
    ],
    predicateType: 'https://in-toto.io/attestation/test-result/v0.1',
    predicate: {
      result: 'WARNED',
      configuration: [
        { name: 'data/catalogue.json', digest: { sha256: 'c'.repeat(64) } },
        { name: 'data/statement.json', digest: { sha256: 'd'.repeat(64) } },
      ],
      passedTests: ['FD-01', 'LIF-02'],
      warnedTests: ['ABI-01'],
      failedTests: [],
    },
  });
  const shuffled = { ...facts, passed: facts.passed.toReversed() };
  t.ok(attestationPayload(shuffled).equals(payload), 'a function of the facts');
  t.ok(statementPayload(unsignedEnvelope(payload)).equals(payload));
  t.throws(() => statementPayload({ ...unsignedEnvelope(payload), payloadType: 'text/plain' }), {
    message: /is "text\/plain", not .*\(payload-type\)/,
  });
});
