import { linux } from '../../adapters/contract/index.ts';

/** Why a finding cannot be written in C, as one sentence without an end mark. */
export class Unwritable extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Unwritable';
  }
}

/** Columns of a comment's text. */
const COMMENT_COLUMNS = 74;

type Names = readonly (readonly [name: string, bits: bigint])[];

const named = (...names: readonly (keyof typeof linux)[]): Names =>
  names.map((name) => [name, linux[name] as bigint]);

const OPEN = named('O_CREAT', 'O_TRUNC', 'O_APPEND', 'O_NONBLOCK', 'O_CLOEXEC', 'O_PATH');
const PROTECTION = named('PROT_READ', 'PROT_WRITE');
const MAPPING = named('MAP_SHARED', 'MAP_PRIVATE', 'MAP_LOCKED', 'MAP_NORESERVE', 'MAP_POPULATE');
const MODES: readonly string[] = ['O_RDONLY', 'O_WRONLY', 'O_RDWR', 'O_ACCMODE'];

/** Flags of open(2), as a request for a buffer has them too. */
export const openFlags = (flags: bigint): string =>
  [MODES[Number(flags & linux.O_ACCMODE)], ...rest(OPEN, flags & ~linux.O_ACCMODE)].join(' | ');

/** Protection bits of mmap(2). */
export const protectionFlags = (bits: bigint): string => joined(PROTECTION, bits, 'PROT_NONE');

/** Flags of mmap(2). */
export const mappingFlags = (bits: bigint): string => joined(MAPPING, bits, '0');

/** Flags of mremap(2). */
export const remappingFlags = (bits: bigint): string => joined(named('MREMAP_MAYMOVE'), bits, '0');

function joined(names: Names, bits: bigint, none: string): string {
  return bits === 0n ? none : rest(names, bits).join(' | ');
}

/** Names of the bits, and what is left of them as a number. */
function rest(names: Names, bits: bigint): string[] {
  const known = names.filter(([, bit]) => (bits & bit) === bit);
  const left = known.reduce((value, [, bit]) => value & ~bit, bits);
  return [...known.map(([name]) => name), ...(left === 0n ? [] : [unsigned(left)])];
}

const SEEKS = ['SEEK_SET', 'SEEK_CUR', 'SEEK_END'];

/** The third argument of lseek(2). */
export const whenceName = (whence: bigint): string => SEEKS[Number(whence)] ?? unsigned(whence);

/** An unsigned number of at most 64 bits: small ones decimal, as lengths are read. */
export function unsigned(value: bigint): string {
  const bits = BigInt.asUintN(64, value);
  if (bits < 1n << 31n) return String(bits);
  return bits < 1n << 32n ? `0x${bits.toString(16)}u` : `0x${bits.toString(16)}ull`;
}

/** Bytes as a string literal; characters that C or a comment could misread are in octal. */
export function stringLiteral(bytes: Uint8Array): string {
  const characters = Array.from(bytes, (byte) => {
    const plain = byte >= 0x20 && byte < 0x7f && !'"\\?'.includes(String.fromCharCode(byte));
    return plain ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`;
  });
  return `"${characters.join('')}"`;
}

/** Text as it stands between quotes of a format that printf(3) reads. */
export const formatText = (text: string): string =>
  stringLiteral(new TextEncoder().encode(plain(text)))
    .slice(1, -1)
    .replaceAll('%', '%%');

/** Lines of a comment, wrapped, that hold the paragraphs. */
export function blockComment(paragraphs: readonly string[]): string[] {
  const lines = paragraphs.flatMap((paragraph, index) => [
    ...(index === 0 ? [] : ['']),
    ...(paragraph.startsWith('\t') ? paragraph.split('\n') : wrapped(paragraph)),
  ]);
  return ['/*', ...lines.map((line) => ` * ${plain(line, '\t')}`.trimEnd()), ' */'];
}

/** One comment, in one line where it fits. */
export function comment(text: string): string[] {
  const line = `/* ${plain(text)} */`;
  return line.length <= COMMENT_COLUMNS ? [line] : blockComment([text]);
}

/** Without what would end a comment early, and without bytes that a source should not hold. */
const plain = (text: string, kept = ''): string =>
  text
    .replaceAll('’', "'")
    .replaceAll(/[^\x20-\x7e]/g, (character) => (kept.includes(character) ? character : '?'))
    .replaceAll('*/', '* /')
    .replaceAll('/*', '/ *');

function wrapped(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length >= COMMENT_COLUMNS) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
