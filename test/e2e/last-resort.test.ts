/** Trouble of the harness: one sentence, exit code 3, a report of what was seen, no verdict. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { packageRoot } from '../../base/package-root.ts';
import { allocert } from './command.ts';

const simulator = JSON.stringify(
  pathToFileURL(join(packageRoot(), 'dist/adapters/simulator/adapter.js')).href,
);

/** An adapter that does something beside its sixtieth Program. */
const troubled = (trouble: string): string => `
  import { openSimulator } from ${simulator};
  const later = () => new Promise((resolve) => setTimeout(resolve, 20));
  export default () => {
    const adapter = openSimulator('sim:');
    let programs = 0;
    return {
      url: 'test:',
      close: () => adapter.close(),
      open: async () => {
        const session = await adapter.open();
        return {
          facts: session.facts,
          begin: (id) => session.begin(id),
          close: () => session.close(),
          run: async (program) => {
            programs += 1;
            if (programs === 60) { ${trouble}; await later(); }
            return session.run(program);
          },
        };
      },
    };
  };`;

const TROUBLES = {
  'a timer that throws': "setTimeout(() => { throw new Error('the timer') }, 1)",
  'a promise that is rejected late': "void Promise.reject(new Error('the promise'))",
  'a timer that throws again and again': "setInterval(() => { throw new Error('the timer') }, 1)",
};

for (const [what, trouble] of Object.entries(TROUBLES)) {
  t.test(what, async (t) => {
    const folder = t.testdir({ 'adapter.mjs': troubled(trouble) });
    const out = join(folder, 'report');
    const ran = await allocert(['run', join(folder, 'adapter.mjs'), '--out', out]);
    t.equal(ran.code, 3, ran.stdout + ran.stderr);
    t.match(
      ran.stderr,
      /^allocert: something failed that no caller waits for: the (timer|promise)/,
    );
    t.equal(ran.stderr.trim().split('\n').length, 1, 'one sentence');
    t.notMatch(ran.stderr, /\n {4}at /);
    const record = JSON.parse(readFileSync(join(out, 'record.json'), 'utf8'));
    t.match(record, { complete: false, exitCode: 3 });
    t.ok(
      record.cases.some(({ end }: { end: string }) => end === 'completed'),
      'what was seen',
    );
  });
}

t.test('too few files', async (t) => {
  const folder = t.testdir({});
  const program = join(packageRoot(), 'dist/bin/allocert.js');
  const script = join(folder, 'limited.sh');
  writeFileSync(script, 'ulimit -n "$1"; shift; exec env -u NODE_OPTIONS "$@"\n');
  for (const limit of [24, 64, 128]) {
    const out = join(folder, `report-${limit}`);
    const words = [program, 'run', 'sim:', '--only', 'IOC-01', '--out', out];
    const ran = spawnSync('sh', [script, String(limit), process.execPath, ...words], {
      encoding: 'utf8',
    });
    const served = ran.status === 0 && existsSync(join(out, 'record.json'));
    t.ok(ran.status === 3 || served, `${limit}: ${ran.status} ${ran.stderr}`);
    t.notMatch(ran.stderr, /\n {4}at /, 'no stack trace');
    if (ran.status === 3) t.match(ran.stderr, /ulimit -n/);
  }
});
