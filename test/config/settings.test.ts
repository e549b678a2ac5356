/** Where settings are found, what they are refused for, and which of two wins. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { CommandModule } from 'yargs';
import { variableOf } from '../../config/environment.ts';
import { findConfig } from '../../config/file.ts';
import { commandFacts } from '../../config/option.ts';
import { Settings, type Surroundings } from '../../config/settings.ts';
import { isTyped } from '../../config/typed.ts';
import { temporaryDirectory } from '../reports/sample.ts';

const fuzz: CommandModule = {
  command: 'fuzz [target]',
  builder: (argv) =>
    argv
      .positional('target', { type: 'string', describe: 'Target URL [default: sim:]' })
      .option('rounds', { type: 'string', requiresArg: true, describe: 'How many' })
      .option('resume', { type: 'boolean', default: false })
      .options({ only: { type: 'string', array: true }, ratio: { type: 'number' } })
      .option('format', { choices: ['tap', 'json'] })
      .epilogue('Exit codes'),
  handler: () => {},
};
const inner: CommandModule = {
  command: 'build <what>',
  builder: (argv) =>
    argv.positional('what', { demandOption: true }).option('arch', { type: 'string' }),
  handler: () => {},
};
const group: CommandModule = {
  command: 'agent',
  builder: (argv) => argv.command(inner).demandCommand(1),
  handler: () => {},
};
const commands = commandFacts([fuzz, group]);

/** Reads settings in an empty directory of its own, or in the one given. */
const read = (more: Partial<Surroundings>): Promise<Settings> =>
  Settings.read({
    commands,
    line: ['fuzz'],
    environment: {},
    directory: temporaryDirectory(),
    ...more,
  });

/** A directory with a configuration file. */
function directoryWith(text: string, name = 'allocert.config.json'): string {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, name), text);
  return directory;
}

t.test('every option of every command is found in its own definition', async (t) => {
  t.strictSame(
    commands.map(({ name, options }) => [name, options.map((one) => `${one.name}:${one.kind}`)]),
    [
      [
        'fuzz',
        ['target:text', 'rounds:text', 'resume:switch', 'only:list', 'ratio:number', 'format:text'],
      ],
      ['agent', []],
      ['agent build', ['arch:text']],
    ],
    'but not the positional that must be typed',
  );
});

t.test('the environment goes before the file, its narrower names before the wider', async (t) => {
  const directory = directoryWith(
    JSON.stringify({
      $schema: 'schema.json',
      common: { target: 'sim:common', rounds: 1, ratio: 1 },
      fuzz: { rounds: 2, only: ['A', 'B'], resume: true },
    }),
  );
  const environment = { ALLOCERT_TARGET: 'sim:wide', ALLOCERT_FUZZ_TARGET: 'sim:narrow' };
  const settings = await read({ directory, environment });
  t.strictSame(settings.values, {
    target: 'sim:narrow',
    rounds: '2',
    ratio: 1,
    only: ['A', 'B'],
    resume: true,
  });
  const place = (option: string) => settings.of(option)?.origin.place;
  t.equal(place('target'), 'ALLOCERT_FUZZ_TARGET');
  t.equal(place('rounds'), 'allocert.config.json: /fuzz/rounds'.replace(/^/, `${directory}/`));
  t.match(place('ratio'), /: \/common\/ratio$/);
});

t.test('variables are read as their options are', async (t) => {
  const values = async (environment: NodeJS.ProcessEnv) => (await read({ environment })).values;
  t.strictSame(await values({ ALLOCERT_ONLY: 'A  B', ALLOCERT_RESUME: 'Yes' }), {
    only: ['A', 'B'],
    resume: true,
  });
  t.strictSame(await values({ ALLOCERT_ONLY: 'a path\n\n other \n' }), {
    only: ['a path', 'other'],
  });
  t.strictSame(await values({ ALLOCERT_ROUNDS: '', ALLOCERT_RATIO: '0.5' }), { ratio: 0.5 });
  t.strictSame(await values({ ALLOCERT_RESUME: 'off', ALLOCERT_CACHE: 'x' }), { resume: false });
  t.equal(variableOf('memory-limit', 'agent build'), 'ALLOCERT_AGENT_BUILD_MEMORY_LIMIT');
});

t.test('what is wrong is a sentence that names the place', async (t) => {
  const variables: readonly (readonly [NodeJS.ProcessEnv, RegExp])[] = [
    [{ ALLOCERT_RESUME: 'maybe' }, /^ALLOCERT_RESUME: "maybe" is neither true nor false$/],
    [{ ALLOCERT_RATIO: 'x' }, /^ALLOCERT_RATIO: "x" is not a number$/],
    [{ ALLOCERT_RUONDS: '1' }, /^ALLOCERT_RUONDS sets nothing; did you mean ALLOCERT_ROUNDS\?$/],
    [{ ALLOCERT_CONFIG: 'nowhere.json' }, /^ALLOCERT_CONFIG: there is no .* nowhere\.json/],
  ];
  for (const [environment, message] of variables) {
    await t.rejects(read({ environment }), { blame: 'usage', message });
  }
  const files: readonly (readonly [text: string, message: RegExp, name?: string])[] = [
    ['[', /allocert\.config\.json is not JSON: /],
    ['[]', /allocert\.config\.json: the whole must be an object, not a list$/],
    ['{"fuz":{}}', /: \/fuz is unknown; did you mean fuzz\?$/],
    ['{"fuzz":{"round":1}}', /: \/fuzz\/round is unknown; did you mean rounds\?$/],
    ['{"fuzz":{"speed":1}}', /: \/fuzz\/speed is unknown; known are target, rounds, resume/],
    ['{"fuzz":{"rounds":true}}', /: \/fuzz\/rounds must be a text or a whole number, not true$/],
    ['{"fuzz":{"rounds":1.5}}', /: \/fuzz\/rounds must be a text or a whole number, not 1\.5$/],
    ['{"fuzz":{"rounds":18446744073709551615}}', /\/rounds is too large .* write it in quotes$/],
    ['{"fuzz":{"rounds":""}}', /: \/fuzz\/rounds is empty; give it a value or leave it out$/],
    ['{"fuzz":{"only":"A"}}', /: \/fuzz\/only must be a list of texts, not a text$/],
    ['{"fuzz":{"resume":"yes"}}', /: \/fuzz\/resume must be true or false, not a text$/],
    ['{"fuzz":{"format":"xml"}}', /: \/fuzz\/format must be one of tap, json$/],
    ['{"agent":{"build":{"arhc":"x"}}}', /: \/agent\/build\/arhc is unknown; did you mean arch\?$/],
    ['{"common":{"rounds":null}}', /: \/common\/rounds must be a text or a whole number, not null/],
    ['export const a = 1', /allocert\.config\.mjs has no default export/, 'allocert.config.mjs'],
    ['throw new Error("boo")', /\.mjs cannot be loaded: boo$/, 'allocert.config.mjs'],
  ];
  for (const [text, message, name] of files) {
    await t.rejects(read({ directory: directoryWith(text, name) }), { blame: 'usage', message });
  }
});

t.test('a module may export a promise; TypeScript needs a Node that reads it', async (t) => {
  const text = 'export default Promise.resolve({ fuzz: { rounds: 7 } });';
  const settings = await read({ directory: directoryWith(text, 'allocert.config.mjs') });
  t.strictSame(settings.values, { rounds: '7' });
  const typed = read({ directory: directoryWith(text, 'allocert.config.mts') });
  const reads = 'typescript' in process.features && Boolean(process.features.typescript);
  if (reads) t.strictSame((await typed).values, { rounds: '7' });
  else
    await t.rejects(typed, { message: /needs a Node that runs TypeScript .* \.mjs|mjs instead/ });
});

t.test('files are looked for up to the root of the repository, and nowhere else', async (t) => {
  const root = temporaryDirectory();
  const deep = join(root, 'a', 'b');
  mkdirSync(deep, { recursive: true });
  writeFileSync(join(root, 'allocert.config.json'), '{}');
  t.equal(findConfig(deep), undefined, 'without a repository only the directory itself');
  mkdirSync(join(root, '.git'));
  t.equal(findConfig(deep), join(root, 'allocert.config.json'));
  writeFileSync(join(root, 'a', 'allocert.config.mjs'), '');
  t.equal(findConfig(deep), join(root, 'a', 'allocert.config.mjs'), 'the nearest one');
  mkdirSync(join(root, 'a', '.git'));
  writeFileSync(join(root, 'a', 'allocert.config.js'), '');
  t.throws(() => findConfig(deep), {
    message: /allocert\.config\.js and allocert\.config\.mjs; keep/,
  });
  writeFileSync(join(deep, 'allocert.config.local.json'), '');
  t.throws(() => findConfig(deep), 'a file of another name is none');
});

t.test('--config names the file, --no-config wants none', async (t) => {
  const directory = directoryWith('{"fuzz":{"rounds":1}}');
  const other = join(directoryWith('{"fuzz":{"rounds":2}}', 'other.json'), 'other.json');
  const rounds = async (more: Partial<Surroundings>) =>
    (await read({ directory, ...more })).values.rounds;
  t.equal(await rounds({}), '1');
  t.equal(await rounds({ environment: { ALLOCERT_CONFIG: other } }), '2');
  t.equal(await rounds({ line: ['fuzz', '--config', other] }), '2');
  t.equal(await rounds({ line: ['--config', other, 'fuzz'] }), '2', 'also before the command');
  t.equal(await rounds({ line: ['fuzz', '--no-config'] }), undefined);
  await t.rejects(rounds({ line: ['fuzz', '--config', '/nowhere.yaml'] }), {
    message: /must end in one of|no configuration file/,
  });
});

t.test('settings give way to a flag that rules them out', async (t) => {
  const environment = { ALLOCERT_ROUNDS: '5', ALLOCERT_TARGET: 'sim:' };
  const settings = await read({ environment, line: ['fuzz', '--resume'] });
  t.strictSame(settings.values, { rounds: '5' }, 'a campaign that goes on has its target');
});

t.test('nothing is read for help, and for what is no command', async (t) => {
  const directory = directoryWith('[');
  for (const line of [['fuzz', '--help'], ['--version'], ['nope'], ['agent'], []]) {
    t.strictSame((await read({ directory, line })).values, {});
  }
});

t.test('a sentence names the setting that it speaks of, unless a flag was typed', async (t) => {
  const environment = { ALLOCERT_ROUNDS: 'many', ALLOCERT_TARGET: 'sim:?x=1' };
  const settings = await read({ environment });
  const explain = (sentence: string, ...line: string[]) => settings.explain(sentence, line);
  t.equal(explain('--rounds cannot be 0'), 'ALLOCERT_ROUNDS: --rounds cannot be 0');
  t.equal(explain('no "many" here'), 'ALLOCERT_ROUNDS: no "many" here');
  t.equal(explain('sim:?x=1 has no x'), 'ALLOCERT_TARGET: sim:?x=1 has no x');
  t.equal(explain('too many words'), 'too many words');
  t.equal(explain('--rounds-x is new'), '--rounds-x is new');
  t.equal(explain('--rounds cannot be 0', '--rounds=0'), '--rounds cannot be 0');
  t.ok(isTyped(['--memoryLimit', '1'], 'memory-limit') && isTyped(['--no-list'], 'list'));
  t.notOk(isTyped(['--', '--list'], 'list'));
});

t.test('a setting is not blamed for what only has its value in it', async (t) => {
  const environment = { ALLOCERT_ROUNDS: '2', ALLOCERT_TARGET: 'sim:', ALLOCERT_ONLY: 'parts/a' };
  const settings = await read({ environment });
  const explain = (sentence: string, ...line: string[]) => settings.explain(sentence, line);
  const sentences = [
    '--shard cannot be "4/2"; write it as 2/3',
    'nothere2.json cannot be read',
    'there is no requirement "NOPE-02"',
    'at most 2 of them',
    'more-parts/a and parts/ab are empty',
  ];
  for (const sentence of sentences) t.equal(explain(sentence), sentence);
  const typed = '"smi:" is not a target: did you mean sim:?';
  t.equal(explain(typed, 'fuzz', 'smi:'), typed, 'what was typed is at fault');
  t.equal(explain('a "2" is odd', '--shard=2'), 'a "2" is odd');
  t.equal(explain('a "2" is odd'), 'ALLOCERT_ROUNDS: a "2" is odd');
  t.equal(explain('--rounds is odd', 'fuzz'), 'ALLOCERT_ROUNDS: --rounds is odd');
  t.equal(explain('there is no parts/a.'), 'ALLOCERT_ONLY: there is no parts/a.');
});
