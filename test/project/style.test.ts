/**
 * The project's own rules: imports go one way along the spine, files hold one idea, functions fit a
 * screen. Goal: each failure says what to do.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import t from 'tap';
import { packageRoot } from '../../base/package-root.ts';
import { derivedFiles } from '../../scripts/derived-files.ts';

const FILE_LINES_MAX = 300;
const C_FILE_LINES_MAX = 350;
const TEST_FILE_LINES_MAX = 500;
const FUNCTION_LINES_MAX = 70;
const LINE_COLUMNS_MAX = 100;

const root = packageRoot();
const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
});
const files = listed.split('\n').filter((file) => /\.(ts|mjs|c|h)$/.test(file));
const derived = new Set(derivedFiles().map(({ path }) => path));
const written = files.filter((file) => !derived.has(file));
const textOf = (file: string): string => readFileSync(join(root, file), 'utf8');

/** What each place may import, by the first path that fits; the spine of docs/architecture.md. */
const ALLOWED: readonly (readonly [place: string, targets: readonly string[]])[] = [
  ['adapters/contract', ['adapters/contract']],
  ['adapters', ['adapters']],
  ['reports', ['reports', 'adapters/contract']],
  ['suites', ['suites', 'reports/record', 'adapters/contract']],
  ['fuzz', ['fuzz', 'suites', 'reports', 'adapters/contract']],
  ['config', ['config', 'adapters/contract']],
  ['tap', ['tap', 'suites', 'reports', 'adapters']],
  ['bin', ['bin', 'config', 'suites', 'fuzz', 'reports', 'adapters']],
  ['scripts', ['scripts', 'adapters/contract']],
];

/** Folders of adapters that other adapters may build on. */
const SHARED_ADAPTERS = [
  'adapters/contract',
  'adapters/interpreter',
  'adapters/remote',
  'adapters/native',
];

function importsOf(file: string): string[] {
  const specifiers = [...textOf(file).matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)];
  return specifiers.map(([, specifier]) => relative('.', join(dirname(file), specifier ?? '')));
}

function mayImport(file: string, target: string): boolean {
  const rule = ALLOWED.find(([place]) => file.startsWith(`${place}/`));
  if (rule === undefined) return true;
  if (!rule[1].some((place) => target.startsWith(place))) return false;
  const isAdapter = /^adapters\/[^/]+\//.test(file) && /^adapters\/[^/]+\//.test(target);
  if (!isAdapter) return true;
  const ownFolder = file.split('/').slice(0, 2).join('/');
  return [ownFolder, ...SHARED_ADAPTERS].some((place) => target.startsWith(`${place}/`));
}

t.test('imports follow the spine', async (t) => {
  const against = written
    .filter((file) => file.endsWith('.ts') && !file.startsWith('test/'))
    .flatMap((file) =>
      importsOf(file)
        .filter((target) => !mayImport(file, target))
        .map((target) => `${file} imports ${target}: move the shared part to a place both may see`),
    );
  t.strictSame(against, []);
});

t.test('the import rule itself refuses arrows against the spine', async (t) => {
  t.notOk(mayImport('adapters/simulator/adapter.ts', 'suites/run/judge.ts'));
  t.notOk(mayImport('reports/journal/journal.ts', 'adapters/vm/qemu.ts'));
  t.notOk(mayImport('suites/kit/context.ts', 'adapters/simulator/adapter.ts'));
  t.notOk(mayImport('adapters/contract/client.ts', 'adapters/remote/frames.ts'));
  t.notOk(mayImport('adapters/replay/adapter.ts', 'adapters/simulator/adapter.ts'));
  t.ok(mayImport('adapters/vm/adapter.ts', 'adapters/remote/client.ts'));
});

t.test('files hold one idea', async (t) => {
  const long = written
    .map((file) => ({ file, lines: textOf(file).split('\n').length - 1 }))
    .filter(({ file, lines }) => lines > limitOf(file))
    .map(({ file, lines }) => `${file} has ${lines} lines of ${limitOf(file)}: split it by idea`);
  t.strictSame(long, []);
});

function limitOf(file: string): number {
  if (file.startsWith('test/')) return TEST_FILE_LINES_MAX;
  if (file === 'adapters/contract/operations.ts') return 450; // One table, read from top to bottom.
  return /\.[ch]$/.test(file) ? C_FILE_LINES_MAX : FILE_LINES_MAX;
}

t.test('lines fit', async (t) => {
  const wide = written.flatMap((file) =>
    textOf(file)
      .split('\n')
      .map((line, index) => ({ line: line.replaceAll('\t', '        '), at: index + 1 }))
      .filter(({ line }) => line.length > LINE_COLUMNS_MAX && !/['"`]/.test(line))
      .map(({ at }) => `${file}:${at} is wider than ${LINE_COLUMNS_MAX} columns: break it`),
  );
  t.strictSame(wide, []);
});

t.test('functions fit a screen', async (t) => {
  const long = written
    .filter((file) => !file.startsWith('test/'))
    .flatMap((file) =>
      functionsOf(file)
        .filter(({ lines }) => lines > FUNCTION_LINES_MAX)
        .map(({ at, lines }) => `${file}:${at} is a function of ${lines} lines: take a step out`),
    );
  t.strictSame(long, []);
});

/** The head of a function or method; calls that open a block look alike and are measured too. */
const SCRIPT_FUNCTION =
  /^(\s*)(?:export )?(?:async )?(?:function\*? |(?:static |async |\*|#|get )*[\w#]+\(.*\).*\{$)/;

/** Functions by their indentation: a head that opens a brace, and the brace that closes it. */
function functionsOf(file: string): { at: number; lines: number }[] {
  const lines = textOf(file).split('\n');
  const isC = /\.[ch]$/.test(file);
  const head = isC ? /^\{$/ : SCRIPT_FUNCTION;
  return lines.flatMap((line, index) => {
    const match = head.exec(line);
    if (match === null || /^\s*(if|for|while|switch|return|catch)\b/.test(line)) return [];
    const end = lines.indexOf(`${match[1] ?? ''}}`, index + 1);
    return end < 0 ? [] : [{ at: index + 1, lines: end - index + 1 }];
  });
}

t.test('nothing is left for later in the code', async (t) => {
  // Put together so that this file does not find itself.
  const marks = new RegExp(
    `\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X'].join('|')})\\b|@ts-${'ignore'}`,
  );
  t.strictSame(
    written.filter((file) => marks.test(textOf(file))),
    [],
    'mend it now or file an issue',
  );
});

t.test('derived files are fresh', async (t) => {
  for (const { path, text } of derivedFiles()) {
    t.equal(textOf(path), text, `${path}: run \`npm run generate\``);
  }
});
