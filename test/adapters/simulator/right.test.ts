/** The right algorithm stands whole: it knows of no defect, and a defect only changes its parts. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  ALL_DEFECTS,
  type DefectName,
  isDefectName,
  partsWith,
  showsInParallel,
} from '../../../adapters/simulator/defects/all.ts';
import { defects } from '../../../adapters/simulator/defects/defect.ts';
import { RIGHT } from '../../../adapters/simulator/defects/parts.ts';
import { packageRoot } from '../../../base/package-root.ts';

const FOLDER = join(packageRoot(), 'adapters', 'simulator');
const filesOf = (folder: string): string[] =>
  readdirSync(join(FOLDER, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file));
const textOf = (file: string): string => readFileSync(join(FOLDER, file), 'utf8');

t.test('no file outside of defects/ names a defect', async (t) => {
  const outside = filesOf('.').filter((file) => !file.startsWith('defects'));
  t.ok(outside.length > 40, `${outside.length} files`);
  const naming = outside.flatMap((file) =>
    [...textOf(file).matchAll(/'([a-z0-9-]+)'|"([a-z0-9-]+)"|`([a-z0-9-]+)`/g)]
      .map(([, single, double, template]) => single ?? double ?? template ?? '')
      .filter(isDefectName)
      .map((name) => `${file} names ${name}`),
  );
  t.strictSame(naming, []);
});

t.test('the algorithm does not know that there are defects', async (t) => {
  for (const folder of ['kernel', 'calls', 'buffers', 'registry', 'parallel']) {
    const knowing = filesOf(folder).filter((file) => /defect/i.test(textOf(file)));
    t.strictSame(knowing, [], folder);
  }
});

t.test('without a defect every part is the right one', async (t) => {
  t.strictSame(partsWith(new Set()), RIGHT);
});

t.test('each defect changes a part, and only those that it names', async (t) => {
  for (const { name, overrides } of ALL_DEFECTS) {
    const parts = partsWith(new Set([name]));
    const keys = Object.keys(RIGHT) as (keyof typeof RIGHT)[];
    const changed = keys.filter((part) => parts[part] !== RIGHT[part]);
    // 32-bit programs meet what is wrong for all.
    const named = Object.keys(overrides).flatMap((part) =>
      part === 'HardenedIoctl' ? [part, 'CompatIoctl'] : [part],
    );
    t.ok(named.length > 0, name);
    t.strictSame(changed.toSorted(), named.toSorted(), name);
  }
});

t.test('a change extends its part, so that several lie one over the other', async (t) => {
  const parts = partsWith(new Set<DefectName>(['version-truncated-32', 'version-1-wanted']));
  const rules = new parts.RequestRules();
  t.ok(rules instanceof RIGHT.RequestRules);
  t.ok(rules.isVersionKnown((1n << 32n) + 1n), 'both count');
  t.notOk(rules.isVersionKnown(0n));
  t.ok(new RIGHT.RequestRules().isVersionKnown(0n), 'and the right rules stay as they are');
});

t.test('names are a type, and the table says what shows in parallel', async (t) => {
  // @ts-expect-error a typo does not compile
  const typo: DefectName = 'no-zeroin';
  t.notOk(isDefectName(typo));
  t.ok(isDefectName('no-zeroing'));
  t.ok(showsInParallel(new Set(['no-zeroing', 'leak-on-close'])));
  t.notOk(showsInParallel(new Set(['no-zeroing', 'leak-at-munmap'])));
});

t.test('an entry becomes a defect under its name', async (t) => {
  const [one, ...others] = defects({
    'never-ready': { breaks: 'FD-09 FD-10', summary: 'Never.', needs: 'caller=32' },
  });
  t.strictSame(others, []);
  t.match(one, { name: 'never-ready', breaks: ['FD-09', 'FD-10'], needs: 'caller=32' });
  t.equal(one?.inParallel, false);
});
