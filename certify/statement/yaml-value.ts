import type { Document, LineCounter } from 'yaml';
import { usageError } from '../../base/errors.ts';
import { readWhole } from '../../base/read-whole.ts';
import { BLANK } from './statement.ts';

/** Bytes of the largest statement; what is longer was written by no person. */
const STATEMENT_BYTES_MAX = 1 << 20;

/** A YAML file as plain JSON data, with the lines in which its values stand. */
export interface YamlValue {
  readonly value: unknown;
  /** Paths of values that are still blank, such as `/product/name`. */
  readonly blanks: readonly string[];
  /** `line 7`, of the value at such a path or of what holds it. */
  place(path: string): string;
}

/**
 * Reads a file of YAML 1.2, which JSON is too. Aliases, tags and directives are refused: they would
 * let a small file be large, or mean something else elsewhere. A whole number beyond what JSON
 * readers keep exactly becomes a text.
 *
 * @throws {@link AllocertError} (usage) naming the file and the line
 */
export async function readYaml(file: string, text = textOf(file)): Promise<YamlValue> {
  // Loaded here: few commands read YAML, and every command would wait for it.
  const { LineCounter, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  const document = attempt(file, () =>
    parseDocument(text, { intAsBigInt: true, lineCounter: lines, prettyErrors: false }),
  );
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) {
    const [message = ''] = problem.message.split('\n');
    throw usageError(`${file} is not YAML: line ${lines.linePos(problem.pos[0]).line}: ${message}`);
  }
  if (document.directives?.yaml.explicit === true) {
    throw usageError(`${file} has a YAML directive; remove the line that begins with %`);
  }
  const value = attempt(file, () => plain(document.toJS({ maxAliasCount: 0 })));
  return {
    value,
    blanks: blanksIn(value, ''),
    place: (path) => placeOf(document, lines, path),
  };
}

function textOf(file: string): string {
  return readWhole(file, STATEMENT_BYTES_MAX).toString('utf8');
}

/** What the reader itself throws: aliases that are refused, and nesting that its stack cannot hold. */
function attempt<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    if (thrown instanceof RangeError) throw usageError(`${file} is nested too deep`);
    if (!(thrown instanceof ReferenceError)) throw thrown;
    throw usageError(`${file} has an alias; write out what * stands for`);
  }
}

/** The same data without what JSON has not. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') {
    const exact = BigInt(Number.MIN_SAFE_INTEGER) <= value && value <= Number.MAX_SAFE_INTEGER;
    return exact ? Number(value) : String(value);
  }
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
}

function blanksIn(value: unknown, path: string): readonly string[] {
  if (value === BLANK) return [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => blanksIn(one, `${path}/${key}`));
}

function placeOf(document: Document.Parsed, lines: LineCounter, path: string): string {
  const keys = path.split('/').slice(1);
  for (let count = keys.length; count > 0; count -= 1) {
    const node: unknown = document.getIn(keys.slice(0, count).map(keyOf), true);
    const { range } = (node ?? {}) as { readonly range?: readonly number[] };
    const [at] = range ?? [];
    if (at !== undefined) return `line ${lines.linePos(at).line}`;
  }
  return 'line 1';
}

const keyOf = (key: string): string | number => (/^\d+$/.test(key) ? Number(key) : key);
