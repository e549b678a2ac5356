/** What pages tell to type works, in the order of the page and in one folder. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { packageRoot } from '../../base/package-root.ts';
import { blocksOf, typedIn } from '../project/pages.ts';
import { temporaryDirectory } from '../reports/sample.ts';
import { asUser } from './command.ts';

/** A page whose blocks are carried out, and in what surroundings. */
interface Walk {
  /** The blocks, by what stands in them; all of them when left out. */
  readonly only?: RegExp;
  /** Settings that make it quick; what the page types goes before them. */
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  /** Exit code of the last block. */
  readonly code: number;
}

const QUICK = { ALLOCERT_TARGET: 'sim:', ALLOCERT_ONLY: 'IOC-01 LIF-08 VER-01' };

const WALKS: Readonly<Record<string, Walk>> = {
  'README.md': { only: /rfc-v2/, code: 1 },
  'docs/ci-kits.md': { only: /^(?:mkdir|npx)/, env: QUICK, code: 0 },
  'docs/configuration.md': {
    only: /config print/,
    files: { 'allocert.config.json': '{ "run": { "target": "sim:?behaviour=rfc-v2" } }' },
    code: 0,
  },
  'docs/reports.md': { only: /ctrf=/, env: { ALLOCERT_ONLY: 'IOC-01' }, code: 0 },
};

/** A folder of a repository, with `allocert` and `npx allocert` of this build on its PATH. */
function repository(): { folder: string; path: string } {
  const folder = temporaryDirectory();
  const bin = temporaryDirectory();
  const program = join(packageRoot(), 'dist', 'bin', 'allocert.js');
  const call = `exec '${process.execPath}' '${program}' "$@"`;
  writeFileSync(join(bin, 'allocert'), `#!/bin/sh\n${call}\n`);
  writeFileSync(join(bin, 'npx'), `#!/bin/sh\nshift\n${call}\n`);
  for (const name of ['allocert', 'npx']) chmodSync(join(bin, name), 0o755);
  asUser(['git', 'init', '--quiet'], { cwd: folder });
  return { folder, path: `${bin}:${process.env.PATH}` };
}

/** Lines of a block that are typed, that differ from run to run, or that stand for others. */
const CHANGES = /^\$ |^\d+$|cases ran in|^\s*$|^ *…/;
const wordsOf = (text: string): string => text.replace(/\s+/g, ' ');

for (const [page, { code, env, files = {}, only }] of Object.entries(WALKS)) {
  t.test(`${page} works as it is typed`, async (t) => {
    const { folder, path } = repository();
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const blocks = blocksOf(page).filter(({ text }) => only?.test(text) ?? true);
    t.ok(blocks.length > 0, 'it has such blocks');
    let last: number | null = 0;
    let said = '';
    for (const block of blocks) {
      const typed = typedIn(block).filter((line) => line !== 'echo $?');
      const ran = asUser(['bash', '-eo', 'pipefail', '-c', typed.join('\n')], {
        cwd: folder,
        env: { ...process.env, PATH: path, ...env },
      });
      const place = `${page}:${block.line}`;
      last = ran.status;
      said = ran.stdout + ran.stderr;
      if (block !== blocks.at(-1)) t.equal(last, 0, `${place} ${ran.stdout}${ran.stderr}`);
      if (!block.text.includes('$ ')) continue;
      const came = wordsOf(ran.stdout);
      const shown = block.text.split('\n').filter((line) => !CHANGES.test(line));
      const lacking = shown.filter((line) => !came.includes(wordsOf(line).trim()));
      t.strictSame(lacking, [], `${place} shows what is printed, which is\n${ran.stdout}`);
    }
    t.equal(last, code, `exit code of the last block of ${page}: ${said}`);
  });
}
