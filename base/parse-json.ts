/** Deeper ones are no data of allocert, and would be too deep for whoever walks through them. */
const DEPTH_MAX = 200;

/**
 * JSON that others may have written.
 *
 * @throws SyntaxError whose message is the end of a phrase, such as `is not JSON`
 */
export function parseJson(text: string): unknown {
  if (depthOf(text) > DEPTH_MAX) throw new SyntaxError(`is nested more than ${DEPTH_MAX} deep`);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SyntaxError('is not JSON', { cause });
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
