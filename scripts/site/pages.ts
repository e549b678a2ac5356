import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { packageRoot } from '../../base/package-root.ts';
import { type ListedRequirement, listRequirements } from '../../suites/assess/listing.ts';
import { CASES } from '../../suites/cases/all.ts';
import { code, escaped, type SitePage } from './page.ts';
import { requirementPage } from './requirement-page.ts';

/** Where pages stand in the navigation, and in which order; others stand with {@link OTHERS}. */
const GROUPS: readonly (readonly [group: string, names: string])[] = [
  ['Using allocert', 'command-line configuration report reports compare diff glossary'],
  ['Targets', 'simulator vm cma-kernel kernels native remote agent'],
  ['Suites', 'catalogue ci ci-kits faults qualify coverage rfc-v2'],
  ['Fuzzing', 'fuzz'],
  ['Certificates', 'certification statement package'],
  ['Adapters', 'writing-an-adapter adapter-check code-of-others protocol test-control'],
  ['The project', 'architecture compatibility CHANGELOG SECURITY CONTRIBUTING'],
];
const OTHERS = 'The project';
const RULES = 'The catalogue';

/** Pages of the repository beside those of `docs/`. */
const BESIDE = ['CHANGELOG.md', 'SECURITY.md', 'CONTRIBUTING.md', 'targets/linux/README.md'];

/** The first page; it is TypeDoc's `readme` and needs no head. */
export const FIRST_PAGE = 'README.md';

const textOf = (path: string): string => readFileSync(join(packageRoot(), path), 'utf8');

/** Every page of the site but the first, in the order of the navigation. */
export function sitePages(): readonly SitePage[] {
  const names = readdirSync(join(packageRoot(), 'docs')).filter((name) => name.endsWith('.md'));
  const paths = [...names.map((name) => `docs/${name}`), ...BESIDE];
  const order = GROUPS.flatMap(([, names]) => names.split(' '));
  const place = (path: string): number => {
    const at = order.indexOf(nameOf(path));
    return at < 0 ? order.length : at;
  };
  return [
    ...paths.toSorted((a, b) => place(a) - place(b)).map(writtenPage),
    ...rulePages(listRequirements({ groups: [], levels: [] }, CASES)),
  ];
}

const nameOf = (path: string): string => posix.basename(path, '.md');

/** A page that is written by hand: its heading is its title. */
function writtenPage(path: string): SitePage {
  const text = textOf(path);
  const heading = /^# (.*)\n/.exec(text);
  if (heading === null) throw new Error(`${path} does not begin with a heading`);
  const group = GROUPS.find(([, names]) => names.split(' ').includes(nameOf(path)))?.[0];
  return {
    path,
    address: path.replace(/\.md$/, ''),
    title: (heading[1] ?? '').replaceAll('`', ''),
    group: path.startsWith('targets/') ? 'Targets' : (group ?? OTHERS),
    text: text.slice(heading[0].length),
  };
}

/** A page for each group of requirements, and below it one for each requirement. */
function rulePages(listed: readonly ListedRequirement[]): SitePage[] {
  const groups = [...new Set(listed.map(({ group }) => group))];
  return groups.flatMap((group) => {
    const own = listed.filter((one) => one.group === group);
    const rows = own.map(
      ({ id, level, statement }) => `| [${id}](${id}.md) | ${level} | ${escaped(statement)} |`,
    );
    const text = [
      `Requirements of the group ${code(group)}; [the catalogue](../docs/catalogue.md) explains`,
      'levels and words.',
      '',
      '| id | level | requirement |',
      '| --- | --- | --- |',
      ...rows,
    ].join('\n');
    const address = `requirements/${group}`;
    return [
      {
        path: `${address}.md`,
        address,
        title: group,
        group: RULES,
        text,
        children: own.map(({ id }) => `${id}.md`),
      },
      ...own.map(requirementPage),
    ];
  });
}

/** Files of the repository that pages link to and that are not pages: the site has copies. */
export function linkedFiles(pages: readonly SitePage[]): readonly string[] {
  const known = new Set([FIRST_PAGE, ...pages.map(({ path }) => path)]);
  const first = { path: FIRST_PAGE, text: textOf(FIRST_PAGE) };
  const linked = [first, ...pages].flatMap(({ path, text }) =>
    [...text.matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)].map(([, link = '']) =>
      posix.normalize(posix.join(posix.dirname(path), link)),
    ),
  );
  const files = linked.filter((path) => !known.has(path)).map((path) => join(packageRoot(), path));
  return [...new Set(files)].filter((file) => existsSync(file) && statSync(file).isFile());
}
