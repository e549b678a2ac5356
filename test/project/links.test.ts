/** Links of pages lead to a file and a heading that exist, in the package as well. */
import { execFileSync } from 'node:child_process';
import { dirname, join, normalize } from 'node:path';
import t from 'tap';
import { packageRoot } from '../../base/package-root.ts';
import { FILES, textOf } from './sources.ts';

const PAGES = FILES.filter((file) => file.endsWith('.md') && !file.startsWith('test/fixtures/'));
const LINK = /\]\(([^)\s]+)\)/g;

/** Pages and examples that messages of the code name. */
const NAMED = /\b(?:docs\/[\w-]+\.md|examples\/[\w/.-]+\w)/g;

/** The anchor that GitHub gives a heading. */
function anchorOf(heading: string): string {
  const text = heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .trim()
    .toLowerCase();
  return text.replace(/[^\p{L}\p{N}_\- ]/gu, '').replaceAll(' ', '-');
}

const headingsOf = (page: string): string[] =>
  [
    ...textOf(page)
      .replace(/^```[\s\S]*?^```$/gm, '')
      .matchAll(/^#+ (.*)$/gm),
  ].map(([, heading = '']) => anchorOf(heading));

interface Target {
  readonly file: string;
  readonly anchor: string;
}

/** The links of a page that lead into the repository. */
function targetsOf(page: string, text = textOf(page)): Target[] {
  return [...text.matchAll(LINK)]
    .map(([, link = '']) => link)
    .filter((link) => !/^\w+:/.test(link))
    .map((link) => {
      const [path = '', anchor = ''] = link.split('#');
      const file = path === '' ? page : normalize(join(dirname(page), path)).replace(/\/$/, '');
      return { file, anchor };
    });
}

/** Links of a page to headings that do not exist. */
const lostIn = (page: string, text?: string): string[] =>
  targetsOf(page, text)
    .filter(({ anchor, file }) => anchor !== '' && file.endsWith('.md') && FILES.includes(file))
    .filter(({ anchor, file }) => !headingsOf(file).includes(anchor))
    .map(({ anchor, file }) => `${page} links to ${file}#${anchor}, which is not there`);

t.test('links lead to headings that exist', async (t) => {
  t.strictSame(
    PAGES.flatMap((page) => lostIn(page)),
    [],
  );
});

t.test('the package has the pages and examples that it names', async (t) => {
  const packed = JSON.parse(
    execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts', '--offline'], {
      cwd: packageRoot(),
      encoding: 'utf8',
    }),
  )[0].files.map(({ path }: { path: string }) => path) as string[];
  const has = (file: string): boolean =>
    packed.some((path) => path === file || path.startsWith(`${file}/`));
  const pages = packed.filter((file) => FILES.includes(file) && file.endsWith('.md'));
  t.ok(pages.includes('README.md') && pages.includes('docs/ci.md'), 'pages are packed');
  const lost = pages.flatMap((page) =>
    targetsOf(page)
      .filter(({ file }) => !has(file))
      .map(({ file }) => `${page} links to ${file}, which is not in the package`),
  );
  t.strictSame(lost, [], 'add it to `files` of package.json');
  const code = FILES.filter((file) => /^[a-z].*\.(ts|c|h)$/.test(file) && has(compiled(file)));
  const named = code.flatMap((file) => [...textOf(file).matchAll(NAMED)].map(([name]) => name));
  t.strictSame(
    [...new Set(named)].filter((name) => !has(name)),
    [],
  );
});

/** Where the package has a source file. */
const compiled = (file: string): string =>
  file.endsWith('.ts') ? `dist/${file.replace(/\.ts$/, '.js')}` : file;

t.test('a heading that is gone is found', async (t) => {
  t.equal(anchorOf('`allocert serve`, [the](x) daemon'), 'allocert-serve-the-daemon');
  t.equal(lostIn('docs/ci.md', '[a](reports.md#nothing)').length, 1);
  t.equal(lostIn('docs/ci.md', '[a](reports.md#shards)').length, 0);
});
