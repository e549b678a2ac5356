/** What counts as a secret in a target URL or in a sentence, and what must stay readable. */
import t from 'tap';
import { isSecretName, REDACTED, redact, redactorOf, secretsIn } from '../../base/redact.ts';

const NOTHING = {};

t.test('secrets go, the rest of the URL stays', async (t) => {
  const table: readonly (readonly [typed: string, shown: string])[] = [
    ['remote:tls:ann:s3cr3t@host:7443?ca=a&cert=b&key=c', `ann:${REDACTED}@host:7443?ca=a&cert=b`],
    ['remote:tls:ann:p@ss@host:7443', `remote:tls:ann:${REDACTED}@host:7443`],
    ['remote:ssh:root:p/w@board:/dev/cma0', `remote:ssh:root:${REDACTED}@board:/dev/cma0`],
    ['./a.js?at=https://ann:s3cr3t@host/x', `./a.js?at=https://ann:${REDACTED}@host/x`],
    ['https://:s3cr3t@host/x', `https://:${REDACTED}@host/x`],
    ['./a.js?token=s3cr3t&region=0', `./a.js?token=${REDACTED}&region=0`],
    ['./a.js?region=0&API_KEY=s3cr3t', `./a.js?region=0&API_KEY=${REDACTED}`],
    ["remote:exec:agent --password 's 3'", `remote:exec:agent --password ${REDACTED}`],
    ['remote:exec:agent --auth-token=s3cr3t -v', `agent --auth-token=${REDACTED} -v`],
    ['remote:exec:env DB_PASSWORD=s3cr3t agent', `env DB_PASSWORD=${REDACTED} agent`],
  ];
  for (const [typed, shown] of table) {
    const redacted = redact(typed, NOTHING);
    t.match(redacted, shown);
    t.notMatch(redacted, /s3cr3t|p@ss|p\/w|s 3/);
    t.equal(redact(redacted, NOTHING), redacted, 'twice is as once');
  }
});

t.test('what is no secret is not touched', async (t) => {
  for (const text of [
    'sim:?behaviour=rfc-v2&defect=no-zeroing',
    'vm:/dev/cma0?kernel=bzImage&module=x.ko,param=1',
    'remote:ssh:root@board:/dev/cma0?agent=/opt/a@1',
    'remote:tls:lab.example:7400?ca=ca.pem&cert=me.pem&key=me@lab.key',
    'remote:tls:[::1]:7400',
    '@scope/adapter?node=1',
    'IOC-02/unknown-nr: expected ENOTTY, observed ENODEV at 0x1f',
    'BUG: KASAN: slab-use-after-free in cma_alloc+0x10/0x20',
  ]) {
    t.equal(redact(text, NOTHING), text);
  }
});

t.test('sentences and logs lose what shows that it is a secret', async (t) => {
  const token = `ghp_${'a1'.repeat(18)}`;
  const table: readonly (readonly [text: string, shown: string])[] = [
    ['cannot open "./a.js?token=s3cr3t", it is away', `"./a.js?token=${REDACTED}", it`],
    ['sent Authorization: Bearer abc.def', `Bearer ${REDACTED}`],
    [`pushed with ${token}`, `pushed with ${REDACTED}`],
    ['-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----', `KEY-----${REDACTED}-----END`],
  ];
  for (const [text, shown] of table) {
    t.match(redact(text, NOTHING), shown);
    t.notMatch(redact(text, NOTHING), /s3cr3t|abc\.def|a1a1|MIIE/);
  }
});

t.test('values of variables with secret names are hidden wherever they stand', async (t) => {
  const environment = { LAB_TOKEN: 'hunter22', SHORT_TOKEN: 'on', HOME: '/home/ann' };
  t.equal(redact('hunter22 is on /home/ann', environment), `${REDACTED} is on /home/ann`);
});

t.test('a redactor knows the secrets of its target where they stand alone', async (t) => {
  const hide = redactorOf('remote:tls:ann:p%40ssw0rd@host:7443');
  t.equal(hide('no such user with p@ssw0rd'), `no such user with ${REDACTED}`);
  t.equal(hide('p%40ssw0rd was refused'), `${REDACTED} was refused`);
  t.strictSame(secretsIn('sim:'), []);
  t.ok(isSecretName('api-key') && isSecretName('pass') && !isSecretName('passes'));
});
