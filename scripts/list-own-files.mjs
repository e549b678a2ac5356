// Lists what was built, with digests: `allocert certify` refuses to run when a file differs.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Folders, and which of their files are part of the tool: what `package.json` ships and it reads. */
const PARTS = [
  ['dist', /\.[cm]?js$|checked\.json$|listed-cases\.json$/],
  ['catalogue', /\.json$/],
  ['certify', /\.json$/],
  ['reports', /\.(?:json|css|html)$|formats.html.page\.js$/],
  ['adapters', /\.(?:c|h|schema\.json)$/],
  ['targets/linux', /\.(?:c|h|json|config)$|Kbuild$/],
];

const paths = PARTS.flatMap(([folder, names]) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && names.test(join(entry.parentPath, entry.name)))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/')),
).sort();

const digestOf = (path) =>
  createHash('sha256')
    .update(readFileSync(join(root, path)))
    .digest('hex');

const git = (...args) => execFileSync('git', ['-C', root, ...args], { encoding: 'utf8' }).trim();

/** Without git, as in an unpacked archive, nothing is known of the commit. */
function checkout() {
  if (!existsSync(join(root, '.git'))) return { commit: null, clean: true };
  try {
    return { commit: git('rev-parse', 'HEAD'), clean: git('status', '--porcelain') === '' };
  } catch {
    return { commit: null, clean: false };
  }
}

const list = {
  ...checkout(),
  files: Object.fromEntries(paths.map((path) => [path, digestOf(path)])),
};
writeFileSync(join(root, 'dist', 'tool-files.json'), `${JSON.stringify(list, undefined, 1)}\n`);
