/** A package as a file: the same folder gives the same bytes, and what was written can be read. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { PACKAGE_HEAD, packageName } from '../../../reports/certificate/package-files.ts';
import { headText } from '../../../reports/certificate/package-head.ts';
import { unpackPackage } from '../../../reports/certificate/read-package.ts';
import { layOutBag, writePackage } from '../../../reports/certificate/write-package.ts';
import { dataFolder, entriesOf, gzipped, HEAD, scratch, tarOf, unsigned } from './sample.ts';

t.test('the same files give the same bytes, whenever and wherever they lie', async (t) => {
  const out = scratch(t);
  const digests: string[] = [];
  for (const name of ['a.tar.gz', 'b.tar.gz']) {
    const folder = dataFolder(t);
    utimesSync(join(folder, PACKAGE_HEAD), digests.length + 1, digests.length + 1);
    const bag = await layOutBag(folder);
    digests.push((await writePackage(join(out, name), bag, unsigned(bag))).sha256);
  }
  const [a, b] = ['a.tar.gz', 'b.tar.gz'].map((name) => readFileSync(join(out, name)));
  t.ok(a?.equals(b ?? Buffer.alloc(0)));
  t.equal(
    digests[0],
    createHash('sha256')
      .update(a ?? '')
      .digest('hex'),
  );
  t.strictSame(readdirSync(out).toSorted(), ['a.tar.gz', 'b.tar.gz'], 'nothing else is left');
});

t.test('what is written is read again, and written again as the same bytes', async (t) => {
  const out = scratch(t);
  const bag = await layOutBag(dataFolder(t));
  const file = join(out, 'p.tar.gz');
  await writePackage(file, bag, unsigned(bag));
  const into = scratch(t);
  const unpacked = await unpackPackage(file, into);
  t.strictSame(unpacked.head, HEAD);
  t.equal(unpacked.name, 'acme_heap-one_2.1');
  t.equal(unpacked.manifestSha256, bag.manifestSha256);
  t.strictSame([...unpacked.files.keys()], [...bag.files.keys()]);
  t.equal(unpacked.attestation, unsigned(bag));
  t.equal(readFileSync(join(into, PACKAGE_HEAD), 'utf8'), headText(HEAD));
  await writePackage(join(out, 'again.tar.gz'), unpacked, unpacked.attestation);
  t.ok(readFileSync(join(out, 'again.tar.gz')).equals(readFileSync(file)));
});

t.test(
  'the archives that the other tests make are packages but for what they change',
  async (t) => {
    const bag = await layOutBag(dataFolder(t));
    const file = join(scratch(t), 'p.tar.gz');
    writeFileSync(file, gzipped(tarOf(entriesOf(bag))));
    t.equal((await unpackPackage(file, scratch(t))).manifestSha256, bag.manifestSha256);
  },
);

t.test('what no package holds is not packed', async (t) => {
  const extra = dataFolder(t, { 'data/notes.txt': 'x' });
  await t.rejects(layOutBag(extra), { message: /notes\.txt is nothing that a package holds/ });
  const linked = dataFolder(t);
  symlinkSync('/etc/passwd', join(linked, 'data/waivers.json'));
  await t.rejects(layOutBag(linked), { message: /waivers\.json is nothing that a package holds/ });
});

t.test('tar of others, and BagIt’s rules, find what is in a package', async (t) => {
  const bag = await layOutBag(dataFolder(t));
  const file = join(scratch(t), 'p.tar.gz');
  await writePackage(file, bag, unsigned(bag));
  const into = scratch(t);
  const tar = spawnSync('tar', ['-xzf', file, '-C', into], { encoding: 'utf8' });
  if (tar.error !== undefined) return void t.pass('there is no tar here');
  t.equal(tar.status, 0, tar.stderr);
  const top = join(into, packageName(HEAD.product));
  for (const manifest of ['manifest-sha256.txt', 'tagmanifest-sha256.txt']) {
    const check = spawnSync('sha256sum', ['--check', '--strict', manifest], {
      cwd: top,
      encoding: 'utf8',
    });
    t.equal(check.status, 0, check.stdout);
  }
  const info = readFileSync(join(top, 'bag-info.txt'), 'utf8');
  const sizes = [...bag.files].filter(([path]) => path.startsWith('data/'));
  const bytes = sizes.reduce((sum, [, { size }]) => sum + size, 0);
  t.match(info, `Payload-Oxum: ${bytes}.${sizes.length}\n`);
  t.match(info, 'Bagging-Date: 2023-11-14\n');
});
