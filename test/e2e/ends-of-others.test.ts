/** Code of others that ends the process, never settles or throws late: 3, a sentence, a report. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { packageRoot } from '../../base/package-root.ts';
import { allocert } from './command.ts';

const simulator = JSON.stringify(
  pathToFileURL(join(packageRoot(), 'dist/adapters/simulator/adapter.js')).href,
);
const ONLY = ['--only', 'LIF-01,ISO-01,IOC-02'];

/** A simulator that does something at its sixtieth Program, and something more when closed. */
const adapterThat = (trouble: string, closing = ''): string => `
  import { openSimulator } from ${simulator};
  const never = () => new Promise(() => {});
  export default () => {
    const adapter = openSimulator('sim:');
    let programs = 0;
    return {
      url: 'test:',
      close: async () => { ${closing}; return adapter.close(); },
      open: async () => {
        const session = await adapter.open();
        return {
          facts: session.facts,
          begin: (id) => session.begin(id),
          close: () => session.close(),
          run: async (program) => {
            programs += 1;
            if (programs === 60) { ${trouble} }
            return session.run(program);
          },
        };
      },
    };
  };`;

const ENDING = /it called process\.\w+\(0?\), and code inside of allocert may not end allocert/;

const IN_A_RUN: Readonly<Record<string, readonly [trouble: string, sentence: RegExp]>> = {
  'process.exit in run': ['process.exit(0);', ENDING],
  'process.reallyExit in run': ['process.reallyExit(0);', ENDING],
  'process.exit in a timer': ['setTimeout(() => process.exit(0), 0); await never();', ENDING],
  'a promise that never settles': ['await never();', /a promise that never settles/],
  'an exception after all listeners were taken away': [
    "process.removeAllListeners(); setTimeout(() => { throw new Error('too late') }); await never();",
    /no caller waits for: too late/,
  ],
  'an exit code, then an exception in a timer': [
    "process.exitCode = 0; setTimeout(() => { throw new Error('too late') }); await never();",
    /no caller waits for: too late/,
  ],
};

for (const [what, [trouble, sentence]] of Object.entries(IN_A_RUN)) {
  t.test(`an adapter: ${what}`, async (t) => {
    const cwd = t.testdir({ 'adapter.mjs': adapterThat(trouble) });
    const ran = await allocert(['run', './adapter.mjs', ...ONLY, '--out', 'report'], { cwd });
    t.equal(ran.code, 3, ran.stdout + ran.stderr);
    t.match((ran.stderr + ran.stdout).replaceAll(/\s+/g, ' '), sentence);
    t.notMatch(ran.stderr, /\n {4}at /, 'no stack trace');
    const record = JSON.parse(readFileSync(join(cwd, 'report', 'record.json'), 'utf8'));
    t.match(record, { complete: false, exitCode: 3 });
    t.ok(record.cases.some(({ end }: { end: string }) => end === 'completed'));
  });
}

t.test('a failure stays one, whatever is said when the process ends', async (t) => {
  const closing = "process.exitCode = 0; process.on('exit', () => process.exit(0))";
  const cwd = t.testdir({ 'adapter.mjs': adapterThat('', closing) });
  const ran = await allocert(['run', './adapter.mjs', '--only', 'ABI-02', '--out', 'r'], { cwd });
  t.equal(ran.code, 3, 'no MUST passed');
});

t.test('an adapter that never closes leaves the verdict as it is', async (t) => {
  const cwd = t.testdir({ 'adapter.mjs': adapterThat('', 'await never()') });
  const ran = await allocert(['run', './adapter.mjs', '--only', 'LIF-01', '--out', 'r'], { cwd });
  t.equal(ran.code, 0, ran.stderr);
});

const ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  'adapter check': ['adapter', 'check', './adapter.mjs'],
  fuzz: ['fuzz', './adapter.mjs', '--rounds', '200', '--seed', '1', '--out', 'f'],
  canary: ['fuzz', './adapter.mjs', '--canary', '--rounds', '200', '--seed', '1'],
  compare: ['compare', './adapter.mjs', '--out', 'c'],
};
for (const [what, words] of Object.entries(ELSEWHERE)) {
  t.test(`${what}: an adapter that ends the process, or never settles`, async (t) => {
    for (const trouble of ['process.exit(0);', 'await never();']) {
      const cwd = t.testdir({ 'adapter.mjs': adapterThat(trouble) });
      const ran = await allocert(words, { cwd });
      t.ok(
        ran.code === 3 || (ran.code === 1 && what === 'adapter check'),
        `${trouble} ${ran.code}`,
      );
      t.not(ran.stderr + ran.stdout, '');
      t.notMatch(ran.stderr, /\n {4}at |a bug in allocert/);
    }
  });
}

const MODULES: Readonly<Record<string, readonly [text: string, code: number, sentence: RegExp]>> = {
  'that ends the process': ['process.exit(0); export default {};', 2, ENDING],
  'that never settles': ['await new Promise(() => {}); export default {};', 3, /never settles/],
  'that throws late': [
    "setTimeout(() => { throw new Error('too late') }); await new Promise(() => {});",
    3,
    /no caller waits for: too late/,
  ],
};
for (const [what, [text, code, sentence]] of Object.entries(MODULES)) {
  t.test(`a configuration module ${what}`, async (t) => {
    const cwd = t.testdir({ 'allocert.config.mjs': text });
    const ran = await allocert(['run', 'sim:', '--only', 'LIF-01'], { cwd });
    t.equal(ran.code, code);
    t.match(ran.stderr, sentence);
    t.notOk(existsSync(join(cwd, 'allocert-report')));
  });
}

const ENDS: Readonly<Record<string, string>> = {
  'exit(0)': 'exit(0);',
  '_exit(0)': '_exit(0);',
  'a NULL pointer': '*(volatile int *)0 = 0;',
};
for (const [what, text] of Object.entries(ENDS)) {
  t.test(`a library in process whose constructor comes to ${what}`, async (t) => {
    const cwd = t.testdir();
    writeFileSync(
      join(cwd, 'library.c'),
      `#include <stdlib.h>\n#include <unistd.h>\n` +
        `__attribute__((constructor)) static void begin(void) { ${text} }\n`,
    );
    execFileSync('cc', ['-shared', '-fPIC', '-o', 'library.so', 'library.c'], { cwd });
    const env = { ALLOCERT_CACHE: join(tmpdir(), 'allocert-test-cache') };
    const target = 'native:./library.so?mode=in-process';
    const ran = await allocert(['run', target, '--only', 'LIF-01'], { cwd, env });
    t.equal(ran.code, 3, ran.stdout);
    t.match(ran.stderr, /^allocert: the process ended .* without a verdict: code of the target/m);
  });
}

t.test('a command in a process of its own gives its verdict', async (t) => {
  const cwd = t.testdir();
  const ran = await allocert(['run', 'sim:', '--only', 'LIF-01', '--out', 'mode=in-process'], {
    cwd,
  });
  t.equal(ran.code, 0, ran.stderr);
});
