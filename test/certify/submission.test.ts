/** The workflow for submissions verifies what a pull request adds, by the policy of its base. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { packageRoot } from '../../base/package-root.ts';
import { folderOf, newSigner } from './sample.ts';

const WORKFLOW = join(packageRoot(), 'examples', 'certification', 'verify.yml');

t.test('a package that is none is refused in the summary', async (t) => {
  const folder = folderOf(t);
  const [repository, bin] = [join(folder, 'repository'), join(folder, 'bin')];
  const temporary = join(folder, 'temporary');
  for (const one of [repository, bin, temporary, join(repository, 'certificates', 'acme')]) {
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
  writeFileSync(join(repository, 'certificates', 'acme', 'other.tar.gz'), 'not asked for');
  const ran = join(folder, 'ran');
  const configuration = `import { writeFileSync } from 'node:fs'; writeFileSync('${ran}', '');`;
  writeFileSync(join(repository, 'allocert.config.mjs'), `${configuration} export default {};`);
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
      RUNNER_TEMP: temporary,
      GITHUB_WORKSPACE: repository,
      GITHUB_STEP_SUMMARY: summary,
    },
  });
  t.equal(status, 3, stderr);
  const told = readFileSync(summary, 'utf8');
  t.match(told, /heap.tar.gz is refused for 1 reason.*not-gzip/s);
  t.match(told, /other\.tar\.gz: the branch has no challenge for it/);
  // Also where the verifier stands in the checkout.
  const word = ['verify', 'certificates/acme/heap.tar.gz'];
  const inside = spawnSync(process.execPath, [cli, ...word], { cwd: repository, encoding: 'utf8' });
  t.equal(inside.status, 3, inside.stderr);
  t.notOk(existsSync(ran), 'no module of the submission runs');
});
