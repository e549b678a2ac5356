/** Adapters, libraries and configuration modules that end the process, hang or throw late. */

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageRoot } from '../../base/package-root.ts';

/** Files of a folder in which a command runs, and what it runs on. */
export interface Scenario {
  readonly files: Readonly<Record<string, string>>;
  readonly target: string;
  /** Sources beside the example library's, or all of a library. */
  readonly library?: 'example' | 'bare';
}

const simulator = JSON.stringify(
  pathToFileURL(join(packageRoot(), 'dist/adapters/simulator/adapter.js')).href,
);

/** Where an adapter does something; JavaScript. */
export interface Trouble {
  readonly loaded?: string;
  readonly open?: string;
  /** At the first Program of the second case. */
  readonly run?: string;
  readonly sessionClose?: string;
  readonly close?: string;
}

/** A simulator that does something more. */
export const troubledAdapter = (trouble: Trouble): string => `
  import { openSimulator } from ${simulator};
  const never = () => new Promise(() => {});
  const busy = () => { setInterval(() => {}, 1000); return never(); };
  const heard = () => new Promise((resolve) => {
    const timer = setInterval(() => {}, 1000);
    process.once('SIGINT', () => { clearInterval(timer); resolve(); });
  });
  const block = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  ${trouble.loaded ?? ''}
  export default () => {
    const adapter = openSimulator('sim:');
    let cases = 0;
    let acted = false;
    return {
      url: 'test:',
      close: async () => { ${trouble.close ?? ''}; return adapter.close(); },
      open: async () => {
        ${trouble.open ?? ''}
        const session = await adapter.open();
        return {
          facts: session.facts,
          begin: async (id) => { cases += 1; return session.begin(id); },
          close: async () => { ${trouble.sessionClose ?? ''}; return session.close(); },
          run: async (program) => {
            if (cases === 2 && !acted) { acted = true; ${trouble.run ?? ''} }
            return session.run(program);
          },
        };
      },
    };
  };`;

const adapter = (trouble: Trouble, files: Scenario['files'] = {}): Scenario => ({
  target: './code.mjs',
  files: { 'code.mjs': troubledAdapter(trouble), ...files },
});

const LATE = "setTimeout(() => { throw new Error('too late') });";
const ENDS_LATE = 'setTimeout(() => process.exit(0));';

/** C code that `process.dlopen` runs. */
const DLOPEN = "process.dlopen({ exports: {} }, process.cwd() + '/code.so');";

const bare = (act: string): string => `
  #include <stdlib.h>
  #include <unistd.h>
  __attribute__((constructor)) static void begin(void) { ${act} }`;

/** A thread that acts once the journal has a case; only in the process that loads first. */
const during = (act: string): string => `
  #include <fcntl.h>
  #include <pthread.h>
  #include <sched.h>
  #include <stdlib.h>
  #include <string.h>
  #include <unistd.h>
  static char text[1 << 22];
  static void *wait_and_act(void *nothing) {
    (void)nothing;
    for (;;) {
      int fd = open("report/journal.ndjson", O_RDONLY);
      ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
      if (fd >= 0) close(fd);
      text[length < 0 ? 0 : length] = 0;
      char *line = strstr(text, "\\"case-end\\"");
      if (line != NULL && strchr(line, 10) != NULL) { ${act} }
      usleep(1000);
    }
  }
  __attribute__((constructor)) static void begin(void) {
    pthread_t thread;
    if (open("loaded", O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600) < 0) return;
    pthread_create(&thread, NULL, wait_and_act, NULL);
  }`;

const library = (code: string, kind: 'example' | 'bare'): Scenario => ({
  target: 'native:./code.so?mode=in-process',
  files: { 'code.c': code },
  library: kind,
});

/** A configuration module, beside an adapter whose second case calls `globalThis.late`. */
const configuration = (text: string, run = ''): Scenario => ({
  ...adapter(run === '' ? {} : { run }),
  ...(run === '' ? { target: 'sim:' } : {}),
  files: {
    'allocert.config.mjs': text,
    ...(run === '' ? {} : { 'code.mjs': troubledAdapter({ run }) }),
  },
});

const SET_LATE = (act: string): string =>
  `globalThis.late = () => setTimeout(() => { ${act} }); export default {};`;
const CALL_LATE = 'globalThis.late(); await never();';

/** By the first two columns of the table in docs/code-of-others.md. */
export const ENDS: Readonly<Record<string, Scenario>> = {
  'adapter | calls `process.exit(0)` as it is loaded': adapter({ loaded: 'process.exit(0);' }),
  'adapter | calls `process.exit(0)` in `run`': adapter({ run: 'process.exit(0);' }),
  'adapter | calls `process.exit(0)` in a timer': adapter({ run: `${ENDS_LATE} await never();` }),
  'adapter | loads C code that calls `_exit(0)` in `run`': {
    ...adapter({ run: DLOPEN }, { 'code.c': bare('_exit(0);') }),
    library: 'bare',
  },
  'adapter | never settles in `open`': adapter({ open: 'await never();' }),
  'adapter | never settles in `run`': adapter({ run: 'await never();' }),
  'adapter | hangs in `open`, with a timer': adapter({ open: 'await busy();' }),
  'adapter | hangs in `run`, with a timer': adapter({ run: 'await busy();' }),
  'adapter | hangs in `close` of a session, with a timer': adapter({
    sessionClose: 'await busy();',
  }),
  'adapter | hangs in `close` after the last case, with a timer': adapter({
    close: 'await busy();',
  }),
  'adapter | blocks its thread forever in `run`': adapter({ run: 'block();' }),
  'adapter | throws late, in a timer': adapter({ run: `${LATE} await never();` }),
  'library in process | calls `exit(0)` as it is loaded': library(bare('exit(0);'), 'bare'),
  'library in process | calls `_exit(0)` as it is loaded': library(bare('_exit(0);'), 'bare'),
  'library in process | calls `abort` as it is loaded': library(bare('abort();'), 'bare'),
  'library in process | hangs as it is loaded': library(bare('for (;;) pause();'), 'bare'),
  'library in process | calls `exit(0)` during a run': library(during('exit(0);'), 'example'),
  'library in process | calls `_exit(0)` during a run': library(during('_exit(0);'), 'example'),
  'library in process | calls `abort` during a run': library(during('abort();'), 'example'),
  'configuration module | calls `process.exit(0)` as it is loaded': configuration(
    'process.exit(0); export default {};',
  ),
  'configuration module | calls `process.exit(0)` in a timer, during a run': configuration(
    SET_LATE('process.exit(0);'),
    CALL_LATE,
  ),
  'configuration module | never settles': configuration('await new Promise(() => {});'),
  'configuration module | hangs, with a timer': configuration(
    'setInterval(() => {}, 1000); await new Promise(() => {});',
  ),
  'configuration module | blocks its thread forever': configuration(
    'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);',
  ),
  'configuration module | throws late, as it is loaded': configuration(
    `${LATE} await new Promise(() => {});`,
  ),
  'configuration module | throws late, during a run': configuration(
    SET_LATE("throw new Error('too late');"),
    CALL_LATE,
  ),
};
