/** The project's own rule: text reaches a terminal in one place, which cleans it. */
import t from 'tap';
import { SOURCES, textOf } from './sources.ts';

/**
 * Who may write to standard output or standard error: the place that cleans text, what shows
 * progress by it, the process itself, and reports, which are in a format of their own.
 */
const WRITERS: readonly string[] = [
  'bin/allocert.ts',
  'bin/commands/adapter.ts',
  'bin/commands/config.ts',
  'bin/commands/list.ts',
  'bin/commands/verify.ts',
  'bin/shared/fuzz-view.ts',
  'bin/shared/progress.ts',
  'bin/shared/show-record.ts',
  'bin/shared/terminal.ts',
  'reports/reporters.ts',
];

const STREAM = /\bprocess\.std(?:out|err)\b|\bconsole\.(?:log|error|warn|info|debug)\(/;

t.test('only the terminal module writes to a terminal', async (t) => {
  const parts = /^(?:adapters|base|bin|catalogue|certify|config|fuzz|oracles|reports|suites|tap)\//;
  const writers = SOURCES.filter((file) => parts.test(file) && STREAM.test(textOf(file)));
  t.strictSame(writers, WRITERS, 'print with say, sayText, mention or complain');
});

t.test('who has a stream cleans what goes there', async (t) => {
  for (const file of ['bin/shared/fuzz-view.ts', 'bin/shared/progress.ts']) {
    for (const line of textOf(file).split('\n')) {
      if (line.includes('.write('))
        t.match(line, /outputLine\(|\(line\.slice|`\$\{line\}\\n`/, line);
    }
  }
  for (const file of WRITERS.filter((one) => one.startsWith('bin/commands/'))) {
    t.notMatch(textOf(file), /process\.std\w+\.write/, file);
  }
});
