/** Configuration as a user meets it: every option, its variable, its place in files, its origin. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import t from 'tap';
import type { EffectiveOption } from '../../config/effective.ts';
import { variableOf } from '../../config/environment.ts';
import { allocert } from '../e2e/command.ts';
import { temporaryDirectory } from '../reports/sample.ts';

const folder = temporaryDirectory();

async function effective(
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
  cwd = folder,
): Promise<readonly EffectiveOption[]> {
  const ran = await allocert(['config', 'print', '--json', ...words], { cwd, env });
  t.equal(ran.code, 0, ran.stderr);
  return JSON.parse(ran.stdout);
}

/** The flags that the help of a command shows. */
async function flagsOf(command: string): Promise<readonly string[]> {
  const { stdout } = await allocert([...command.split(' '), '--help'], { cwd: folder });
  const flags = [...stdout.matchAll(/^ +(?:-h, )?--([a-z-]+)/gm)].map(([, flag]) => flag ?? '');
  return flags.filter((flag) => !['help', 'version', 'config'].includes(flag)).sort();
}

t.test('every flag of every command is an option with a variable', async (t) => {
  const options = await effective([]);
  const commands = [...new Set(options.map(({ command }) => command))];
  t.ok(commands.includes('agent build') && commands.length > 10, commands.join(', '));
  const helps = await Promise.all(commands.map(flagsOf));
  for (const [index, command] of commands.entries()) {
    const known = options.filter((one) => one.command === command).map(({ option }) => option);
    const lacking = helps[index]?.filter((flag) => !known.includes(flag));
    t.strictSame(lacking, [], command);
  }
  const variables = options.map(({ command, option }) => [variableOf(option, command), '1']);
  const set = await effective([], Object.fromEntries(variables));
  t.strictSame(
    set.map(({ origin, place }) => ({ origin, place })),
    options.map(({ command, option }) => ({
      origin: 'environment',
      place: variableOf(option, command),
    })),
  );
});

t.test('flag before variable before file before default', async (t) => {
  const directory = temporaryDirectory();
  const config = { common: { profile: 'rfc' }, run: { only: ['LEN-05'], out: 'from-file' } };
  writeFileSync(join(directory, 'allocert.config.json'), JSON.stringify(config));
  const env = { ALLOCERT_OUT: 'from-variable', ALLOCERT_LIST: 'true' };
  const options = await effective(['run', '--list=false', '--only', 'ISO-01'], env, directory);
  const origins = options.map(({ option, value, origin, place }) => [option, value, origin, place]);
  const looked = ['target', 'profile', 'only', 'out'];
  t.strictSame(
    origins.filter(([option]) => looked.includes(String(option))),
    [
      ['target', null, 'default', ''],
      ['profile', 'rfc', 'file', 'allocert.config.json: /common/profile'],
      ['only', ['ISO-01'], 'flag', ''],
      ['out', 'from-variable', 'environment', 'ALLOCERT_OUT'],
    ],
  );
  t.match(options, [{ fallback: 'sim:' }]);
  t.ok(origins.some(([option, value]) => option === 'list' && value === false));
  const text = await allocert(['config', 'print', 'run'], { cwd: directory, env });
  t.match(text.stdout, /^run\n {2}target +sim: +default\n {2}profile +rfc +allocert\.config\.json/);
  const ran = await allocert(['run', 'sim:?defect=no-zeroing'], {
    cwd: directory,
    env: { ALLOCERT_RUN_ONLY: 'ISO-01' },
  });
  t.match(ran, { code: 1, stdout: /rfc +does not hold.*\(decides\)/ }, 'and a run goes by it');
  t.match(ran.stdout, /The report is in from-file\./);
});

t.test('settings never show their secrets', async (t) => {
  const env = { ALLOCERT_TARGET: './a.js?token=tok3n-of-ann' };
  const { stdout } = await allocert(['config', 'print', 'run'], { cwd: folder, env });
  t.match(stdout, './a.js?token=[redacted]');
  t.notMatch(stdout, 'tok3n-of-ann');
});

t.test('the schema is a schema, and says what the commands take', async (t) => {
  const { stdout } = await allocert(['config', 'schema'], { cwd: folder });
  const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(JSON.parse(stdout));
  t.ok(validate({ run: { reporter: ['tap=-'] }, agent: { build: { arch: 'i386' } } }));
  t.notOk(validate({ run: { reporters: [] } }));
});

t.test('what cannot be done is one sentence that names the setting', async (t) => {
  writeFileSync(join(folder, 'bad.json'), '{"run":{"profil":"x"}}');
  type Row = readonly [words: readonly string[], env: Record<string, string>, sentence: RegExp];
  const table: readonly Row[] = [
    [['run', '--config', 'bad.json'], {}, /bad\.json: \/run\/profil is unknown; did you mean prof/],
    [['run', '--config', 'none.json'], {}, /no configuration file none\.json; check --config/],
    [['run', '--config', 'a', '--config', 'b'], {}, /--config only once/],
    [['run'], { ALLOCERT_PROFILE: 'nope' }, /ALLOCERT_PROFILE: there is no profile "nope"/],
    [['run'], { ALLOCERT_REPORTER: 'xml=a' }, /ALLOCERT_REPORTER: there is no reporter "xml"/],
    [['run'], { ALLOCERT_TARGET: 'smi:' }, /ALLOCERT_TARGET: "smi:" is not a target/],
    [['fuzz'], { ALLOCERT_ROUNDS: '-1' }, /ALLOCERT_ROUNDS: --rounds cannot be "-1"/],
    [['agent', 'build'], { ALLOCERT_ARCH: 'mips' }, /ALLOCERT_ARCH: no agents .* "mips"/],
    [['config'], {}, /name what to do: config print or config schema/],
    [['config', 'print', 'rnu'], {}, /rnu has no options; name one of run, list/],
    [['config', 'print', 'run', '--nope'], {}, /allocert run: Unknown argument: nope/],
  ];
  const runs = await Promise.all(
    table.map(([words, env]) => allocert(words, { cwd: folder, env })),
  );
  for (const [index, [words, , sentence]] of table.entries()) {
    const { code, stderr, stdout } = runs[index] ?? {};
    t.equal(code, 2, words.join(' '));
    t.match(stderr, sentence);
    t.match(stderr, /^allocert: [^\n]+\n$/, 'one line, no stack');
    t.equal(stdout, '');
  }
});

t.test('a number in a file is not blamed for words that have its digits', async (t) => {
  const cwd = temporaryDirectory();
  writeFileSync(join(cwd, 'allocert.config.json'), '{"run":{"retries":2}}');
  const lines = [
    ['--shard', '4/2'],
    ['--baseline', 'nothere2.json'],
    ['--only', 'NOPE-02'],
  ];
  const runs = await Promise.all(lines.map((words) => allocert(['run', ...words], { cwd })));
  for (const [index, { code, stderr }] of runs.entries()) {
    t.equal(code, 2, String(lines[index]));
    t.notMatch(stderr, '/run/retries');
  }
});

t.test('every command says in its help how it ends', async (t) => {
  const options = await effective([]);
  const commands = [...new Set(options.map(({ command }) => command))];
  const more = ['doctor', 'config print', 'config schema', 'vm prepare', 'corpus list'];
  const all = [...new Set([...commands, ...more, 'corpus show'])];
  const helps = await Promise.all(
    all.map((command) => allocert([...command.split(' '), '--help'], { cwd: folder })),
  );
  for (const [index, { stdout }] of helps.entries())
    t.match(stdout, /Exit codes:/, String(all[index]));
  t.match(helps[all.indexOf('fuzz')]?.stdout, /exhaustion, flipping/, 'no mode is broken in two');
});
