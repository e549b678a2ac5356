/** Prints the longest sentences of pages and catalogue; `npm run sentences -- 50` says how many. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../base/package-root.ts';
import { sentencesOf } from './sentences.ts';

const root = packageRoot();
const files = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).split('\n');
const sentences = files.flatMap((file) =>
  sentencesOf(file, () => readFileSync(join(root, file), 'utf8')),
);
const count = Number(process.argv[2] ?? 50);
for (const { file, text, words } of sentences
  .toSorted((one, other) => other.words - one.words)
  .slice(0, count)) {
  process.stdout.write(`${words}  ${file}: ${text}\n`);
}
