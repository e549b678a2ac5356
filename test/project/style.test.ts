/** The project's own rules: files hold one idea, functions fit a screen; failures say what to do. */
import t from 'tap';
import { OPERATION_ROWS } from '../../adapters/contract/operations.ts';
import { derivedFiles } from '../../scripts/derived-files.ts';
import { SOURCES, textOf } from './sources.ts';

const FILE_LINES_MAX = 300;
const C_FILE_LINES_MAX = 350;
const TEST_FILE_LINES_MAX = 500;
/** Lines that a row of the table of operations takes on average. */
const TABLE_ROW_LINES = 12;
const FUNCTION_LINES_MAX = 70;
const LINE_COLUMNS_MAX = 100;

const derived = new Set(derivedFiles().map(({ path }) => path));
const written = SOURCES.filter((file) => !derived.has(file));

t.test('files hold one idea', async (t) => {
  const long = written
    .map((file) => ({ file, lines: textOf(file).split('\n').length - 1 }))
    .filter(({ file, lines }) => lines > limitOf(file))
    .map(({ file, lines }) => `${file} has ${lines} lines of ${limitOf(file)}: split it by idea`);
  t.strictSame(long, []);
});

function limitOf(file: string): number {
  if (file.startsWith('test/')) return TEST_FILE_LINES_MAX;
  // One table, read from top to bottom: as long as it has rows.
  if (file === 'adapters/contract/operations.ts') return TABLE_ROW_LINES * OPERATION_ROWS.length;
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
