/** Every value in a JSON text, each of which a test edits in turn. */

/** A way from the top of a value to a leaf of it. */
export type Path = readonly (string | number)[];

/** The ways to all numbers, texts, booleans and empty lists or objects of a value. */
export function leavesOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const members = Array.isArray(value)
    ? value.map((one, at) => [at, one] as const)
    : Object.entries(value);
  return members.flatMap(([key, one]) => leavesOf(one, [...path, key]));
}

/** A copy of a value in which one leaf is another one. */
export function edited<T>(value: T, path: Path, change: (leaf: unknown) => unknown): T {
  const [key, ...rest] = path;
  if (key === undefined) return change(value) as T;
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<
    string | number,
    unknown
  >;
  copy[key] = edited(copy[key], rest, change);
  return copy as T;
}

/** Words of which a schema lets pass only these, and what each of them is edited to. */
const WORDS: Readonly<Record<string, string>> = {
  text: 'safety',
  safety: 'text',
  guidance: 'text',
  MUST: 'SHOULD',
  SHOULD: 'MUST',
  MAY: 'MUST',
  pass: 'fail',
  fail: 'pass',
  info: 'fail',
  warn: 'pass',
  waived: 'pass',
  flaky: 'pass',
  skip: 'pass',
  inconclusive: 'pass',
  completed: 'inconclusive',
  crash: 'hang',
  hang: 'crash',
};

/** Another value of the same kind. */
export function another(leaf: unknown): unknown {
  if (typeof leaf === 'boolean') return !leaf;
  if (typeof leaf === 'number') return leaf + 1;
  if (typeof leaf === 'string') return WORDS[leaf] ?? `${leaf}x`;
  return leaf;
}
