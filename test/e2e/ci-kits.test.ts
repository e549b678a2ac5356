/** The action and the example pipelines: their scripts run as GitHub and GitLab would run them. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { packageRoot } from '../../base/package-root.ts';
import { temporaryDirectory } from '../reports/sample.ts';
import { asUser } from './command.ts';

interface Step {
  readonly id?: string;
  readonly name?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly shell?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Action {
  readonly inputs: Readonly<Record<string, { readonly description: string; default?: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
}

const yamlOf = (path: string) => parse(readFileSync(join(packageRoot(), path), 'utf8'));
const action: Action = yamlOf('action.yml');
const stepNamed = (name: string): Step => {
  const step = action.runs.steps.find((one) => one.name === name);
  if (step === undefined) throw new Error(`the action has no step ${name}`);
  return step;
};

/** A folder with a program of that name on its PATH. */
function folderWith(program: string, text: string): { folder: string; path: string } {
  const folder = temporaryDirectory();
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, program), text);
  chmodSync(join(bin, program), 0o755);
  return { folder, path: `${bin}:${process.env.PATH}` };
}

/** What a step of the action came to, with the files that GitHub gives it. */
function runAction(name: string, inputs: Readonly<Record<string, string>>, cwd: string, path = '') {
  const step = stepNamed(name);
  const files = temporaryDirectory();
  const [summary, output] = [join(files, 'summary'), join(files, 'output')];
  for (const file of [summary, output]) writeFileSync(file, '');
  const filledIn = (text: string): string =>
    text.replace(/\$\{\{ inputs\.([a-z-]+) \}\}/g, (_, input) => {
      return inputs[input] ?? action.inputs[input]?.default ?? '';
    });
  const variables = Object.entries(step.env ?? {}).map(([key, text]) => [key, filledIn(text)]);
  const script = join(files, 'script.sh');
  writeFileSync(script, step.run ?? '');
  const ran = asUser(['bash', '--noprofile', '--norc', '-eo', 'pipefail', script], {
    cwd,
    env: {
      ...process.env,
      ...(path === '' ? {} : { PATH: path }),
      GITHUB_ACTION_PATH: packageRoot(),
      GITHUB_STEP_SUMMARY: summary,
      GITHUB_OUTPUT: output,
      RUNNER_TEMP: files,
      ...Object.fromEntries(variables),
    },
  });
  const read = (file: string): string => readFileSync(file, 'utf8');
  return { ...ran, summary: read(summary), output: read(output) };
}

t.test('the action uses each of its inputs, and only as variables', async (t) => {
  t.equal(action.runs.using, 'composite');
  const text = readFileSync(join(packageRoot(), 'action.yml'), 'utf8');
  const used = new Set([...text.matchAll(/inputs\.([a-z-]+)/g)].map(([, input]) => input));
  t.strictSame([...used].sort(), Object.keys(action.inputs).sort());
  for (const step of action.runs.steps) {
    t.ok(step.uses !== undefined || step.shell === 'bash', step.name ?? step.uses ?? '');
    t.notMatch(step.run ?? '', '${{', 'an input in a script could change it');
  }
  const upload = stepNamed('Keep the report');
  t.match(upload.if, 'always()', 'also of a run that failed');
  t.match(upload, {
    uses: /^actions\/upload-artifact@v\d+$/,
    with: { path: /^\$\{\{ steps\.allocert\.outputs\.report \}\}$/ },
  });
});

t.test('it installs what is at its own ref', async (t) => {
  const { folder, path } = folderWith('npm', '#!/bin/sh\necho "$PWD: npm $*"\n');
  const ran = runAction('Install allocert', {}, folder, path);
  t.match(ran.stdout, `${packageRoot()}: npm ci`);
});

t.test('the exit code passes through, with summary, annotations and outputs', async (t) => {
  const folder = temporaryDirectory();
  const inputs = { target: 'sim:?defect=no-zeroing', only: 'ISO-01', out: 'here' };
  const ran = runAction(
    'Run allocert',
    { ...inputs, reporter: 'tap=a.tap\nctrf=b c.json' },
    folder,
  );
  t.equal(ran.status, 1, ran.stderr);
  t.match(ran.stdout, /^::error title=fail%3A MUST ISO-01/m);
  t.match(ran.summary, /\| fail \| 2 \|/);
  t.equal(ran.output, 'report=here\nexit-code=1\n');
  for (const file of ['here/record.json', 'a.tap', 'b c.json']) {
    t.ok(existsSync(join(folder, file)), file);
  }
  const sound = runAction('Run allocert', { only: 'ISO-01' }, folder);
  t.match(sound, { status: 0, output: /^report=allocert-report\nexit-code=0\n$/ });
  const wrong = runAction('Run allocert', { profile: 'nope' }, folder);
  t.match(wrong, { status: 2, stderr: /ALLOCERT_PROFILE: there is no profile/, summary: '' });
});

t.test('the configuration file decides on what no input says', async (t) => {
  const folder = temporaryDirectory();
  const run = { only: ['ISO-01'], out: 'kept here', reporter: ['tap=of-file.tap'] };
  writeFileSync(join(folder, 'allocert.config.json'), JSON.stringify({ run }));
  const ran = runAction('Run allocert', { target: 'sim:?defect=no-zeroing' }, folder);
  t.equal(ran.status, 1, ran.stderr);
  t.equal(ran.output, 'report=kept here\nexit-code=1\n');
  t.ok(existsSync(join(folder, 'kept here', 'record.json')));
  t.ok(existsSync(join(folder, 'of-file.tap')), 'a reporter of the file is not replaced');
  t.match(ran.stdout, /^::error title=fail%3A MUST ISO-01/m);
  t.match(ran.summary, /\| fail \| 2 \|/);
  const late = runAction('Run allocert', { profile: 'nope' }, folder);
  t.match(late, { status: 2, summary: '' }, 'an earlier report is not shown again');
});

t.test('an input is no code', async (t) => {
  const folder = temporaryDirectory();
  const target = 'sim:"; touch pwned; echo "$(touch pwned)`touch pwned`';
  const ran = runAction(
    'Run allocert',
    { target, reporter: target, out: '$(touch pwned)' },
    folder,
  );
  t.equal(ran.status, 2, ran.stderr);
  t.notOk(existsSync(join(folder, 'pwned')));
});

t.test('the example for GitHub calls the action as it is', async (t) => {
  const { jobs } = yamlOf('examples/ci/github.yml');
  const folder = temporaryDirectory();
  const [, part] = jobs.parts.steps;
  const [, , verdict] = jobs.verdict.steps;
  for (const step of [part, verdict]) {
    const unknown = Object.keys(step.with).filter((input) => !(input in action.inputs));
    t.strictSame(unknown, []);
  }
  for (const number of jobs.parts.strategy.matrix.part) {
    const values = Object.entries<string>(part.with).map(([input, text]) => [
      input,
      text.replace(/\$\{\{ matrix\.part \}\}/, number),
    ]);
    const inputs = { ...Object.fromEntries(values), target: 'sim:?defect=no-zeroing' };
    const ran = runAction('Run allocert', { ...inputs, only: 'ISO-01,LEN-05' }, folder);
    t.not(ran.status, 2, ran.stderr);
    t.notMatch(ran.stdout, /^::error/m, 'a part knows of no waiver');
  }
  conformance(folder);
  const judged = runAction('Run allocert', verdict.with, folder);
  t.equal(judged.status, 1, judged.stderr);
  t.match(judged.summary, /ISO-01/);
  t.ok(existsSync(join(folder, 'kcidb.json')));
});

/** The files that a repository keeps for its gate: nothing is known yet, nothing is waived. */
function conformance(folder: string): void {
  mkdirSync(join(folder, 'conformance'), { recursive: true });
  const ran = runAction('Run allocert', { only: 'ISO-01,LEN-05', out: 'sound' }, folder);
  if (ran.status !== 0) throw new Error(ran.stderr);
  const record = readFileSync(join(folder, 'sound', 'record.json'), 'utf8');
  writeFileSync(join(folder, 'conformance', 'baseline.json'), record);
  const waivers = JSON.stringify({ version: 1, waivers: [] });
  writeFileSync(join(folder, 'conformance', 'waivers.json'), waivers);
}

t.test('the example for GitLab runs from parts to verdict', async (t) => {
  const pipeline = yamlOf('examples/ci/gitlab.yml');
  const program = JSON.stringify(join(packageRoot(), 'dist', 'bin', 'allocert.js'));
  const { folder, path } = folderWith('npx', `#!/bin/sh\nshift\nexec node ${program} "$@"\n`);
  conformance(folder);
  const run = (job: string, target: string, variables: Readonly<Record<string, string>>) =>
    asUser(['bash', '-eo', 'pipefail', '-c', pipeline[job].script.join('\n')], {
      cwd: folder,
      env: {
        ...process.env,
        PATH: path,
        ...pipeline.variables,
        ALLOCERT_TARGET: target,
        ...variables,
      },
    });
  const [matrix] = pipeline.parts.parallel.matrix;
  const judged = (target: string, words: string): number | null => {
    for (const ALLOCERT_SHARD of matrix.ALLOCERT_SHARD) {
      const part = run('parts', target, { ALLOCERT_SHARD, ALLOCERT_ONLY: words });
      t.equal(part.status, 0, 'findings are the next job’s');
    }
    return run('verdict', target, pipeline.verdict.variables).status;
  };
  t.equal(judged('sim:', 'ISO-01,LEN-05'), 0);
  t.equal(judged('sim:?defect=no-zeroing', 'ISO-01,LEN-05'), 1);
  t.match(readFileSync(join(folder, 'kcidb.json'), 'utf8'), '"origin": "my_lab"');
  const mistaken = run('parts', 'smi:', { ALLOCERT_SHARD: '1/3' });
  t.match(mistaken, { status: 2, stderr: /ALLOCERT_TARGET: "smi:" is not a target/ });
  t.equal(pipeline.verdict.artifacts.when, 'always', 'also of a verdict that fails');
  t.equal(pipeline.verdict.artifacts.reports.junit, 'junit.xml');
});
