/** Keys, signatures and badges on the command line; what no package is, is never signed. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { layOutBag, writePackage } from '../../reports/certificate/write-package.ts';
import { statementValue } from '../certify/sample.ts';
import { allocert } from '../e2e/command.ts';
import { dataFolder, scratch, unsigned } from '../reports/certificate/sample.ts';

const folder = scratch(t);
const [key, file] = [join(folder, 'k.pem'), join(folder, 'p.tar.gz')];

t.test('a key is made once, and shown', async (t) => {
  const made = await allocert(['key', 'new', '--out', key]);
  t.match(made, { code: 0, stdout: /^key id [0-9a-f]{64}$/m });
  t.equal(statSync(key).mode & 0o777, 0o600);
  const shown = await allocert(['key', 'show', `${key}.pub`]);
  t.equal(made.stdout.endsWith(`key id ${shown.stdout}`), true);
});

t.test('what does not verify is not signed, and its badge says so', async (t) => {
  // All digests are right, and nothing in it is what certify writes.
  const bag = await layOutBag(dataFolder(t));
  await writePackage(file, bag, unsigned(bag));
  const before = readFileSync(file);
  const signed = await allocert(['sign', file, '--key', key]);
  t.match(signed, { code: 3, stdout: /REFUSED .*It is not signed\.\n$/s });
  t.ok(readFileSync(file).equals(before));
  const badge = join(folder, 'badge.svg');
  const drawn = await allocert(['badge', file, '--out', badge]);
  t.match(drawn, { code: 3, stdout: /badge\.svg: not certified\n/ });
  t.match(readFileSync(badge, 'utf8'), '<title>allocert 0.1.0: not certified</title>');
});

t.test('a bundle is not verified without knowing who is to have signed it', async (t) => {
  const bundle = await allocert(['verify', file, '--sigstore-bundle', 'b.json']);
  t.match(bundle, { code: 2, stderr: /needs all of --sigstore-bundle, --trusted-root/ });
});

t.test('what cannot come of a certification is said before it begins', async (t) => {
  const inFolder = (name: string): string => join(folder, name);
  const again = [
    'certify',
    '--recording',
    inFolder('recording'),
    '--out',
    inFolder('again.tar.gz'),
  ];
  const packed = await allocert([...again, '--waivers', 'w.json']);
  t.match(packed, { code: 2, stderr: /packed as it was run, and --waivers belongs to the run/ });
  const statement = inFolder('statement.json');
  writeFileSync(statement, JSON.stringify(statementValue()));
  const waivers = inFolder('waivers.json');
  const ended = { id: 'LEN-01', target: '*', reason: 'r', owner: 'o', expires: '2026-01-31' };
  const value = { version: 1, waivers: [{ ...ended, issue: 'https://e.example/1' }] };
  writeFileSync(waivers, JSON.stringify(value));
  const given = ['certify', 'sim:', '--statement', statement, '--waivers', waivers];
  const late = await allocert([...given, '--out', inFolder('late.tar.gz')]);
  t.match(late, { code: 2, stderr: /the waiver of LEN-01 in .* expired on 2026-01-31; renew it/ });
});
