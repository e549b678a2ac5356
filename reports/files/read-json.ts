import { AllocertError, unreadable, usageError } from '../../base/errors.ts';
import { readWhole } from './read-whole.ts';

/** Deeper ones are no data of allocert, and would be too deep for whoever walks through them. */
const DEPTH_MAX = 200;

/**
 * A JSON file that somebody named.
 *
 * @param advice what to do instead, for the sentence
 * @throws {@link AllocertError} (usage) when it cannot be read, is too large, or is no JSON
 */
export function readJson(file: string, advice: string): unknown {
  const text = wholeText(file, advice);
  if (depthOf(text) > DEPTH_MAX) {
    throw usageError(`${file} is nested more than ${DEPTH_MAX} deep; ${advice}`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw usageError(`${file} is not JSON; ${advice}`);
  }
}

function wholeText(file: string, advice: string): string {
  try {
    return readWhole(file).toString('utf8');
  } catch (thrown) {
    if (thrown instanceof AllocertError) throw thrown;
    const reason = unreadable(thrown);
    if (reason === undefined) throw thrown;
    throw usageError(`${file} cannot be read, ${reason}; ${advice}`);
  }
}

/** How deep brackets lie in each other, outside of texts. */
function depthOf(json: string): number {
  let depth = 0;
  let deepest = 0;
  let inText = false;
  for (let at = 0; at < json.length; at += 1) {
    const character = json[at];
    if (inText) {
      if (character === '\\') at += 1;
      else if (character === '"') inText = false;
    } else if (character === '"') inText = true;
    else if (character === '[' || character === '{') {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (character === ']' || character === '}') depth -= 1;
  }
  return deepest;
}
