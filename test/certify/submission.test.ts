/** The workflow for submissions verifies what a pull request adds, by the policy of its base. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { packageRoot } from '../../base/package-root.ts';
import { folderOf, newSigner } from './sample.ts';

const WORKFLOW = join(packageRoot(), 'examples', 'certification', 'verify.yml');

t.test('a package that is none is refused in the summary', async (t) => {
  const folder = folderOf(t);
  const [repository, bin] = [join(folder, 'repository'), join(folder, 'bin')];
  for (const one of [repository, bin, join(repository, 'certificates', 'acme')]) {
    mkdirSync(one, { recursive: true });
  }
  // In the place of npx, the allocert that is tested.
  const cli = join(packageRoot(), 'build', 'bin', 'allocert.js');
  const npx = `#!/bin/sh\nshift 2\nexec ${process.execPath} ${cli} "$@"\n`;
  writeFileSync(join(bin, 'npx'), npx);
  chmodSync(join(bin, 'npx'), 0o755);
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args], {
      cwd: repository,
      encoding: 'utf8',
    }).trim();
  const key = newSigner('acme').trusted.key.export({ type: 'spki', format: 'pem' });
  const policy = { version: 1, strength: 'self', keys: [{ name: 'acme', role: 'vendor', key }] };
  git('init', '-q');
  writeFileSync(join(repository, 'policy.json'), JSON.stringify(policy));
  writeFileSync(join(repository, 'certificates', 'acme', 'heap.challenge'), 'abc\n');
  git('add', '-A');
  git('commit', '-qm', 'base');
  const base = git('rev-parse', 'HEAD');
  writeFileSync(join(repository, 'certificates', 'acme', 'heap.tar.gz'), 'no archive at all');
  git('add', '-A');
  git('commit', '-qm', 'submission');
  const { jobs } = parse(readFileSync(WORKFLOW, 'utf8'));
  const { run } = jobs.verify.steps.at(-1);
  const summary = join(folder, 'summary.md');
  const { status, stderr } = spawnSync('bash', ['-e', '-c', run], {
    cwd: repository,
    encoding: 'utf8',
    env: {
      ...process.env,
      PATH: `${bin}:${process.env.PATH}`,
      BASE: base,
      RUNNER_TEMP: folder,
      GITHUB_STEP_SUMMARY: summary,
    },
  });
  t.equal(status, 3, stderr);
  t.match(readFileSync(summary, 'utf8'), /heap.tar.gz is refused for 1 reason.*not-gzip/s);
});
