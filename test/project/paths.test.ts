/** The paths that pages for people name are there, and every folder says what it is. */
import { basename, dirname, join, normalize } from 'node:path';
import t from 'tap';
import { FILES, textOf } from './sources.ts';

const PAGES = FILES.filter((file) => file.endsWith('.md') && !file.startsWith('test/fixtures/'));
const FOLDERS = new Set(FILES.flatMap(foldersAbove));
const TOP = [...FOLDERS].filter((folder) => !folder.includes('/')).join('|');
/** A path from the root in backticks; `GROUP`, `NAME` and `*` stand for any name. */
const PATH = new RegExp(`\`((?:${TOP})/[\\w./*-]*)\``, 'g');
/** A link to another file of the repository. */
const LINK = /\]\(([^)#:]+)(?:#[^)]*)?\)/g;

function foldersAbove(file: string): string[] {
  const above = dirname(file);
  return above === '.' ? [] : [above, ...foldersAbove(above)];
}

/** Whether a file or folder has this path, in which capitals and `*` are placeholders. */
function exists(path: string): boolean {
  const bare = path.replace(/\/$/, '');
  const escaped = bare.replaceAll('.', '\\.').replace(/\*|\b(GROUP|NAME)\b/g, '[^/]+');
  const pattern = new RegExp(`^${escaped}$`);
  return [...FILES, ...FOLDERS].some((one) => pattern.test(one));
}

t.test('pages name files and folders that are there', async (t) => {
  const gone = PAGES.filter((page) => page !== 'CHANGELOG.md').flatMap((page) =>
    [...textOf(page).matchAll(PATH)].flatMap(([, path = '']) =>
      exists(path) ? [] : [`${page} names ${path}, which is not there`],
    ),
  );
  t.strictSame(gone, []);
});

t.test('links lead to files and folders that are there', async (t) => {
  const broken = PAGES.flatMap((page) =>
    [...textOf(page).matchAll(LINK)].flatMap(([, link = '']) => {
      const path = normalize(join(dirname(page), link));
      return exists(path) ? [] : [`${page} links to ${link}, which is not there`];
    }),
  );
  t.strictSame(broken, []);
});

t.test('every folder of code opens with a paragraph', async (t) => {
  const folders = FILES.filter((file) => /^[a-z].*\.(ts|c|h)$/.test(file) && !isTest(file)).map(
    (file) => dirname(file),
  );
  const silent = [...new Set(folders)].filter((folder) => !opens(folder));
  t.strictSame(silent, [], 'say in README.md or index.ts what the folder is and where to start');
});

const isTest = (file: string): boolean => /^(test|examples)\//.test(file);

/** Whether a folder has a paragraph of its own, or the folder above has one that names it. */
function opens(folder: string): boolean {
  if (FILES.includes(`${folder}/README.md`)) return true;
  const index = `${folder}/index.ts`;
  if (FILES.includes(index) && textOf(index).startsWith('/**\n')) return true;
  const above = `${dirname(folder)}/README.md`;
  return FILES.includes(above) && textOf(above).includes(`\`${basename(folder)}/\``);
}

t.test('a path that is gone is found', async (t) => {
  t.ok(exists('adapters/contract/operations.ts'));
  t.ok(exists('catalogue/requirements/GROUP.json'));
  t.ok(exists('adapters/executor/'));
  t.notOk(exists('suites/bench.ts'));
  t.notOk(exists('adapters/contract/operations'));
});
