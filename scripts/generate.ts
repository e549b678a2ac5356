/**
 * Writes the files that derive from the table of operations, or, with `--check`, says which are
 * stale and ends 1. `npm run generate` after changing the table.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../base/package-root.ts';
import { derivedFiles } from './derived-files.ts';

const check = process.argv.includes('--check');
let stale = 0;
for (const { path, text } of derivedFiles()) {
  const file = join(packageRoot(), path);
  if (check) {
    if (readFileSync(file, 'utf8') === text) continue;
    process.stderr.write(`${path} is stale; run \`npm run generate\`\n`);
    stale += 1;
  } else {
    writeFileSync(file, text);
    process.stdout.write(`wrote ${path}\n`);
  }
}
process.exitCode = stale > 0 ? 1 : 0;
