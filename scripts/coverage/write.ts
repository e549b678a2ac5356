/** Writes `docs/coverage.md` after a change of cases or generators, and lists what it lacks. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../base/package-root.ts';
import { usageOfCases, usageOfGenerators } from './observe-usage.ts';
import { coveragePage } from './page.ts';

const { usage } = await usageOfCases();
const { needless, text, unexplained } = coveragePage({
  cases: usage,
  generators: await usageOfGenerators(),
});
writeFileSync(join(packageRoot(), 'docs/coverage.md'), text);
for (const cell of [...unexplained, ...needless]) process.stderr.write(`${cell}\n`);
process.exitCode = unexplained.length + needless.length > 0 ? 1 : 0;
