import { messageOf, usageError } from '../../base/errors.ts';
import { parseJson } from '../../base/parse-json.ts';
import { endOfText, placesIn } from './json-places.ts';

/** JSON with comments as plain data, with the lines in which its values stand. */
export interface JsoncValue {
  readonly value: unknown;
  /** `line 7`, of the value at a path such as `/product/name`, or of what holds it. */
  place(path: string): string;
}

/**
 * Reads JSON that may have comments, from two slashes to the end of a line, and commas before a
 * closing bracket. A name that stands twice in one object, and a whole number that readers of JSON
 * do not keep exactly, are refused: others would read another value.
 *
 * @param name stands for the text in sentences
 * @throws {@link AllocertError} (usage) naming the line
 */
export function readJsonc(text: string, name: string): JsoncValue {
  const json = withoutComments(text);
  const value = parsed(json, name);
  const { places, problem } = placesIn(json);
  if (problem !== undefined) {
    throw usageError(`${name}: ${problem.what} (line ${lineAt(json, problem.at)})`);
  }
  return {
    value,
    place: (path) => {
      for (let near = path; near !== ''; near = near.slice(0, near.lastIndexOf('/'))) {
        const at = places.get(near);
        if (at !== undefined) return `line ${lineAt(json, at)}`;
      }
      return 'line 1';
    },
  };
}

function parsed(json: string, name: string): unknown {
  try {
    return parseJson(json);
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown;
    const { cause, message } = thrown;
    if (cause === undefined) throw usageError(`${name} ${message}`);
    const why = messageOf(cause);
    const [, position] = /position (\d+)/.exec(why) ?? [];
    const line = lineAt(json, position === undefined ? json.length : Number(position));
    const [told = ''] = why.split(/ in JSON| \(line/);
    throw usageError(`${name} ${message}: ${told} (line ${line})`);
  }
}

const lineAt = (text: string, at: number): number => text.slice(0, at).split('\n').length;

/** The same length, with blanks in place of what JSON has not: every value keeps its line. */
function withoutComments(text: string): string {
  const blanks: [from: number, to: number][] = [];
  /** Where a comma stands that only blanks and comments have followed so far. */
  let comma = -1;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (character === '/' && text[at + 1] === '/') {
      const end = text.indexOf('\n', at);
      const to = end < 0 ? text.length : end;
      blanks.push([at, to]);
      at = to - 1;
    } else if (character === '"') {
      at = endOfText(text, at);
      comma = -1;
    } else if (character === ',') {
      comma = at;
    } else if (!BLANK_CHARACTERS.includes(character)) {
      if (comma >= 0 && (character === ']' || character === '}')) blanks.push([comma, comma + 1]);
      comma = -1;
    }
  }
  return blanked(text, blanks);
}

/** What JSON lets stand between two tokens. */
const BLANK_CHARACTERS = ' \t\n\r';

function blanked(text: string, blanks: readonly (readonly [number, number])[]): string {
  const pieces: string[] = [];
  let done = 0;
  for (const [from, to] of blanks.toSorted(([a], [b]) => a - b)) {
    pieces.push(text.slice(done, from), ' '.repeat(to - from));
    done = to;
  }
  return pieces.join('') + text.slice(done);
}
