/** Signing: adds a signature and changes nothing else, and never loses the package. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { attestationPayload } from '../../../reports/certificate/attestation.ts';
import { readEnvelope } from '../../../reports/certificate/dsse.ts';
import { createKey, readPrivateKey } from '../../../reports/certificate/keys.ts';
import { unpackPackage } from '../../../reports/certificate/read-package.ts';
import { signUnpacked } from '../../../reports/certificate/sign-package.ts';
import { layOutBag, writePackage } from '../../../reports/certificate/write-package.ts';
import { dataFolder, factsOf, scratch, unsigned } from './sample.ts';

/** A package without signatures. */
async function packaged(t: Test): Promise<{ readonly file: string; readonly payload: Buffer }> {
  const bag = await layOutBag(dataFolder(t));
  const file = join(scratch(t), 'p.tar.gz');
  await writePackage(file, bag, unsigned(bag));
  return { file, payload: attestationPayload(factsOf(bag)) };
}

const idsIn = (attestation: string): readonly (string | undefined)[] =>
  readEnvelope(attestation).signatures.map(({ keyid }) => keyid);

t.test('signatures are added one by one, in any order to the same bytes', async (t) => {
  const { file, payload } = await packaged(t);
  const keys = scratch(t);
  const [a, b] = ['a', 'b'].map((name) => createKey(join(keys, name)));
  const read = (name: string) => readPrivateKey(join(keys, name));
  const results: Buffer[] = [];
  for (const order of ['ab', 'ba']) {
    const out = join(keys, `${order}.tar.gz`);
    writeFileSync(out, readFileSync(file));
    for (const name of order) {
      const folder = join(keys, `${order}-${name}`);
      mkdirSync(folder);
      const before = await unpackPackage(out, folder);
      await signUnpacked({ folder, payload, key: read(name), out });
      const after = await unpackPackage(out, scratch(t));
      t.equal(after.manifestSha256, before.manifestSha256);
    }
    const { attestation } = await unpackPackage(out, scratch(t));
    t.strictSame(idsIn(attestation), [a, b].toSorted());
    results.push(readFileSync(out));
  }
  t.ok(results[0]?.equals(results[1] ?? Buffer.alloc(0)));
});

t.test('what does not follow from the package is not signed', async (t) => {
  const { file, payload } = await packaged(t);
  const before = readFileSync(file);
  const keys = scratch(t);
  createKey(join(keys, 'k'));
  const key = readPrivateKey(join(keys, 'k'));
  const folder = scratch(t);
  await unpackPackage(file, folder);
  const other = Buffer.from(payload.toString().replace('PASSED', 'FAILED'));
  const refused = signUnpacked({ folder, payload: other, key, out: file });
  await t.rejects(refused, { message: /is not over what follows from the package/ });
  writeFileSync(join(folder, 'data/statement.json'), '{}');
  const changed = signUnpacked({ folder, payload, key, out: file });
  await t.rejects(changed, { message: /is not over what follows from the package/ });
  t.ok(readFileSync(file).equals(before));
});

t.test('a file that changes while it is packed leaves the old package', async (t) => {
  const { file } = await packaged(t);
  const before = readFileSync(file);
  const folder = dataFolder(t);
  const bag = await layOutBag(folder);
  writeFileSync(join(folder, 'data/summary.html'), 'longer than it was when it was read'.repeat(9));
  const written = writePackage(file, bag, unsigned(bag));
  await t.rejects(written, {
    message: 'data/summary.html changed while the package was written; try again',
  });
  t.ok(readFileSync(file).equals(before));
  t.strictSame(readdirSync(join(file, '..')), ['p.tar.gz'], 'and nothing else');
});

t.test('a kill in the middle leaves the old package', async (t) => {
  const { file } = await packaged(t);
  const before = readFileSync(file);
  // The last file never ends, so the archive is half written when the process is killed.
  const module = new URL('../../../reports/certificate/write-package.js', import.meta.url);
  const code = `
    import { layOutBag, writePackage } from ${JSON.stringify(module.href)};
    const bag = await layOutBag(${JSON.stringify(dataFolder(t))});
    const endless = {
      ...bag.files.get('tagmanifest-sha256.txt'),
      pieces: async function* () {
        console.log('begun');
        await new Promise(() => setInterval(() => {}, 1000));
      },
    };
    const files = new Map([...bag.files, ['tagmanifest-sha256.txt', endless]]);
    await writePackage(${JSON.stringify(file)}, { ...bag, files }, '{}');
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = await once(child.stdout, 'data');
  t.equal(String(said), 'begun\n');
  child.kill('SIGKILL');
  await once(child, 'exit');
  t.ok(readFileSync(file).equals(before));
  t.equal(readdirSync(join(file, '..')).length, 2, 'it was killed while it wrote');
});
