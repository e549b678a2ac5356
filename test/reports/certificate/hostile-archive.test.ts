/** Archives that a stranger could send: each is refused with its own word, and nothing escapes. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Bag } from '../../../reports/certificate/bag.ts';
import { isPackagePath, PACKAGE_HEAD } from '../../../reports/certificate/package-files.ts';
import { headText } from '../../../reports/certificate/package-head.ts';
import { PACKAGE_LIMITS, unpackPackage } from '../../../reports/certificate/read-package.ts';
import { PackageRefusal } from '../../../reports/certificate/refusal.ts';
import { BLOCK } from '../../../reports/certificate/ustar.ts';
import { layOutBag } from '../../../reports/certificate/write-package.ts';
import {
  dataFolder,
  type Entry,
  entriesOf,
  entry,
  gzipped,
  HEAD,
  patched,
  scratch,
  tarOf,
} from './sample.ts';

const TOP = 'acme_heap-one_2.1';

/** A good package, which the tests change. */
const BAG = await layOutBag(dataFolder(t));

/** Unpacks bytes, and gives the reason why they are no package; undefined when they are one. */
async function reasonOf(t: Test, bytes: Buffer, limits = PACKAGE_LIMITS): Promise<string> {
  const folder = scratch(t);
  const file = join(folder, 'p.tar.gz');
  writeFileSync(file, bytes);
  try {
    await unpackPackage(file, scratch(t), limits);
    return 'accepted';
  } catch (thrown) {
    if (!(thrown instanceof PackageRefusal)) throw thrown;
    t.match(thrown.sentence, /\S \S/);
    t.match(thrown.remedy, /\S \S/);
    return thrown.reason;
  }
}

function named(entries: readonly Entry[], path: string): Entry {
  const found = entries.find(({ name }) => name === `${TOP}/${path}`);
  if (found === undefined) throw new Error(`${path} is missing`);
  return found;
}

/** The entries with one put behind that of a path. */
const behind = (entries: readonly Entry[], path: string, added: Entry): Entry[] =>
  entries.flatMap((one) => (one.name === `${TOP}/${path}` ? [one, added] : [one]));

const replaced = (entries: readonly Entry[], path: string, by: Entry): Entry[] =>
  entries.map((one) => (one.name === `${TOP}/${path}` ? by : one));

/** An entry that says that it is of another kind. */
const ofKind = (kind: string, name: string, linkName = ''): Entry => ({
  name,
  content: Buffer.alloc(0),
  header: patched(patched(entry(name, '').header, 156, kind), 157, linkName),
});

const tar = (entries: readonly Entry[]): Buffer => gzipped(tarOf(entries));

/** What a test makes of the entries of a good package, and the word that it is refused with. */
const ENTRIES: readonly (readonly [string, string, (entries: Entry[]) => readonly Entry[]])[] = [
  ['nothing changed', 'accepted', (all) => all],
  ['a symbolic link', 'link', (all) => [ofKind('2', `${TOP}/data`, '/etc'), ...all]],
  [
    'a symbolic link that takes the place of a file',
    'link',
    (all) =>
      replaced(
        all,
        'data/statement.json',
        ofKind('2', `${TOP}/data/statement.json`, '/etc/passwd'),
      ),
  ],
  [
    'a hard link',
    'link',
    (all) =>
      behind(
        all,
        'data/statement.json',
        ofKind('1', `${TOP}/data/summary.html`, `${TOP}/data/statement.json`),
      ),
  ],
  ['a character device', 'device', (all) => [ofKind('3', `${TOP}/bagit.txt`), ...all]],
  ['a block device', 'device', (all) => [ofKind('4', `${TOP}/bagit.txt`), ...all]],
  ['a FIFO', 'device', (all) => [ofKind('6', `${TOP}/bagit.txt`), ...all]],
  ['a folder', 'entry-kind', (all) => [ofKind('5', `${TOP}/data/`), ...all]],
  ['an extended header', 'entry-kind', (all) => [ofKind('x', `${TOP}/data`), ...all]],
  ['a kind that nobody knows', 'entry-kind', (all) => [ofKind('Z', `${TOP}/data`), ...all]],
  ['a path with ..', 'path-outside', (all) => [...all, entry(`${TOP}/data/../../x`, 'x')]],
  ['a path that is ..', 'path-outside', (all) => [entry('../evil', 'x'), ...all]],
  ['an absolute path', 'path-absolute', (all) => [...all, entry('/tmp/evil', 'x')]],
  ['a path with a backslash', 'path-characters', (all) => [...all, entry('..\\evil', 'x')]],
  ['a path with an empty part', 'path-characters', (all) => [...all, entry(`${TOP}//x`, 'x')]],
  ['a path with .', 'path-characters', (all) => [...all, entry(`${TOP}/./x`, 'x')]],
  ['a path that is no ASCII', 'path-characters', (all) => [...all, entry(`${TOP}/\u00e9`, 'x')]],
  ['another top folder', 'top-folder', (all) => [...all, entry('other/bagit.txt', 'x')]],
  ['a file without a folder', 'top-folder', (all) => [...all, entry(TOP, 'x')]],
  [
    'a file twice',
    'path-duplicate',
    (all) => behind(all, 'data/statement.json', entry(`${TOP}/data/statement.json`, 'x')),
  ],
  [
    'a file whose name differs by case',
    'path-case',
    (all) => behind(all, 'data/statement.json', entry(`${TOP}/data/STATEMENT.json`, 'x')),
  ],
  ['a file too many', 'extra-file', (all) => [...all, entry(`${TOP}/zzz.txt`, 'x')]],
  [
    'a file that is missing',
    'missing-file',
    (all) => all.filter(({ name }) => name !== `${TOP}/data/runs/2/record.json`),
  ],
  [
    'no envelope',
    'missing-file',
    (all) => all.filter(({ name }) => name !== `${TOP}/attestation.dsse.json`),
  ],
  ['files out of order', 'order', (all) => all.toReversed()],
  [
    'a file with another time',
    'time',
    (all) => {
      const one = named(all, 'data/statement.json');
      const header = patched(one.header, 136, '00000000001\0');
      return replaced(all, 'data/statement.json', { ...one, header });
    },
  ],
  [
    'a file of a user',
    'header-odd',
    (all) => {
      const one = named(all, 'data/statement.json');
      const header = patched(one.header, 265, 'root');
      return replaced(all, 'data/statement.json', { ...one, header });
    },
  ],
  [
    'a header whose checksum is wrong',
    'not-tar',
    (all) => {
      const one = named(all, 'data/statement.json');
      const header = Buffer.from(one.header);
      header.write('7', 100, 'latin1');
      return replaced(all, 'data/statement.json', { ...one, header });
    },
  ],
  [
    'a size that is negative in base 256',
    'not-tar',
    (all) => {
      const one = named(all, 'data/statement.json');
      const header = patched(one.header, 124, '\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff');
      return replaced(all, 'data/statement.json', { ...one, header });
    },
  ],
  ['a digest flipped in the manifest', 'digest', (all) => flipped(all, 'manifest-sha256.txt', 0)],
  ['a byte flipped in a file', 'digest', (all) => flipped(all, 'data/runs/3/evidence.ndjson', 5)],
  ['a byte flipped in a tag file', 'digest', (all) => flipped(all, 'bag-info.txt', 30)],
  ['a path changed in the manifest', 'manifest', (all) => flipped(all, 'manifest-sha256.txt', 70)],
  [
    'a manifest with a line less',
    'digest',
    (all) => {
      const text = named(all, 'manifest-sha256.txt').content.toString().split('\n').slice(1);
      const by = entry(`${TOP}/manifest-sha256.txt`, text.join('\n'));
      return replaced(all, 'manifest-sha256.txt', by);
    },
  ],
];

/** Changes one character of a file, and leaves what lists its digest alone. */
function flipped(entries: readonly Entry[], path: string, at: number): Entry[] {
  const content = Buffer.from(named(entries, path).content);
  content[at] = content[at] === 0x31 ? 0x32 : 0x31;
  return replaced(entries, path, entry(`${TOP}/${path}`, content));
}

t.test('each odd entry has its word', async (t) => {
  const bag = BAG;
  for (const [what, reason, change] of ENTRIES) {
    t.equal(await reasonOf(t, tar(change(entriesOf(bag)))), reason, what);
  }
  t.notOk(existsSync('/tmp/evil'));
});

t.test('manifests that were made again are held against the data', async (t) => {
  const bag = BAG;
  const changed = (path: string, text: string): Bag => {
    const content = Buffer.from(text);
    const files = new Map(bag.files);
    const [one] = files.values();
    if (one !== undefined) files.set(path, { ...one, bytes: () => content });
    return { ...bag, files };
  };
  const info = bag.files.get('bag-info.txt')?.bytes().toString() ?? '';
  const other = changed('bag-info.txt', info.replace('Oxum: ', 'Oxum: 1'));
  t.equal(await reasonOf(t, tar(entriesOf(other))), 'digest');
  const { createHash } = await import('node:crypto');
  const { bytes } = other.files.get('bag-info.txt') ?? { bytes: () => Buffer.alloc(0) };
  const digest = createHash('sha256').update(bytes()).digest('hex');
  const tags = bag.files.get('tagmanifest-sha256.txt')?.bytes().toString() ?? '';
  const redone = new Map(other.files);
  const [sample] = redone.values();
  const text = Buffer.from(tags.replace(/^[0-9a-f]{64}/, digest));
  if (sample !== undefined) redone.set('tagmanifest-sha256.txt', { ...sample, bytes: () => text });
  t.equal(await reasonOf(t, tar(entriesOf({ ...bag, files: redone }))), 'tag-file');
});

t.test('head, name and time agree', async (t) => {
  const bag = BAG;
  const renamed = { ...bag, name: 'acme_other_1' };
  t.equal(await reasonOf(t, tar(entriesOf(renamed))), 'top-folder');
  for (const [text, reason] of [
    ['{', 'head'],
    ['{}', 'head'],
    [headText({ ...HEAD, epoch: 5 }), 'time'],
  ] as const) {
    const folder = dataFolder(t);
    writeFileSync(join(folder, PACKAGE_HEAD), text);
    const made =
      reason === 'head' ? { ...bag, files: new Map(bag.files) } : await layOutBag(folder);
    const entries = entriesOf(made);
    const given =
      reason === 'head'
        ? replaced(entries, PACKAGE_HEAD, entry(`${TOP}/${PACKAGE_HEAD}`, text))
        : entries;
    t.equal(await reasonOf(t, tar(given)), reason);
  }
});

t.test('an archive that is cut off anywhere, and one with something behind it', async (t) => {
  const entries = entriesOf(BAG);
  const whole = tar(entries);
  for (const length of [0, 2, 5, 12, 100, whole.length >> 1, whole.length - 9, whole.length - 1]) {
    t.equal(await reasonOf(t, whole.subarray(0, length)), 'truncated', `${length} bytes`);
  }
  t.equal(await reasonOf(t, gzipped(tarOf(entries, Buffer.alloc(0)))), 'truncated', 'no end');
  t.equal(await reasonOf(t, gzipped(tarOf(entries, Buffer.alloc(BLOCK)))), 'truncated', 'half');
  const half = gzipped(tarOf(entries).subarray(0, BLOCK + 10));
  t.equal(await reasonOf(t, half), 'truncated', 'a header without its content');
  const garbage = Buffer.concat([tarOf(entries), Buffer.alloc(BLOCK)]);
  t.equal(await reasonOf(t, gzipped(garbage)), 'trailing-data', 'more zeros');
  t.equal(await reasonOf(t, Buffer.concat([whole, Buffer.from('x')])), 'trailing-data', 'a byte');
  t.equal(await reasonOf(t, Buffer.concat([whole, whole])), 'trailing-data', 'a second member');
});

t.test('gzip that is none, or not as packages have it', async (t) => {
  const entries = entriesOf(BAG);
  const whole = tar(entries);
  t.equal(await reasonOf(t, tarOf(entries)), 'not-gzip', 'tar alone');
  t.equal(await reasonOf(t, Buffer.from('PK\x03\x04 and so on, as ZIP begins')), 'not-gzip');
  const at = (index: number): Promise<string> => {
    const bytes = Buffer.from(whole);
    bytes[index] = (bytes[index] ?? 0) ^ 0xff;
    return reasonOf(t, bytes);
  };
  for (const index of [3, 4, 8, 9]) t.equal(await at(index), 'gzip-header', `byte ${index}`);
  for (const index of [1, 5].map((back) => whole.length - back)) {
    t.equal(await at(index), 'damaged', `byte ${index}, in the trailer`);
  }
});

t.test('no byte can be changed', async (t) => {
  const whole = tar(entriesOf(BAG));
  const step = Math.max(1, whole.length >> 4);
  for (let index = 0; index < whole.length; index += step) {
    const bytes = Buffer.from(whole);
    bytes[index] = (bytes[index] ?? 0) ^ 0xff;
    const reason = await reasonOf(t, bytes);
    if (reason === 'accepted') t.fail(`byte ${index} of ${whole.length} was flipped unseen`);
  }
});

t.test('what would fill a disk is not unpacked', async (t) => {
  const entries = entriesOf(BAG);
  const finding = (index: number): string =>
    `${TOP}/data/fuzz/finding-${index.toString(16).padStart(12, '0')}.json`;
  const many = Array.from({ length: 60 }, (_, index) => entry(finding(index), ''));
  const limits = { ...PACKAGE_LIMITS, entries: 50 };
  t.equal(await reasonOf(t, tar([...entries.slice(0, 4), ...many]), limits), 'too-many-entries');
  const bomb = behind(entries, 'data/fuzz/fuzz.ndjson', entry(finding(1), Buffer.alloc(2 ** 21)));
  const small = { ...PACKAGE_LIMITS, ratioFreeBytes: 2 ** 20 };
  t.equal(await reasonOf(t, tar(bomb), small), 'ratio');
  t.equal(await reasonOf(t, tar(bomb), { ...PACKAGE_LIMITS, fileBytes: 2 ** 20 }), 'too-large');
  t.equal(await reasonOf(t, tar(bomb), { ...PACKAGE_LIMITS, totalBytes: 2 ** 20 }), 'too-large');
  const claim = entry(finding(2), 'x');
  const huge = { ...claim, header: patched(claim.header, 124, '77777777777\0') };
  t.equal(await reasonOf(t, tar([huge])), 'too-large', 'a size that is only claimed');
});

t.test('nothing of a bomb was written', async (t) => {
  const file = join(scratch(t), 'p.tar.gz');
  const bomb = entry(`${TOP}/data/fuzz/finding-000000000001.json`, Buffer.alloc(2 ** 21));
  writeFileSync(file, tar([bomb]));
  const into = scratch(t);
  const limits = { ...PACKAGE_LIMITS, fileBytes: 2 ** 20 };
  await t.rejects(unpackPackage(file, into, limits), { message: /too-large/ });
  t.notOk(existsSync(join(into, 'data')));
});

t.test('the list of files is the one that docs show', async (t) => {
  t.ok(isPackagePath('data/waivers.json'));
  t.ok(isPackagePath('data/fuzz/finding-0123456789ab.json'));
  for (const path of ['data/fuzz/finding-x.json', 'data', 'data/runs/4/record.json', '../x', '']) {
    t.notOk(isPackagePath(path), path);
  }
  await t.rejects(unpackPackage('/nowhere/p.tar.gz', scratch(t)), {
    message: '/nowhere/p.tar.gz cannot be read, there is no such file; name a package',
  });
});
