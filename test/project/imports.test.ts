/**
 * Imports follow the spine: docs/architecture.md lists the folders from the lowest up, with what
 * each of them imports, and that list and the tree are the same.
 */
import { dirname } from 'node:path';
import t from 'tap';
import { circlesIn, type Import, importsOf, SOURCES, textOf } from './sources.ts';

/** Code that ships or runs; tests and the yardsticks of bench/ may import all of it. */
const CODE = SOURCES.filter((file) => !/^(test|bench|examples)\//.test(file));
const IMPORTS: readonly Import[] = CODE.flatMap(importsOf);

const PAGE = 'docs/architecture.md';

/** One row of the page's table of folders. */
interface Row {
  readonly folder: string;
  readonly imports: readonly string[];
}

/** The rows of the table below the heading "Layout": folder, what it holds, what it imports. */
function rowsOf(page: string): Row[] {
  const layout = page.split(/^## /m).find((part) => part.startsWith('Layout\n')) ?? '';
  return layout.split('\n').flatMap((line) => {
    const [, folder, , imports] = line.split('|').map((cell) => cell.trim());
    const named = /^`([^`]+)`$/.exec(folder ?? '')?.[1];
    if (named === undefined) return [];
    return [{ folder: named, imports: [...(imports ?? '').matchAll(/`([^`]+)`/g)].map(nameIn) }];
  });
}

const nameIn = (match: RegExpMatchArray): string => match[1] ?? '';

/** What the tree says: the folders that hold code, and which others each of them imports. */
function foldersOf(imports: readonly Import[], files: readonly string[]): Map<string, Set<string>> {
  const folders = new Map(files.map((file) => [dirname(file), new Set<string>()]));
  for (const { from, to } of imports) {
    if (dirname(from) !== dirname(to)) folders.get(dirname(from))?.add(dirname(to));
  }
  return folders;
}

/** Where a table and the tree differ, and where the table's order has an import run upward. */
function differences(rows: readonly Row[], tree: ReadonlyMap<string, Set<string>>): string[] {
  const listed = new Set(rows.map(({ folder }) => folder));
  const unlisted = [...tree.keys()].filter((folder) => !listed.has(folder));
  return [
    ...unlisted.map((folder) => `${folder} has no row: add it where its imports are above it`),
    ...rows.flatMap((row, at) => {
      const used = tree.get(row.folder);
      if (used === undefined) return [`${row.folder} holds no code: take its row out`];
      const below = new Set(rows.slice(0, at).map(({ folder }) => folder));
      const allowed = new Set(row.imports);
      return [
        ...[...used]
          .filter((to) => !allowed.has(to))
          .map(
            (to) => `${row.folder} imports ${to}: move the shared part lower, or add it to the row`,
          ),
        ...[...allowed]
          .filter((to) => !used.has(to))
          .map((to) => `${row.folder} no longer imports ${to}: take it out of the row`),
        ...[...used]
          .filter((to) => !below.has(to))
          .map((to) => `${row.folder} imports ${to} upward`),
      ];
    }),
  ];
}

const ROWS = rowsOf(textOf(PAGE));

t.test('the list of folders is the tree, from the lowest up', async (t) => {
  t.strictSame(differences(ROWS, foldersOf(IMPORTS, CODE)), [], PAGE);
});

t.test('the list would be refused if it differed', async (t) => {
  const tree = new Map([
    ['low', new Set<string>()],
    ['high', new Set(['low'])],
  ]);
  const low = { folder: 'low', imports: [] };
  const high = { folder: 'high', imports: ['low'] };
  t.strictSame(differences([low, high], tree), []);
  t.match(differences([high, low], tree), ['high imports low upward']);
  t.match(differences([low, { ...high, imports: [] }], tree), [/^high imports low: move/]);
  t.match(differences([{ ...low, imports: ['high'] }, high], tree), [
    /^low no longer imports high/,
  ]);
  t.match(differences([low], tree), [/^high has no row/]);
  t.match(differences([low, high, { folder: 'gone', imports: [] }], tree), [/^gone holds no code/]);
});

t.test('no two files import each other, by whichever way', async (t) => {
  const running = IMPORTS.filter(({ isTypeOnly }) => !isTypeOnly);
  t.strictSame(circlesIn(running.map(({ from, to }) => [from, to])), []);
});

t.test('a circle is found', async (t) => {
  const edges = [
    ['a', 'b'],
    ['b', 'c'],
    ['c', 'b'],
    ['c', 'd'],
  ] as const;
  t.strictSame(circlesIn(edges), [['b', 'c']]);
});

t.test('every import is seen: types apart, includes too', async (t) => {
  const executor = importsOf('adapters/executor/agent/agent.c').map(({ to }) => to);
  t.ok(executor.includes('adapters/executor/include/agent.h'), executor.join(' '));
  const own = importsOf('test/project/imports.test.ts');
  t.strictSame(own, [
    { from: 'test/project/imports.test.ts', to: 'test/project/sources.ts', isTypeOnly: false },
  ]);
});

t.test('a name that is exported means one thing', async (t) => {
  const kinds = 'function\\*?|const|let|class|interface|type|enum';
  const declared = new RegExp(`^export (?:async )?(?:abstract )?(?:${kinds}) (\\w+)`, 'gm');
  const places = new Map<string, Set<string>>();
  for (const file of CODE.filter((file) => file.endsWith('.ts'))) {
    for (const [, name = ''] of textOf(file).matchAll(declared)) {
      places.set(name, (places.get(name) ?? new Set()).add(file));
    }
  }
  const twice = [...places].filter(([, files]) => files.size > 1);
  t.strictSame(
    twice.map(([name, files]) => `${name} is declared in ${[...files].join(' and ')}`),
    [],
    'call one of them by another word',
  );
});
