/** Where the values of a JSON text stand, and what readers of JSON would not agree on. */
export interface JsonPlaces {
  /** Offset of each value by its path, such as `/regions/0/size`. */
  readonly places: ReadonlyMap<string, number>;
  /** The first name that is there twice, or number that is not kept exactly. */
  readonly problem: { readonly what: string; readonly at: number } | undefined;
}

/** An object or a list that is open. */
interface Open {
  readonly path: string;
  /** The names so far; undefined in a list. */
  readonly names: Set<string> | undefined;
  /** The name of the value that comes next, or its number in a list. */
  key: string;
  isName: boolean;
}

/** Walks through a text that is JSON, without recursion. */
export function placesIn(json: string): JsonPlaces {
  const places = new Map<string, number>();
  const open: Open[] = [];
  for (let at = 0; at < json.length; at += 1) {
    const character = json[at] ?? '';
    const inside = open.at(-1);
    if (character === '"') {
      const end = endOfText(json, at);
      if (inside?.isName === true) {
        const name: string = JSON.parse(json.slice(at, end + 1));
        if (inside.names?.has(name) === true) {
          return { places, problem: { what: `"${name}" is there twice`, at } };
        }
        inside.names?.add(name);
        inside.key = name;
        inside.isName = false;
      } else places.set(pathIn(inside), at);
      at = end;
    } else if (character === '{' || character === '[') {
      const path = pathIn(inside);
      places.set(path, at);
      const isObject = character === '{';
      const names = isObject ? new Set<string>() : undefined;
      open.push({ path, names, key: '0', isName: isObject });
    } else if (character === '}' || character === ']') open.pop();
    else if (character === ',' && inside !== undefined) {
      if (inside.names === undefined) inside.key = String(Number(inside.key) + 1);
      else inside.isName = true;
    } else if (/[-\dtfn]/.test(character)) {
      const word = wordAt(json, at);
      places.set(pathIn(inside), at);
      if (/^-?\d+$/.test(word) && !Number.isSafeInteger(Number(word))) {
        const what = `${word} is too large for a number of JSON; write it in quotes`;
        return { places, problem: { what, at } };
      }
      at += word.length - 1;
    }
  }
  return { places, problem: undefined };
}

const pathIn = (inside: Open | undefined): string =>
  inside === undefined ? '' : `${inside.path}/${inside.key}`;

/** A number, `true`, `false` or `null`. */
function wordAt(json: string, at: number): string {
  let end = at;
  while (/[-+.\w]/.test(json[end] ?? '')) end += 1;
  return json.slice(at, end);
}

/** The offset of the quotation mark that ends the text which one at `at` begins. */
export function endOfText(json: string, at: number): number {
  for (let end = at + 1; end < json.length; end += 1) {
    if (json[end] === '\\') end += 1;
    else if (json[end] === '"') return end;
  }
  return json.length;
}
