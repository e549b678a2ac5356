/** The project's own sources, and what each of them imports: for the tests of this folder. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageRoot } from '../../base/package-root.ts';

const root = packageRoot();

/** Every file of the repository, and those that are about to be added, by path from the root. */
export const FILES: readonly string[] = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard'],
  { cwd: root, encoding: 'utf8' },
)
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(root, file)));

/** Those that are read by a compiler or by Node. */
export const SOURCES: readonly string[] = FILES.filter((file) => /\.(ts|mjs|c|h)$/.test(file));

/** The text of a file, by path from the root. */
export const textOf = (file: string): string => readFileSync(join(root, file), 'utf8');

/** One file reaching for another. */
export interface Import {
  /** The file that says `import` or `#include`, by path from the root. */
  readonly from: string;
  /** The file that it names, likewise. */
  readonly to: string;
  /** Whether nothing of it is left when the program runs. */
  readonly isTypeOnly: boolean;
}

const STATEMENT = /^(?:import|export)\s+(type\s+)?([^;'"]*?)from\s+'(\.[^']+)'/gm;
const DYNAMIC = /import\('(\.[^']+)'\)/g;
const INCLUDE = /^\s*#\s*include\s+"([^"]+)"/gm;

/** Every import and include of a file that names a file of the repository. */
export function importsOf(file: string): Import[] {
  const text = textOf(file);
  const resolve = (specifier = ''): string => join(dirname(file), specifier);
  if (/\.[ch]$/.test(file)) {
    return [...text.matchAll(INCLUDE)].map(([, path]) => ({
      from: file,
      to: resolve(path),
      isTypeOnly: false,
    }));
  }
  const statements = [...text.matchAll(STATEMENT)].map(([, type, names = '', specifier]) => ({
    from: file,
    to: resolve(specifier),
    isTypeOnly: type !== undefined || namesTypesOnly(names),
  }));
  const dynamic = [...text.matchAll(DYNAMIC)].map(([, specifier]) => ({
    from: file,
    to: resolve(specifier),
    isTypeOnly: false,
  }));
  return [...statements, ...dynamic];
}

/** Whether each name between the braces of an import says `type`. */
function namesTypesOnly(names: string): boolean {
  const list = /^\s*\{([^}]*)\}\s*$/.exec(names)?.[1];
  const each = (list ?? '').split(',').filter((name) => name.trim() !== '');
  return each.length > 0 && each.every((name) => /^\s*type\s/.test(name));
}

/**
 * The circles in a graph, each as the sorted nodes that reach one another (Tarjan, "Depth-first
 * search and linear graph algorithms", SIAM J. Comput. 1972).
 *
 * @param edges pairs of nodes; a node's edge to itself is no circle
 */
export function circlesIn(edges: readonly (readonly [string, string])[]): string[][] {
  const next = new Map<string, string[]>();
  for (const [from, to] of edges) next.set(from, [...(next.get(from) ?? []), to]);
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const circles: string[][] = [];
  const visit = (node: string): number => {
    const own = index.size;
    index.set(node, own);
    low.set(node, own);
    stack.push(node);
    for (const to of next.get(node) ?? []) {
      const reached = index.has(to) ? (stack.includes(to) ? index.get(to) : undefined) : visit(to);
      if (reached !== undefined) low.set(node, Math.min(low.get(node) ?? own, reached));
    }
    if (low.get(node) === own) {
      const circle = stack.splice(stack.indexOf(node)).toSorted();
      if (circle.length > 1) circles.push(circle);
    }
    return low.get(node) ?? own;
  };
  for (const node of next.keys()) if (!index.has(node)) visit(node);
  return circles;
}
