/**
 * Sentences of the pages and of the catalogue, so that long ones are found. Code, tables and
 * headings are not looked at: in them no sentence is read from its beginning to its end.
 */

/** A sentence that people read. */
export interface Sentence {
  /** Path of its file from the root. */
  readonly file: string;
  readonly text: string;
  /** Words; `code between backquotes`, which stands for one thing, is one. */
  readonly words: number;
}

const FENCED = /^(```|~~~)[\s\S]*?^\1$/gm;
const COMMENT = /<!--[\s\S]*?-->/g;
/** A line of a table, a heading, or a block that is indented as code. */
const APART = /^(?:\s*\|.*|#{1,6} .*| {4,}\S.*)$/;
/** A line with which another paragraph or item begins. */
const ITEM = /^\s*(?:[-*]|\d+\.)\s+/;
const LINK = /\[([^\]]*)\]\([^)\s]*\)/g;
const CODE = /`[^`]*`/g;
/** Where a sentence ends: not after an abbreviation or inside of a number or a name. */
const END = /(?<=[.?!]["”’)*_]*)\s+(?=["“(*_]*[A-Z…`])/;
const ABBREVIATIONS = /\b(?:e\.g|i\.e|vs|etc|cf)\.$/;

/** The sentences of a page in Markdown. */
function pageSentences(file: string, markdown: string): Sentence[] {
  const paragraphs: string[] = [];
  let isOpen = false;
  for (const line of markdown.replace(FENCED, '').replace(COMMENT, '').split('\n')) {
    const isInItem = isOpen && /^ {2,}\S/.test(line);
    if (line.trim() === '' || (APART.test(line) && !isInItem)) {
      isOpen = false;
      continue;
    }
    const text = line.replace(ITEM, '').trim();
    if (isOpen && !ITEM.test(line)) paragraphs.push(`${paragraphs.pop()} ${text}`);
    else paragraphs.push(text);
    isOpen = true;
  }
  return paragraphs.flatMap((text) => textSentences(file, text));
}

/** The sentences of a text without structure, such as a statement of the catalogue. */
function textSentences(file: string, text: string): Sentence[] {
  const flat = text.replace(LINK, '$1').replace(/\s+/g, ' ').trim();
  const sentences: string[] = [];
  for (const part of flat.split(END)) {
    const before = sentences.at(-1);
    if (before === undefined || !ABBREVIATIONS.test(before)) sentences.push(part);
    else sentences.splice(-1, 1, `${before} ${part}`);
  }
  return sentences.map((one) => ({ file, text: one, words: wordsIn(one) }));
}

const wordsIn = (sentence: string): number =>
  (sentence.replace(CODE, 'code').match(/[\p{L}\p{N}][\p{L}\p{N}’'./:_-]*/gu) ?? []).length;

/** Fields of a catalogue file that are sentences. */
const FIELDS = ['statement', 'interpretation', 'observe', 'unobservable', 'note'];

/** The sentences of a file of the catalogue, wherever they stand in it. */
function catalogueSentences(file: string, value: unknown, field = ''): Sentence[] {
  if (typeof value === 'string') return FIELDS.includes(field) ? textSentences(file, value) : [];
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([name, one]) =>
    catalogueSentences(file, one, Array.isArray(value) ? field : name),
  );
}

const PAGE = /^(?:(?:README|CHANGELOG|CONTRIBUTING|SECURITY)|(?:docs|targets|examples)\/.*)\.md$/;
const RULES = /^catalogue\/(?:abi|profiles|requirements)\/.*\.json$/;

/**
 * The sentences of a file that people read: a page in Markdown, or a part of the catalogue.
 *
 * @param file its path from the root
 * @param read gives its text; called only for such a file
 */
export function sentencesOf(file: string, read: () => string): Sentence[] {
  if (PAGE.test(file)) return pageSentences(file, read());
  return RULES.test(file) ? catalogueSentences(file, JSON.parse(read())) : [];
}
