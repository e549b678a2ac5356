/** What pages tell to type works, in the order of the page and in one folder for each page. */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { packageRoot } from '../../base/package-root.ts';
import {
  type Block,
  blocksOf,
  commandLinesIn,
  isSynopsis,
  typedIn,
  USER_PAGES,
} from '../project/pages.ts';
import { temporaryDirectory } from '../reports/sample.ts';
import { asUser } from './command.ts';

/** The surroundings of a page. */
interface Walk {
  /** Settings in place of {@link QUICK}; what the page types goes before them. */
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  /** Blocks that have no command of allocert and are carried out all the same. */
  readonly also?: RegExp;
  /** Exit code of blocks that do not end with 0. */
  readonly codes?: readonly (readonly [RegExp, number])[];
}

/** Settings that keep commands short: three cases, two rounds. */
const QUICK = { ALLOCERT_ONLY: 'IOC-01 LIF-08 VER-01', ALLOCERT_ROUNDS: '2' };

const [example] = blocksOf('docs/writing-an-adapter.md').filter(({ text }) =>
  text.includes('adapterFromSyscalls({'),
);

const WALKS: Readonly<Record<string, Walk>> = {
  'README.md': { env: {}, codes: [[/rfc-v2/, 1]] },
  'docs/adapter-check.md': { files: { 'my-adapter.mjs': example?.text ?? '' } },
  'docs/ci-kits.md': { also: /^mkdir/, env: { ...QUICK, ALLOCERT_TARGET: 'sim:' } },
  'docs/command-line.md': { env: {} },
  'docs/configuration.md': {
    files: { 'allocert.config.json': '{ "run": { "target": "sim:?behaviour=rfc-v2" } }' },
  },
};

/** Lines that are only parsed, by test/project/commands.test.ts, each with the reason. */
const NOT_RUN: readonly (readonly [RegExp, string])[] = [
  [/\b(?:vm|native|remote):|allocert (?:agent|vm) build/, 'needs more than the simulator'],
  [/npm ci/, 'installs what this test belongs to'],
  [/allocert run \.?\S*my-adapter/, 'writing-an-adapter.test.ts carries this page out'],
  [/allocert (?:certify|verify)/, 'takes minutes; submission.test.ts and verify.test.ts do it'],
  [/allocert statement/, 'statement.test.ts does it'],
  [/replay:OLD/, 'OLD and NEW stand for any report; matrices.test.ts does it'],
  [/^(?:tar|mkdir|diff) .*\b(?:old|new)\b|certificate\.tar|--baseline old/, 'of a certificate'],
  [/qualify sim:/, 'runs every case; matrices.test.ts does it'],
  [/ENTRY\.json/, 'ENTRY stands for any name'],
  [/report shard-1/, 'merges what three machines did; shards.test.ts does it'],
  [/^man /, 'shows a page until it is left'],
];

/** Whether a line is what somebody types here, and not a pattern of it. */
const isTyped = (line: string): boolean =>
  !NOT_RUN.some(([pattern]) => pattern.test(line)) && !commandLinesIn(line).some(isSynopsis);

/** The lines of a block that are carried out; none of a block that has no command. */
function linesOf(block: Block, also: RegExp | undefined): string[] {
  if (also?.test(block.text)) return block.text.split('\n');
  const typed = typedIn(block).filter((line) => line !== 'echo $?' && isTyped(line));
  return typed.some((line) => commandLinesIn(line).length > 0) ? typed : [];
}

/** A folder of a repository, with `allocert` and `npx allocert` of this build on its PATH. */
function repository(): { folder: string; path: string } {
  const folder = temporaryDirectory();
  const bin = temporaryDirectory();
  const program = join(packageRoot(), 'dist', 'bin', 'allocert.js');
  const call = `exec '${process.execPath}' '${program}' "$@"`;
  writeFileSync(join(bin, 'allocert'), `#!/bin/sh\n${call}\n`);
  writeFileSync(join(bin, 'npx'), `#!/bin/sh\nshift\n${call}\n`);
  for (const name of ['allocert', 'npx']) chmodSync(join(bin, name), 0o755);
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(packageRoot(), join(folder, 'node_modules', 'allocert'));
  asUser(['git', 'init', '--quiet'], { cwd: folder });
  return { folder, path: `${bin}:${process.env.PATH}` };
}

/** Lines of a block that are typed, that differ from run to run, or that stand for others. */
const CHANGES = /^\$ |^\d+$|cases ran in|^\s*$|^ *…/;
const wordsOf = (text: string): string => text.replace(/\s+/g, ' ');

const typed: string[] = [];
for (const page of USER_PAGES) {
  const { also, codes = [], env = QUICK, files = {} } = WALKS[page] ?? {};
  const blocks = blocksOf(page)
    .map((block) => ({ block, lines: linesOf(block, also) }))
    .filter(({ lines }) => lines.length > 0);
  typed.push(...blocksOf(page).flatMap(typedIn));
  if (blocks.length === 0) {
    t.notOk(page in WALKS, `${page} has nothing to carry out and needs no walk`);
    continue;
  }
  t.test(`${page} works as it is typed`, async (t) => {
    const { folder, path } = repository();
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    for (const { block, lines } of blocks) {
      const ran = asUser(['bash', '-eo', 'pipefail', '-c', lines.join('\n')], {
        cwd: folder,
        env: { ...process.env, PATH: path, HOME: folder, ...env },
      });
      const place = `${page}:${block.line}`;
      const code = codes.find(([pattern]) => pattern.test(block.text))?.[1] ?? 0;
      t.equal(ran.status, code, `${place} ${ran.stdout}${ran.stderr}`);
      if (!block.text.includes('$ ')) continue;
      const came = wordsOf(ran.stdout);
      const shown = block.text.split('\n').filter((line) => !CHANGES.test(line));
      const lacking = shown.filter((line) => !came.includes(wordsOf(line).trim()));
      t.strictSame(lacking, [], `${place} shows what is printed, which is\n${ran.stdout}`);
    }
  });
}

t.test('each reason not to carry a line out is needed', async (t) => {
  const needless = NOT_RUN.filter(([pattern]) => !typed.some((line) => pattern.test(line)));
  t.strictSame(needless, []);
  const pages = Object.keys(WALKS).filter((page) => !USER_PAGES.includes(page));
  t.strictSame(pages, []);
});
