/**
 * The executor inside a guest against a plain C loop on the same device, in turn, in one boot:
 * `npm run bench:guest -- [TARGET [ITERATIONS [ROUNDS]]]`; `vm:debian/dma_heap/system` when left
 * out. It ends with 1 when the median ratio is below {@link RATIO_MIN}.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { encodeProgram } from '../adapters/contract/codec/encode-program.ts';
import type { AbiName, Program } from '../adapters/contract/index.ts';
import { NameTable } from '../adapters/contract/names.ts';
import { runInGuest } from '../adapters/vm/run-program.ts';
import { parseVmTarget } from '../adapters/vm/target-url.ts';
import { packageRoot } from '../base/package-root.ts';
import { commandOf, fieldOf, requestBytes } from '../catalogue/abi-request.ts';
import { type Abi, abiNamed } from '../catalogue/catalogue.ts';
import { tellFigures } from './all/figures.ts';
import { medianOf } from './all/measure.ts';

const run = promisify(execFile);

/** What the executor must reach of the plain loop. */
const RATIO_MIN = 0.9;
/** Bytes of a buffer. */
const LENGTH = 16_384n;
/** Parts of the executor, without the agent around it. */
const FOLDERS = ['supervisor', 'client', 'operations'] as const;

const [url = 'vm:debian/dma_heap/system', iterations = '50000', rounds = '7'] =
  process.argv.slice(2);
const node = parseVmTarget(url).region;
const abiName: AbiName = node.startsWith('/dev/dma_heap/') ? 'dma-heap' : 'simple-allocator';

const folder = await mkdtemp(join(tmpdir(), 'allocert-bench-'));
try {
  await writeFile(join(folder, 'request.h'), header(abiNamed(abiName)));
  const program = join(folder, 'guest');
  await compileTo(program);
  report(await runInGuest(url, { path: program, args: [node, rounds] }));
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** The same request for both: as bytes for the plain loop, and inside of a Program. */
function header(abi: Abi): string {
  const bytes = requestBytes(abi, { length: LENGTH });
  const { offset, width, signed } = fieldOf(abi, 'descriptor');
  const buffer = { slot: 'buffer', offset, width, signed: signed === true };
  const program: Program = {
    threads: [
      {
        client: 'main',
        operations: [
          { op: 'open', file: 'region:0', flags: 2n, slot: 'device' },
          {
            op: 'repeat',
            times: BigInt(iterations),
            stop: 'failure',
            body: [
              {
                op: 'ioctl',
                slot: 'buffer',
                fd: { slot: 'device' },
                request: commandOf(abi),
                argument: { bytes },
              },
              { op: 'close', fd: buffer },
            ],
          },
          { op: 'close', fd: { slot: 'device' } },
        ],
      },
    ],
    deadlineMs: 600_000,
  };
  const array = (name: string, values: Uint8Array): string =>
    `static const unsigned char ${name}[] = { ${[...values].join(', ')} };`;
  return [
    `#define ITERATIONS ${BigInt(iterations)}`,
    `#define COMMAND ${commandOf(abi)}ul`,
    `#define DESCRIPTOR_AT ${offset}`,
    array('request', bytes),
    array('program', encodeProgram(program, new NameTable())),
    '',
  ].join('\n');
}

async function compileTo(program: string): Promise<void> {
  const executor = join(packageRoot(), 'adapters', 'executor');
  const files = [join(packageRoot(), 'bench', 'guest.c')];
  for (const part of FOLDERS) {
    const names = await readdir(join(executor, part));
    files.push(...names.filter((name) => name.endsWith('.c')).map((n) => join(executor, part, n)));
  }
  const include = [`-I${join(executor, 'include')}`, `-I${folder}`];
  await run('cc', [
    '-static',
    '-std=gnu11',
    '-O2',
    '-pthread',
    ...include,
    '-o',
    program,
    ...files,
  ]);
}

function report({ output }: { readonly output: readonly string[] }): void {
  const measured = output
    .map((line) => /^round (\d+) (\d+) (\d+)$/.exec(line)?.slice(1).map(Number))
    .filter((times) => times !== undefined);
  if (measured.length !== Number(rounds)) {
    throw new Error(`the guest measured nothing:\n${output.join('\n')}`);
  }
  const ratios = measured.map(([before = 0, own = 1, after = 0]) => (before + after) / 2 / own);
  const plain = measured.map(([before = 0, , after = 0]) => (before + after) / 2);
  const middle = medianOf(ratios);
  const verdict = middle >= RATIO_MIN ? 'reached' : 'MISSED';
  const perSecond = (Number(iterations) * 1e9) / medianOf(plain);
  console.log(`${url}: ${iterations} buffers of ${LENGTH} bytes, allocated and closed`);
  console.log(`a plain loop makes ${perSecond.toFixed(0)} of them a second`);
  console.log(
    `the executor against it: ${middle.toFixed(2)}, median of ${rounds} rounds from ` +
      `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}; ` +
      `at least ${RATIO_MIN}: ${verdict}`,
  );
  tellFigures({ executor: middle });
  if (verdict === 'MISSED') process.exitCode = 1;
}
