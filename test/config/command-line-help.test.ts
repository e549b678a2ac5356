/** What follows from the definitions of commands: completions, the manual page, refusals. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { CommandModule } from 'yargs';
import { COMPLETION_SCRIPTS } from '../../bin/shared/completion-scripts.ts';
import { completionsFor } from '../../config/completions.ts';
import { manPage } from '../../config/man-page.ts';
import { commandFacts } from '../../config/option.ts';
import { parseRefusal } from '../../config/parse-refusal.ts';

const run = {
  command: 'run [target]',
  describe: 'Run it',
  builder: (argv: unknown) =>
    (argv as { positional: (...given: unknown[]) => Record<string, (...all: unknown[]) => never> })
      .positional('target', { type: 'string', describe: '.A "target"' })
      .options?.({
        only: { type: 'string', array: true, describe: 'Ids' },
        profile: { type: 'string', describe: 'Profile' },
        list: { type: 'boolean', describe: 'List' },
      }),
};
const build = {
  command: 'build <kernel>',
  describe: 'Build',
  builder: (argv: unknown) =>
    (argv as { positional: (...given: unknown[]) => unknown }).positional('kernel', {
      choices: ['cma'],
      demandOption: true,
    }),
};
const vm = {
  command: 'vm',
  describe: 'Kernels',
  builder: (argv: unknown) => (argv as { command: (one: unknown) => unknown }).command(build),
};
const pages = commandFacts([run, vm] as unknown as readonly CommandModule[]);
const values = { target: () => ['sim:', 'vm:'], only: () => ['ISO-01', 'LEN-01'] };
const words = (...line: readonly string[]): string[] =>
  completionsFor(pages, line, values).map(({ word }) => word);

t.test('a shell is offered what can stand there', async (t) => {
  t.strictSame(words(''), ['run', 'vm']);
  t.strictSame(words('r'), ['run']);
  t.strictSame(words('vm', ''), ['build']);
  t.strictSame(words('vm', 'build', ''), ['cma']);
  t.strictSame(words('run', 's'), ['sim:']);
  t.strictSame(words('run', '--o'), ['--only']);
  t.strictSame(words('run', '--list', '--'), [
    ...['--only', '--profile', '--config', '--no-config', '--help'],
  ]);
  t.strictSame(words('run', '--only', 'I'), ['ISO-01']);
  t.strictSame(words('run', '--only', 'ISO-01', 'L'), ['LEN-01'], 'a list goes on');
  t.strictSame(words('run', '--only=I'), ['--only=ISO-01']);
  t.strictSame(words('run', '--list', 's'), ['sim:'], 'a switch takes no value');
  t.strictSame(words('run', '--profile', ''), [], 'the shell offers files');
  t.strictSame(words('nothing', ''), ['run', 'vm']);
});

t.test('the script of bash completes with what allocert answers', async (t) => {
  const lines = [
    // It answers as the program does, with what it was asked behind the blank.
    'allocert() { echo "$ANSWER $*"; echo "$*" >> "$ASKED"; }',
    COMPLETION_SCRIPTS.bash,
    'compopt() { :; }',
    'ask() { ANSWER=$2; COMP_LINE=$1; COMP_POINT=${#1}; _allocert; echo "${COMPREPLY[*]}"; }',
    'ask "allocert exp" explain',
    'ask "allocert run sim" sim:',
    'ask "allocert run replay:x" replay:xy',
    'ask "allocert run --profile=h" --profile=hardened',
    'ask "allocert run --only ISO-01/p" ISO-01/past',
    'ask "allocert run " sim:',
  ];
  const asked = join(t.testdir({}), 'asked');
  const env = { PATH: process.env.PATH ?? '', ASKED: asked };
  const bash = spawnSync('bash', ['-c', lines.join('\n')], { encoding: 'utf8', env });
  const answers = ['explain', 'sim:', 'xy', 'hardened', 'ISO-01/past', 'sim:'];
  t.strictSame(bash.stdout.trimEnd().split('\n'), answers, bash.stderr);
  const lastWords = readFileSync(asked, 'utf8').split('\n').slice(0, -1);
  t.strictSame(lastWords, [
    '--complete exp',
    '--complete run sim',
    '--complete run replay:x',
    '--complete run --profile=h',
    '--complete run --only ISO-01/p',
    '--complete run ',
  ]);
});

t.test('the manual page has every command and option, and no request by chance', async (t) => {
  const page = manPage(pages, '0.1.0');
  t.match(page, '.SS "allocert run [target]"');
  t.match(page, '.SS "allocert vm build <kernel>"');
  t.notMatch(page, '.SS "allocert vm"');
  t.match(page, '\\fB\\-\\-only\\fR \\fIONLY\\fR\nIds\n');
  t.match(page, '\n\\&.A \\(dqtarget\\(dq\n', 'text that begins with a dot');
});

t.test('a line that cannot be parsed is told what was meant', async (t) => {
  const refusal = (said: string, ...line: readonly string[]) => parseRefusal(said, line, pages);
  t.equal(
    refusal('Unknown argument: lst', 'run', '--lst'),
    'Unknown argument: lst; did you mean --list? (see allocert run --help)',
  );
  t.match(
    refusal('Unknown arguments: o, n, l, y', 'run', '-only', 'x'),
    /^-only is written with two strokes: did you mean --only\?/,
  );
  t.equal(
    refusal(
      'Invalid values:\n  Argument: kernel, Given: "cmx", Choices: "cma"',
      'vm',
      'build',
      'cmx',
    ),
    'kernel cannot be "cmx"; choose from cma; did you mean cma? (see allocert vm build --help)',
  );
  t.match(
    refusal('Not enough non-option arguments: got 0, need at least 1', 'vm', 'build'),
    'write allocert vm build <kernel>',
  );
  t.match(refusal('Did you mean run?', 'rnu'), 'there is no command rnu; did you mean run?');
});
