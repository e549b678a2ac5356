/** A file of the catalogue goes unchecked only while it is, byte by byte, one that was checked. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { CatalogueFiles } from '../../catalogue/catalogue-files.ts';

const NAME = 'requirements/isolation.json';

function copied(folder: string, change: (text: string) => string): string {
  copyFileSync('catalogue/schema.json', join(folder, 'schema.json'));
  writeFileSync(join(folder, NAME), change(readFileSync(join('catalogue', NAME), 'utf8')));
  return folder;
}

const read = (folder: string, checked: Readonly<Record<string, string>>): CatalogueFiles => {
  const files = new CatalogueFiles(folder, checked);
  files.read(NAME, 'group');
  return files;
};

t.test('what was changed after the check is checked again', async (t) => {
  const folder = copied(t.testdir({ requirements: {} }), (text) => text);
  const { digests } = read(folder, {});
  copied(folder, (text) => text.replace('"MUST"', '"WILL"'));
  t.throws(() => read(folder, digests), /isolation\.json: at \/requirements\/0\/level/);
});

t.test('what is listed is not checked, unless the schema is another one', async (t) => {
  const folder = copied(t.testdir({ requirements: {} }), (text) => text.replace('MUST', 'WILL'));
  const files = new CatalogueFiles(folder, {});
  t.throws(() => files.read(NAME, 'group'), /level/);
  t.doesNotThrow(() => read(folder, files.digests));
  writeFileSync(join(folder, 'schema.json'), `${readFileSync('catalogue/schema.json', 'utf8')}\n`);
  t.throws(() => read(folder, files.digests), /level/);
});
