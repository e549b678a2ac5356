/**
 * The table of `docs/performance.md`: every bench in a process of its own, one after the other, and
 * each row with what was measured, its goal, and whether it holds. Ends 1 when a row is missed.
 *
 *     npm run bench:all -- [--guest] [--peers] [--only BENCH,…] [--markdown] [--out FILE]
 *         [--before FILE]
 *
 * `--guest` asks for what runs in virtual machines, `--peers` for what needs programs of others.
 * `--out` keeps the figures, and `--before` puts those of an earlier `--out` beside the new ones.
 */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
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
  },
});

/** Runs a bench; what it prints for people goes to standard error. */
function run({ file, args = [] }: BenchProgram): Promise<Figures | Unmeasured> {
  const program = fileURLToPath(new URL(`./${file}.js`, import.meta.url));
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
const results: Partial<Record<BenchName, Figures | Unmeasured>> = {};
for (const [name, bench] of Object.entries(BENCHES) as [BenchName, BenchProgram][]) {
  if (only !== undefined && !only.includes(name)) continue;
  const { needs } = bench;
  if (needs !== undefined && !values[needs]) {
    results[name] = { reason: `--${needs} asks for it` };
    continue;
  }
  process.stderr.write(`\n${name}, at load ${loadavg()[0]?.toFixed(1)}\n`);
  results[name] = await run(bench);
}

const judged = (of: Results) => GOALS.map((row) => judgedRow(row, of));
const rows = judged(results);
const before =
  values.before === undefined
    ? undefined
    : judged(JSON.parse(readFileSync(values.before, 'utf8')) as Results);
process.stdout.write(values.markdown ? rowsAsMarkdown(rows, before) : rowsAsText(rows));
if (values.out !== undefined) {
  writeFileSync(values.out, `${JSON.stringify(results, undefined, 1)}\n`);
}
process.exitCode = rows.some(({ verdict }) => verdict === 'MISSED') ? 1 : 0;
