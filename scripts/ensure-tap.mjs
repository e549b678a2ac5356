// tap builds its test class from the plugin list in .taprc; the run that triggers that build still
// uses the old list and fails once. So it is built beforehand, and only when something changed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

// Inside what was built: `npm ci` takes both away together.
const stamp = 'node_modules/@tapjs/test/test-built/built-for';
const key = createHash('sha256')
  .update(readFileSync('.taprc'))
  .update(readFileSync('package-lock.json'))
  .digest('hex');
const fresh = existsSync(stamp) && readFileSync(stamp, 'utf8') === key;
if (!fresh) {
  const built = spawnSync('tap', ['build'], { stdio: 'inherit', shell: true });
  if (built.status !== 0) process.exit(built.status ?? 1);
  writeFileSync(stamp, key);
}
