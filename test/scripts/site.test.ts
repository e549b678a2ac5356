/** The site: every page and every requirement is in it, and its links lead somewhere. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import t from 'tap';
import { packageRoot } from '../../base/package-root.ts';
import { catalogue } from '../../catalogue/catalogue.ts';
import { escaped } from '../../scripts/site/page.ts';
import { sitePages } from '../../scripts/site/pages.ts';
import { listRequirements } from '../../suites/assess/listing.ts';
import { CASES } from '../../suites/cases/all.ts';
import { asUser } from '../e2e/command.ts';
import { temporaryDirectory } from '../reports/sample.ts';

const root = packageRoot();
const folder = temporaryDirectory();
const site = join(folder, 'html');

/** What an HTML text shows. */
const shown = (html: string): string =>
  html
    .replace(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ');

const pageAt = (address: string): string => readFileSync(join(site, `${address}.html`), 'utf8');

t.test('npm run site builds it', async (t) => {
  const program = join(root, 'dist', 'scripts', 'site', 'write.js');
  const ran = asUser([process.execPath, program, folder], { cwd: folder });
  t.equal(ran.status, 0, `${ran.stdout}${ran.stderr}`);
});

t.test('every page of docs has one', async (t) => {
  for (const name of readdirSync(join(root, 'docs'))) {
    const [heading = ''] = readFileSync(join(root, 'docs', name), 'utf8').split('\n');
    const title = heading.replace(/^# /, '').replaceAll('`', '');
    t.match(shown(pageAt(`docs/${name.replace(/\.md$/, '')}`)), title, name);
  }
});

t.test('every requirement has one, with all that is known of it', async (t) => {
  const listed = listRequirements({ groups: [], levels: [] }, CASES);
  t.equal(listed.length, catalogue().requirements.length);
  const known = catalogue().profiles.flatMap((profile) => profile.known);
  for (const { id, statement, source, interpretation, observe, cases, unobservable } of listed) {
    const text = shown(pageAt(`requirements/${id}`));
    const notes = known.filter(({ requirement }) => requirement === id).map(({ note }) => note);
    const said = [statement, source.document, source.place, interpretation, observe, unobservable];
    const missing = [...said, ...cases, ...notes].filter(
      (one) => one !== undefined && !text.includes(one.replaceAll('`', '')),
    );
    t.strictSame(missing, [], id);
  }
  t.match(pageAt('requirements/ISO-01'), 'https://www.cve.org/CVERecord?id=CVE-2015-8950');
});

t.test('what the package exports has pages', async (t) => {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const names = Object.keys(exports).filter((name) => !name.endsWith('.json'));
  for (const name of names) {
    // The contract is what `allocert` itself gives.
    const module = name === './contract' ? '' : name.slice(1);
    const page = pageAt(`modules/allocert${module.replace('/', '_')}`);
    t.match(shown(page), `Module allocert${module}`);
  }
});

t.test('no link is broken', async (t) => {
  const files = readdirSync(site, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.html'))
    .map((file) => join(site, file));
  const texts = new Map(files.map((file) => [file, readFileSync(file, 'utf8')]));
  const broken = [...texts].flatMap(([file, text]) =>
    [...text.matchAll(/\s(?:href|src)="([^"]+)"/g)]
      .map(([, link = '']) => link)
      .filter((link) => !/^(?:https?:|data:)/.test(link) && isBroken(file, link, texts))
      .map((link) => `${relative(site, file)} links to ${link}`),
  );
  t.strictSame([...new Set(broken)], []);
  t.ok(isBroken(join(site, 'index.html'), 'docs/vm.html#no-such-heading', texts));
  t.ok(isBroken(join(site, 'index.html'), 'docs/no-such-page.html', texts));
});

function isBroken(from: string, link: string, texts: ReadonlyMap<string, string>): boolean {
  const [path = '', anchor = ''] = link.split('#');
  const file = path === '' ? from : join(dirname(from), decodeURIComponent(path));
  const text = texts.get(file);
  if (text === undefined) return !existsSync(file);
  return anchor !== '' && !text.includes(`id="${decodeURIComponent(anchor)}"`);
}

t.test('texts of the catalogue stand on a page as they are', async (t) => {
  t.equal(escaped('_NR < [1] `_NR`'), '\\_NR \\< \\[1\\] `_NR`');
  const pages = sitePages();
  t.equal(new Set(pages.map(({ address }) => address)).size, pages.length, 'addresses differ');
});
