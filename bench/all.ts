/**
 * The table of `docs/performance.md`: every bench in a process of its own, one after the other, and
 * each row with what was measured, its goal, and whether it holds. Ends 1 when a row is missed.
 *
 *     npm run bench:all -- [--guest] [--peers] [--only BENCH,…] [--markdown] [--out FILE]
 *         [--before FILE | --against FOLDER]
 *
 * `--guest` asks for what runs in virtual machines, `--peers` for what needs programs of others.
 * `--out` keeps the figures, and `--before` puts those of an earlier `--out` beside the new ones.
 * `--against` runs each bench of another checkout, which has been built, right before the same one
 * of this: so each pair of figures is from one run.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Figures, figuresIn, type Unmeasured } from './all/figures.ts';
import { BENCHES, type BenchName, type BenchProgram, GOALS } from './all/table.ts';
import { judgedRow, type Results, rowsAsMarkdown, rowsAsText } from './all/verdict.ts';

const { values } = parseArgs({
  options: {
    guest: { type: 'boolean', default: false },
    peers: { type: 'boolean', default: false },
    only: { type: 'string' },
    markdown: { type: 'boolean', default: false },
    out: { type: 'string' },
    before: { type: 'string' },
    against: { type: 'string' },
  },
});

/**
 * Runs a bench; what it prints for people goes to standard error.
 *
 * @param folder with the benches as programs
 */
function run({ file, args = [] }: BenchProgram, folder: string): Promise<Figures | Unmeasured> {
  const program = join(folder, `${file}.js`);
  if (!existsSync(program)) return Promise.resolve({ reason: `there is no ${program}` });
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    process.stderr.write(text);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      const told = figuresIn(output);
      resolve(told ?? { reason: `the bench ended with ${code} and told no figures` });
    });
  });
}

const only = values.only?.split(',');
const strange = only?.find((name) => !Object.hasOwn(BENCHES, name));
if (strange !== undefined) {
  const known = Object.keys(BENCHES).join(', ');
  process.stderr.write(`there is no bench ${strange}; choose from ${known}\n`);
  process.exit(2);
}
if (values.before !== undefined && values.against !== undefined) {
  process.stderr.write('--before and --against both say what stands beside the figures\n');
  process.exit(2);
}
type Told = Partial<Record<BenchName, Figures | Unmeasured>>;
const own = fileURLToPath(new URL('.', import.meta.url));
const results: Told = {};
const theirs: Told = {};
for (const [name, bench] of Object.entries(BENCHES) as [BenchName, BenchProgram][]) {
  if (only !== undefined && !only.includes(name)) continue;
  const { needs } = bench;
  if (needs !== undefined && !values[needs]) {
    results[name] = { reason: `--${needs} asks for it` };
    continue;
  }
  process.stderr.write(`\n${name}, at load ${loadavg()[0]?.toFixed(1)}\n`);
  if (values.against !== undefined) {
    theirs[name] = await run(bench, join(values.against, 'build', 'bench'));
  }
  results[name] = await run(bench, own);
}

const judged = (of: Results) => GOALS.map((row) => judgedRow(row, of));
const rows = judged(results);
function figuresBefore(): Results | undefined {
  if (values.against !== undefined) return theirs;
  if (values.before === undefined) return undefined;
  return JSON.parse(readFileSync(values.before, 'utf8')) as Results;
}

const earlier = figuresBefore();
const before = earlier === undefined ? undefined : judged(earlier);
process.stdout.write(values.markdown ? rowsAsMarkdown(rows, before) : rowsAsText(rows));
if (values.out !== undefined) {
  writeFileSync(values.out, `${JSON.stringify(results, undefined, 1)}\n`);
}
process.exitCode = rows.some(({ verdict }) => verdict === 'MISSED') ? 1 : 0;
