/** Texts for people are plain English: turns that have to be read twice are found here. */
import t from 'tap';
import { sentencesOf } from '../../scripts/sentences.ts';
import { FILES, textOf } from './sources.ts';

/** Words of the longest sentence that can still be read once. */
const WORDS_MAX = 35;

/** A turn that is not to be used, and what to write instead. */
interface Turn {
  readonly pattern: RegExp;
  readonly instead: string;
}

const TURNS: readonly Turn[] = [
  { pattern: /\b[Nn]obody\b/g, instead: 'say who does not, or use the passive' },
  { pattern: /\bwhoever\b/gi, instead: 'name the process, the user or the file' },
  { pattern: /\bso often\b/gi, instead: 'N times' },
  { pattern: /\bc(?:a|o)mes? to\b/gi, instead: 'returned, failed with, ended with' },
  {
    pattern: /(?<!there )\b(?:is|are|was|were) no (?!longer|more|less|later|earlier)/gi,
    instead: 'is not a …, has no …',
  },
  { pattern: /\bfor ever\b/gi, instead: 'forever' },
  { pattern: /\bwhat\b[^.;:?!|]*\bthat\b[^.;:?!|]*\bwhat\b/gi, instead: 'nouns' },
  { pattern: /\b(?:closed?|closes|closing) (?:a|the|its) number\b/gi, instead: 'descriptor' },
];

const isPage = (file: string): boolean => /^(?:README|docs\/[\w-]+)\.md$/.test(file);
const isRule = (file: string): boolean => /^catalogue\/.*\.json$/.test(file);
const FOLDERS = 'adapters|base|bin|catalogue|certify|config|fuzz|oracles|reports|suites|tap';
/** Code whose texts people read; comments are not looked at. */
const CODE = new RegExp(`^(?:${FOLDERS})/.*\\.(?:ts|c|h)$`);
const isCode = (file: string): boolean => CODE.test(file);

const COMMENT = /\/\*[\s\S]*?\*\/|(?<![:'"`\w])\/\/.*$/gm;
const STRING = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g;
/** A text that goes on in the next line of code is one text. */
const JOINED = /['"`]\s*\+?\s*\n\s*['"`]/g;

/** The text of a file that people read. */
function readableText(file: string): string {
  const text = textOf(file);
  if (isPage(file)) return text.replace(/^```[\s\S]*?^```$/gm, '').replace(/`[^`\n]*`/g, '`…`');
  if (isRule(file)) return text;
  const code = text.replace(COMMENT, '').replace(JOINED, '');
  return (code.match(STRING) ?? []).filter((one) => / /.test(one)).join('.\n');
}

/** Every such turn in a text, with a few words around it. */
function turnsIn(text: string): string[] {
  const flat = text.replace(/\n(?=\S)(?![|#*-])/g, ' ');
  return TURNS.flatMap(({ instead, pattern }) =>
    [...flat.matchAll(pattern)].map(({ 0: found, index }) => {
      const around = flat.slice(Math.max(0, index - 30), index + found.length + 30);
      return `"${around.replace(/\s+/g, ' ')}" (rather: ${instead})`;
    }),
  );
}

t.test('texts for people can be read once', async (t) => {
  const read = FILES.filter((one) => isPage(one) || isRule(one) || isCode(one));
  t.ok(read.length > 500, 'pages, rules and code are found');
  for (const file of read) {
    const found = turnsIn(readableText(file));
    t.strictSame(found, [], file);
  }
});

t.test('such a turn is found, and its plain form is not', async (t) => {
  for (const text of [
    'a request came to EINVAL',
    'a socket that is no socket',
    'it harms nobody',
    'what was seen of that, and what of it',
  ]) {
    t.equal(turnsIn(text).length, 1, text);
  }
  for (const text of [
    'the request failed with EINVAL',
    'there is no file x',
    'is no longer open',
  ]) {
    t.strictSame(turnsIn(text), [], text);
  }
});

t.test('no sentence of a page or of the catalogue is too long', async (t) => {
  const sentences = FILES.flatMap((file) => sentencesOf(file, () => textOf(file)));
  t.ok(sentences.length > 1500, 'they are found');
  const long = sentences.filter(({ words }) => words > WORDS_MAX);
  t.strictSame(
    long.map(({ file, text, words }) => `${file}: ${words} words: ${text}`),
    [],
    'npm run sentences lists the longest',
  );
});

t.test('sentences are told from tables, code and each other', async (t) => {
  const page = [
    '# A heading is not one',
    '',
    'One, e.g. this, with [a link](other.md#place) and `some code`. Two',
    'goes on.',
    '',
    '    a block of code',
    '',
    '| a | table |',
    '- An item that',
    '  goes on.',
    '- Another.',
  ];
  const found = sentencesOf('docs/some.md', () => page.join('\n'));
  t.strictSame(
    found.map(({ text, words }) => [text, words]),
    [
      ['One, e.g. this, with a link and `some code`.', 8],
      ['Two goes on.', 3],
      ['An item that goes on.', 5],
      ['Another.', 1],
    ],
  );
  const rules = '{"requirements": [{"id": "X", "statement": "It holds. It stays."}]}';
  t.equal(sentencesOf('catalogue/requirements/x.json', () => rules).length, 2);
  t.strictSame(
    sentencesOf('base/errors.ts', () => 'No page. At all.'),
    [],
  );
});
