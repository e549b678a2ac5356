// Fuzzes what the agent reads from a peer with libFuzzer, for a minute or for the seconds given:
// `npm run fuzz:agent -- 600`. Anything found is left in the current folder and fails.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const seconds = process.argv[2] ?? '60';
const clang = ['clang', 'clang-19', 'clang-16', 'clang-14'].find(
  (name) => spawnSync(name, ['--version']).status === 0,
);
if (clang === undefined) {
  console.error('there is no clang; on Debian install clang-14 and libclang-rt-14-dev');
  process.exit(3);
}
const executor = [
  ...['shared', 'program', 'history', 'patience', 'vendor'].map((name) => `supervisor/${name}`),
  ...['operand', 'repeat'].map((name) => `client/${name}`),
  ...['session', 'frames', 'facts', 'instruments', 'log'].map((name) => `agent/${name}`),
];
const sources = [
  'test/adapters/executor/agent-session.c',
  ...executor.map((name) => `adapters/executor/${name}.c`),
];
const folder = mkdtempSync(join(tmpdir(), 'allocert-fuzz-'));
const fuzzer = join(folder, 'fuzzer');
const seeds = join(folder, 'seeds');
mkdirSync(seeds);
// A begin and a sound Program after a hello, from which mutations go deep at once.
const program = readFileSync('test/golden/program.bin');
const begin = [2, 0, 0, 0, 3, 0, 0, 0, 0x78, 0x78];
const head = Buffer.alloc(8);
head.writeUInt32LE(program.length, 0);
head.writeUInt16LE(5, 4);
const whole = Buffer.concat([Buffer.from([1, ...begin]), head, program]);
writeFileSync(join(seeds, 'program'), Buffer.concat([whole, head, program]));

const flags = ['-std=gnu11', '-g', '-O1', '-fsanitize=fuzzer,address,undefined'];
const built = run(clang, [...flags, '-fno-sanitize-recover=all', '-o', fuzzer, ...sources]);
const limits = [
  `-max_total_time=${seconds}`,
  '-max_len=65536',
  '-timeout=20',
  '-artifact_prefix=fuzz-',
];
const found = built && !run(fuzzer, [...limits, '-print_final_stats=1', seeds]);
rmSync(folder, { recursive: true, force: true });
process.exitCode = built && !found ? 0 : 1;

function run(command, words) {
  return spawnSync(command, words, { stdio: 'inherit' }).status === 0;
}
