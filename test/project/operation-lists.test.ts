/**
 * Knowledge of operations stands in the table of operations. Goal: a list of operation names that
 * is written anywhere else by hand fails, unless it is named here with the reason why no column can
 * hold it; so that a new system call touches the table, one function of the executor, one of the
 * simulator, and tests.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { hasBody, OPERATION_ROWS } from '../../adapters/contract/index.ts';
import { packageRoot } from '../../base/package-root.ts';
import { derivedFiles } from '../../scripts/derived-files.ts';

const NAMES: ReadonlySet<string> = new Set(OPERATION_ROWS.map(([name]) => name));
/** So many names in one place are a list. */
const LIST = 3;

/** Files and folders where several operations stand together, and why no column can hold that. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'adapters/contract/usual-operations.ts': 'valid arguments of each, to change one at a time',
  'adapters/simulator/calls/': 'the simulator has one function for each operation',
  'adapters/functions/memory-calls.ts':
    'functions that follow from mappings, where a target has none',
  'adapters/functions/process-calls.ts': 'functions that follow from processes, for every target',
  'fuzz/generate/': 'generators choose among what they write',
  'oracles/model/': 'rules of the model, which stops at an operation that it has none for',
  'fuzz/minimize/shared-page.ts': 'steps that tell no two causes apart, beside the reason why',
  'fuzz/findings/schedule-words.ts': 'phrases; others are made of the name and the arguments',
  'fuzz/reproduce/call-in-c.ts': 'C text; a finding with any other operation is said to have none',
};

const root = packageRoot();
const textOf = (file: string): string => readFileSync(join(root, file), 'utf8');
const derived = new Set(derivedFiles().map(({ path }) => path));
const sources = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((file) => /\.(ts|c|h)$/.test(file) && !file.startsWith('test/') && !derived.has(file))
  .filter((file) => file !== 'adapters/contract/operations.ts');

/** The text as tokens, without comments; strings keep their first quote. */
function tokensOf(text: string): string[] {
  const token =
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|`(?:[^`\\]|\\[\s\S])*`|'((?:[^'\\\n]|\\.)*)'|"(?:[^"\\\n]|\\.)*"|(?<=[(,=:[!&|?{};>]\s*)\/(?![*/])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*|[\w$#]+|[!=]==|\.\.\.|\S/g;
  return [...text.matchAll(token)].flatMap(([all, quoted]) => {
    if (quoted !== undefined) return [`'${quoted}`];
    return /^(\/[/*]|`|"|\/.+\/)/.test(all) ? [] : [all];
  });
}

/** What stands between each pair of brackets, less what stands between further ones inside. */
function blocksOf(tokens: readonly string[], open: string, close: string): string[][] {
  const blocks: string[][] = [];
  const stack: string[][] = [];
  for (const token of tokens) {
    if (token === open) stack.push([]);
    else if (token === close) blocks.push(stack.pop() ?? []);
    else stack.at(-1)?.push(token);
  }
  return blocks;
}

/** Names that stand next to each other: in an array, in a union of types, in a chain of tests. */
function runsOf(tokens: readonly string[]): string[][] {
  const runs: string[][] = [[]];
  for (const token of tokens) {
    if (token.startsWith("'")) runs.at(-1)?.push(token.slice(1));
    else if (![',', '|', '[', ']', '...'].includes(token)) runs.push([]);
  }
  const tests: string[][] = [[]];
  for (const [at, token] of tokens.entries()) {
    if (token === '===' || token === '!==') tests.at(-1)?.push((tokens[at + 1] ?? '').slice(1));
    else if (';{}'.includes(token)) tests.push([]);
  }
  return [...runs, ...tests];
}

/** What a `switch` tells apart, and the keys of an object or a type. */
function casesAndKeysOf(tokens: readonly string[]): string[][] {
  return blocksOf(tokens, '{', '}').flatMap((block) => {
    const cases = block.flatMap((token, at) =>
      token === 'case' ? [(block[at + 1] ?? '').slice(1)] : [],
    );
    const keys = block.flatMap((token, at) => {
      const before = block[at - 1];
      const starts = before === undefined || [',', ';'].includes(before);
      return starts && /^\w+$/.test(token) && block[at + 1] !== '(' ? [token] : [];
    });
    return [cases, keys];
  });
}

/** Lists in TypeScript: at least half of what stands together are names of operations. */
function listsIn(file: string, text = textOf(file)): string[] {
  const tokens = tokensOf(text);
  return [...runsOf(tokens), ...casesAndKeysOf(tokens)].flatMap((words) => {
    const all = new Set(words);
    const names = [...all].filter((word) => NAMES.has(word));
    if (names.length < LIST || 2 * names.length < all.size) return [];
    return [`${file} lists ${names.join(', ')}`];
  });
}

/** Lists in C: enumerators of operations within one function, table or macro. */
function listsInC(file: string, text = textOf(file)): string[] {
  return text.split(/^[}]/m).flatMap((part) => {
    const names = new Set([...part.matchAll(/\bAC_OP_([A-Z0-9]+)\b/g)].map(([, name]) => name));
    return names.size >= LIST ? [`${file} lists ${[...names].join(', ')}`] : [];
  });
}

const listsOf = (file: string): string[] => (file.endsWith('.ts') ? listsIn(file) : listsInC(file));

const isException = (file: string): boolean =>
  Object.keys(EXCEPTIONS).some((place) => file.startsWith(place));

t.test('operations are listed in the table alone', async (t) => {
  const found = sources.filter((file) => !isException(file)).flatMap(listsOf);
  t.strictSame(found, [], 'make it a column of adapters/contract/operations.ts');
});

t.test('each exception is needed', async (t) => {
  for (const place of Object.keys(EXCEPTIONS)) {
    const lists = sources.filter((file) => file.startsWith(place)).flatMap(listsOf);
    t.ok(lists.length > 0, `${place} lists operations`);
  }
});

t.test('lists of every shape are seen', async (t) => {
  const shapes = [
    "const list: readonly string[] = ['open', 'dup', 'close'];",
    "const list = new Set([...['open', 'dup'], ...['close']]);",
    "type Some = 'open' | 'dup' | 'close';",
    "if (op === 'open' || op === 'dup' || op !== 'close') stop();",
    "switch (op) { case 'open': return 1; case 'dup': case 'close': return 2; default: return 3; }",
    'const words = { open: 1, dup: /it.s/, close: () => { work(); } };',
  ];
  for (const shape of shapes) t.equal(listsIn('', shape).length, 1, shape);
  for (const shape of ["['open', 'dup']", "['open', 'dup', 'close', 'a', 'b', 'c', 'd']"]) {
    t.equal(listsIn('', shape).length, 0, shape);
  }
  const c = 'int f(void)\n{\n\treturn x == AC_OP_OPEN || x == AC_OP_DUP || x == AC_OP_CLOSE;\n}\n';
  t.equal(listsInC('', c).length, 1, c);
});

t.test('a system call takes the table and two functions', async (t) => {
  const placesOf = (folder: string, definition: RegExp): string[] =>
    sources.filter((file) => file.startsWith(folder) && definition.test(textOf(file)));
  for (const [name, spec] of OPERATION_ROWS) {
    if (hasBody(spec)) continue;
    const inC = placesOf('adapters/executor/', new RegExp(`^void ac_op_${name}\\(`, 'm'));
    t.equal(inC.length, 1, `${name} stands in one file of the executor`);
    const simulated = placesOf(
      'adapters/simulator/calls/',
      new RegExp(`^export const \\w+Calls = \\{(?:[^;]|\\n {4})*?\\b${name}\\b`, 'm'),
    );
    t.equal(simulated.length, 1, `${name} stands in one file of the simulator`);
  }
});
