/** The package as npm packs it, installed elsewhere: it runs, and links of its pages are whole. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { packageRoot } from '../../base/package-root.ts';
import { blocksOf } from '../project/pages.ts';
import { temporaryDirectory } from '../reports/sample.ts';
import { asUser } from './command.ts';

const root = packageRoot();
const folder = temporaryDirectory();
const installed = join(folder, 'node_modules', 'allocert');
const { dependencies, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Runs the installed command in the folder that it is installed in. */
function installedAllocert(...words: readonly string[]) {
  const program = join(installed, 'dist', 'bin', 'allocert.js');
  return asUser([process.execPath, program, ...words], { cwd: folder });
}

t.test('npm packs it, and it can be installed', async (t) => {
  const words = ['--json', '--ignore-scripts', '--offline', '--pack-destination', folder];
  const packed = asUser(['npm', 'pack', ...words], { cwd: root });
  t.equal(packed.status, 0, packed.stderr);
  mkdirSync(installed, { recursive: true });
  const [{ filename }] = JSON.parse(packed.stdout);
  const archive = join(folder, filename);
  const unpacked = asUser(['tar', '-xzf', archive, '-C', installed, '--strip-components=1'], {
    cwd: folder,
  });
  t.equal(unpacked.status, 0, unpacked.stderr);
  // What npm would fetch; nothing else of the checkout can be reached.
  for (const name of Object.keys(dependencies)) {
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  }
});

t.test('it runs the suites and reads its catalogue', async (t) => {
  const ran = installedAllocert('run', 'sim:', '--only', 'IOC-01');
  t.equal(ran.status, 0, ran.stderr);
  t.match(ran.stdout, 'Nothing is broken in what was chosen');
  t.ok(existsSync(join(folder, 'allocert-report', 'report.html')));
  t.match(installedAllocert('explain', 'IOC-02').stdout, /unknown command number/);
});

t.test('an adapter finds what it imports', async (t) => {
  const [example] = blocksOf('docs/writing-an-adapter.md').filter(({ text }) =>
    text.includes('adapterFromSyscalls({'),
  );
  writeFileSync(join(folder, 'my-adapter.mjs'), example?.text ?? '');
  const ran = installedAllocert('run', './my-adapter.mjs', '--only', 'IOC-01');
  t.equal(ran.status, 0, `${ran.stdout}${ran.stderr}`);
  for (const { types, default: file } of Object.values<Record<string, string>>(exports)) {
    if (file === undefined) continue;
    t.ok(existsSync(join(installed, file)) && existsSync(join(installed, types ?? '')), file);
  }
});

t.test('links of its pages lead to files that it has', async (t) => {
  const pages = readdirSync(installed, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /^(?:[A-Z]+|docs\/[\w-]+|(?:examples|targets)\/.*)\.md$/.test(file),
  );
  t.ok(pages.includes('README.md') && pages.includes('docs/vm.md'), pages.join(' '));
  const broken = pages.flatMap((page) =>
    linksOf(readFileSync(join(installed, page), 'utf8'))
      .filter((link) => !existsSync(join(installed, dirname(page), link)))
      .map((link) => `${page} links to ${link}`),
  );
  t.strictSame(broken, []);
  t.notOk(existsSync(join(installed, 'docs', 'no-such-page.md')));
});

/** Paths to which a page links. */
const linksOf = (text: string): string[] =>
  [...text.matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)].map(([, link = '']) => link);
