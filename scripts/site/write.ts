/**
 * Writes the site: the pages that TypeDoc reads, then its HTML. `npm run site` calls it; an argument
 * names another folder than `site/built`.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { packageRoot } from '../../base/package-root.ts';
import { fileText } from './page.ts';
import { FIRST_PAGE, linkedFiles, sitePages } from './pages.ts';

/** What `import 'allocert/…'` gives, as compiled; `package.json` exports these. */
const EXPORTS = ['adapters/contract', 'adapters/functions', 'fuzz', 'tap'];

const root = packageRoot();
const folder = resolve(process.argv[2] ?? join(root, 'site', 'built'));
process.exitCode = writePages() ? runTypeDoc() : 3;

/** Writes pages and the files they link to, as they lie in the repository. */
function writePages(): boolean {
  const input = join(folder, 'pages');
  rmSync(input, { recursive: true, force: true });
  const place = (path: string): string => {
    const file = join(input, path);
    mkdirSync(dirname(file), { recursive: true });
    return file;
  };
  const pages = sitePages();
  for (const page of pages) writeFileSync(place(page.path), fileText(page));
  for (const file of [join(root, FIRST_PAGE), ...linkedFiles(pages)]) {
    copyFileSync(file, place(relative(root, file)));
  }
  const options = {
    extends: [join(root, 'site', 'typedoc.json')],
    entryPoints: EXPORTS.map((path) => join(root, 'dist', path, 'index.d.ts')),
    readme: join(input, FIRST_PAGE),
    projectDocuments: pages
      .filter(({ group }) => group !== undefined)
      .map(({ path }) => join(input, path)),
    out: join(folder, 'html'),
  };
  writeFileSync(join(folder, 'typedoc.json'), `${JSON.stringify(options, undefined, 2)}\n`);
  if (existsSync(join(root, 'dist', 'fuzz', 'index.d.ts'))) return true;
  process.stderr.write('nothing is built: run `npm run build` first\n');
  return false;
}

/** TypeDoc's exit code: 0, or what its complaints make it. */
function runTypeDoc(): number {
  const program = join(root, 'site', 'node_modules', 'typedoc', 'bin', 'typedoc');
  if (!existsSync(program)) {
    process.stderr.write('TypeDoc is not installed: run `npm ci`\n');
    return 3;
  }
  const words = [program, '--options', join(folder, 'typedoc.json')];
  return spawnSync(process.execPath, words, { stdio: 'inherit', cwd: root }).status ?? 3;
}
