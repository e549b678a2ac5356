// Counts test points of tap's own output, so that the closing line says what really ran. A run
// without a single test fails.
import { readFileSync } from 'node:fs';
import { Parser } from 'tap-parser';

const [file, option] = process.argv.slice(2);
const text = readFileSync(file ?? '', 'utf8');
const start = text.indexOf('TAP version 14');
let passed = 0;
let failed = 0;
let skipped = 0;

const parser = new Parser();
count(parser);
parser.end(start < 0 ? '' : text.slice(start));

/** Counts assertions at every depth, leaving out the points that only sum up a subtest. */
function count(level) {
  level.on('child', count);
  level.on('assert', (point) => {
    if (point.skip || point.todo) skipped += 1;
    else if (point.closingTestPoint && point.ok) return;
    else if (point.ok) passed += 1;
    else if (!point.closingTestPoint) failed += 1;
    else failed += point.diag?.exitCode || point.diag?.signal ? 1 : 0;
  });
}

if (option === '--counts') {
  const more = skipped > 0 ? `, ${skipped} skipped` : '';
  console.log(`${passed} passed, ${failed} failed${more}`);
} else {
  process.exitCode = passed > 0 && failed === 0 ? 0 : 1;
}
