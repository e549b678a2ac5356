/** Statements are read from JSON with comments, and what is wrong is said with its line. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { AllocertError } from '../../../base/errors.ts';
import {
  bytesText,
  parseStatement,
  readStatement,
} from '../../../certify/statement/read-statement.ts';
import { temporaryDirectory } from '../../reports/sample.ts';

const WHOLE = `{
  "statement": 1, // the version of the format
  "product": { "name": "Board // \\" 2", "vendor": "Acme", "version": "1", "contact": "Desk" },
  "abi": "simple-allocator",
  "profile": "hardened",
  "pageSize": 4096,
  "alignment": "64 KiB",
  "regions": [
    { "node": "/dev/cma0", "bounded": true, "size": "18446744073709547520" }, // the only one
  ],
  "limits": { "largestBuffer": 4096 },
  "features": { "natural-alignment": true },
  "testing": {
    "callerBits": 64,
    "operations": ["files", "memory",],
    "pageFrames": true,
    "testControl": false,
    "idle": true,
    "answeredBy": "A Person" // , }
    ,
  },
}
`;

/** Why a text is refused; empty when it is not. */
function refusal(text: string): string {
  try {
    parseStatement(text, 's.jsonc');
    return '';
  } catch (thrown) {
    if (thrown instanceof AllocertError && thrown.exitCode === 2) return thrown.message;
    throw thrown;
  }
}

function changed(from: string, to: string): string {
  const text = WHOLE.replace(from, to);
  if (text === WHOLE) throw new Error(`nothing is ${from}`);
  return text;
}

t.test('a statement is read, and its own data read as the same', async (t) => {
  const { statement, value } = parseStatement(WHOLE, 's.jsonc');
  t.equal(statement.product.name, 'Board // " 2', 'a comment does not begin in a text');
  t.equal(statement.alignment, 65536n);
  t.equal(statement.regions[0]?.sizeBytes, 2n ** 64n - 4096n, 'all 64 bits are kept');
  t.equal(statement.limits.largestBuffer, 4096n);
  t.strictSame(statement.testing.operations, ['files', 'memory']);
  t.strictSame([statement.deviations, statement.errata], [[], []], 'they may be left out');
  t.strictSame(parseStatement(JSON.stringify(value), 's.json'), { statement, value });
});

t.test('blanks are named, all of them, with their lines', async (t) => {
  const text = changed('"Acme"', '"FILL-IN"').replace('"idle": true', '"idle": "FILL-IN"');
  t.equal(
    refusal(text),
    's.jsonc still has FILL-IN in product.vendor (line 3), testing.idle (line 18); ' +
      'write what is true of the product',
  );
});

t.test('what does not fit the schema is said with its line', async (t) => {
  for (const [from, to, expected] of [
    ['"pageSize": 4096', '"pageSize": "4k"', /"4k" must be a whole number \(line 6\)/],
    ['"64 KiB"', '"64 kB"', /"64 kB" must be written as .* \(line 7\)/],
    ['"simple-allocator"', '"ion"', /must be one of simple-allocator, dma-heap \(line 4\)/],
    ['"bounded": true', '"bounded": "yes"', /"yes" must be true or false \(line 9\)/],
    ['"limits"', '"limit"', /"limit" is unknown/],
    ['"statement": 1', '"statement": 2', /2 must be 1 \(line 2\)/],
    ['"idle": true', '"idle": null', /null must be true or false \(line 18\)/],
    ['"natural-alignment": true', '"natural-alignment": "maybe"', /"maybe" must be .*line 12/],
    ['"callerBits": 64,', '', /"callerBits" is missing \(line 13\)/],
  ] as const) {
    t.match(refusal(changed(from, to)), expected);
  }
});

t.test('what readers of JSON would not agree on is refused', async (t) => {
  for (const [text, expected] of [
    ['{\n"a": { "b": 1,\n"b": 2 } }', /"b" is there twice \(line 3\)/],
    ['{ "a": 1, "\\u0061": 2 }', /"a" is there twice/],
    ['{\n"a": [1, 18446744073709551615] }', /18446744073709551615 is too large .*line 2/],
    ['{\n"a": 1 "b": 2 }', /is not JSON: Expected ',' or '}' .*\(line 2\)/],
    ['{ "a": 1', /is not JSON/],
    ['{ "a": 1 /* no */ }', /is not JSON/],
    ['{ "a": 1,, }', /is not JSON/],
    ['{ "a": "unended }', /is not JSON/],
    ['['.repeat(1 << 20), /nested more than 200 deep/],
    ['// nothing', /is not JSON/],
    ['[1]', /not a statement/],
    ['null', /not a statement/],
  ] as const) {
    t.match(refusal(text), expected, JSON.stringify(text.slice(0, 30)));
  }
  t.match(
    refusal('{ "a": { "b": 1 }, "c": [{ "b": 1 }, { "b": 2 }] }'),
    /not a statement/,
    'no twins',
  );
});

t.test('files are read within bounds', async (t) => {
  const folder = temporaryDirectory();
  const large = join(folder, 'large.jsonc');
  writeFileSync(large, `// ${'x'.repeat(1 << 20)}\n{}`);
  t.throws(() => readStatement(large), { message: /larger than 1 MiB/, exitCode: 2 });
  t.throws(() => readStatement(join(folder, 'none')), { message: /no such file/, exitCode: 2 });
  t.throws(() => readStatement(folder), { message: /a directory/, exitCode: 2 });
});

t.test('sizes are told in the largest unit that fits', async (t) => {
  t.strictSame([4096n, 5000n, 3n << 20n, 1n << 41n].map(bytesText), [
    '4 KiB',
    '5000',
    '3 MiB',
    '2 TiB',
  ]);
});
