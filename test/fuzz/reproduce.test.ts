/**
 * Findings as C programs: they compile without a warning, and they see on an allocator of this
 * machine what the finding says, and nothing on a right one.
 */
import { execFile, execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { linux, type Operation, type Result } from '../../adapters/contract/index.ts';
import { packageRoot } from '../../adapters/contract/package-root.ts';
import { openSimulator } from '../../adapters/simulator/adapter.ts';
import { runCampaign } from '../../fuzz/campaign.ts';
import type { Finding } from '../../fuzz/finding.ts';
import { reproducerOf } from '../../fuzz/reproduce/index.ts';
import { abiNamed } from '../../suites/catalogue.ts';
import { commandOf, requestBytes } from '../../suites/request.ts';

const SEED = 1n;

async function findingsOf(defect: string, mode: string, rounds: number): Promise<Finding[]> {
  const findings: Finding[] = [];
  const adapter = openSimulator(`sim:?defect=${defect}`);
  await runCampaign({
    adapter,
    version: '0.1.0',
    seed: SEED,
    budget: { rounds, operations: undefined, milliseconds: undefined },
    modes: [mode],
    memoryLimit: 8n << 20n,
    shrinkBudget: 300,
    onFinding: (finding) => findings.push(finding),
  });
  await adapter.close();
  return findings;
}

const folder = t.testdir({});
const FLAGS = ['-std=gnu11', '-O1', '-Wall', '-Wextra', '-Werror', '-pthread'];

/** Compiles a text; what the compiler says otherwise is the error's message. */
function compiled(name: string, text: string): string {
  const file = join(folder, `${name}.c`);
  writeFileSync(file, text);
  execFileSync('cc', [...FLAGS, '-o', join(folder, name), file], { encoding: 'utf8' });
  return join(folder, name);
}

const fake = join(folder, 'fake-allocator.so');
execFileSync('cc', [
  ...['-std=gnu11', '-O1', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC', '-o', fake],
  join(packageRoot(), 'test/fuzz/fake-allocator.c'),
]);

interface Ran {
  readonly code: number;
  readonly stdout: string;
}

/** Runs a reproducer on an allocator that has a defect. */
function ran(program: string, defect: string, attempts: number): Promise<Ran> {
  const env = { ...process.env, LD_PRELOAD: fake, DEFECT: defect };
  return new Promise((resolve) => {
    execFile(program, ['/dev/null', `${attempts}`], { env }, (error, stdout) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout });
    });
  });
}

/** What the simulator does wrong, where that shows, and what the allocator here then does. */
const SEEN: readonly (readonly [
  defect: string,
  mode: string,
  rounds: number,
  requirement: string,
  fake: string,
  attempts: number,
])[] = [
  ['unknown-ioctl-einval', 'malformed', 30, 'IOC-02', 'errno', 1],
  ['no-zeroing', 'hammer', 20, 'ISO-01', 'residue', 1],
  ['overlapping-buffers', 'exhaustion', 10, 'CMA-03', 'shared', 1],
  ['overlapping-buffers', 'hammer', 60, 'FD-11', 'shared', 20],
  ['fd-leak-on-efault', 'malformed', 40, 'ERR-04', 'leak', 1],
  ['descriptor-not-lowest', 'malformed', 10, 'FD-01', 'high', 1],
];

/** Seen on the evidence of a kernel's defect only: races, leaks and complaints, of several clients. */
const WRITTEN: readonly (readonly [defect: string, mode: string, rounds: number])[] = [
  ['freed-while-mapped', 'hammer', 40],
  ['number-chosen-early', 'hammer', 20],
  ['message-holds-nothing', 'lifetime', 40],
  ['leak-when-killed', 'lifetime', 40],
  ['efault-takes-back', 'meddling', 61],
];

t.test('whatever is found compiles, ends, and accuses no allocator that is right', async (t) => {
  const seen = new Set<string>();
  for (const [defect, mode, rounds] of WRITTEN) {
    for (const [index, finding] of (await findingsOf(defect, mode, rounds)).entries()) {
      const { refusal, text } = reproducerOf(finding);
      t.equal(refusal, undefined, finding.signature);
      const program = compiled(`${defect}-${index}`, text ?? '');
      const { code, stdout } = await ran(program, 'none', 3);
      t.ok(code === 0 || code === 2, `${finding.signature}: ${stdout}`);
      seen.add(`${finding.oracle} ${finding.requirement}`);
    }
  }
  for (const wanted of ['exclusion CMA-03', 'accounting LIF-09', 'survival ERR-12']) {
    t.ok(seen.has(wanted), `${wanted} is among ${[...seen].join(', ')}`);
  }
});

for (const [defect, mode, rounds, requirement, wrong, attempts] of SEEN) {
  t.test(`${requirement} of ${defect} is seen where it is, and nowhere else`, async (t) => {
    const findings = await findingsOf(defect, mode, rounds);
    const finding = findings.find((one) => one.requirement === requirement);
    const signatures = findings.map(({ signature }) => signature).join(', ');
    if (finding === undefined) return t.fail(`only ${signatures} was found`);
    const { refusal, text } = reproducerOf(finding);
    t.equal(refusal, undefined);
    const program = compiled(`${requirement}-${defect}`, text ?? '');
    const bad = await ran(program, wrong, attempts);
    t.equal(bad.code, 1, bad.stdout);
    t.match(bad.stdout, /\^ here the promise is broken/);
    t.match(bad.stdout, /The promise was broken in [1-9]\d* of \d+ attempts/);
    const good = await ran(program, 'none', attempts);
    t.equal(good.code, 0, good.stdout);
    t.match(good.stdout, /The promise was broken in 0 of/);
    t.equal((await ran(program, 'none', 0)).code, 2, 'no attempt is no answer');
  });
}

t.test('a request that changes while it is read', async (t) => {
  const program = compiled('CON-04', reproducerOf(flippedFinding()).text ?? '');
  const bad = await ran(program, 'twice', 3000);
  t.equal(bad.code, 1, bad.stdout);
  t.equal((await ran(program, 'none', 300)).code, 0);
});

t.test('what no C program can say is refused in a sentence', async (t) => {
  const finding = flippedFinding();
  const repeat: Operation = { op: 'repeat', times: 2n, stop: 'never', body: [] };
  const threads = [{ client: 'main', operations: [repeat] }];
  const programs = [{ threads, deadlineMs: 1000 }];
  const said = reproducerOf({ ...finding, programs, histories: [] });
  t.equal(said.refusal, 'the operation repeat has no counterpart in a C program');
});

/** As a kernel that reads the length twice would give it: asked for 1 or 2 pages, got 3. */
function flippedFinding(): Finding {
  const abi = abiNamed('simple-allocator');
  const placement = { kind: 'flipped', offset: 8, width: 8, value: 8192n } as const;
  const bytes = requestBytes(abi, { length: 4096n });
  const argument = { bytes, placement };
  const fd = { slot: 'b', offset: 24, width: 4, signed: true } as const;
  const operations: Operation[] = [
    { op: 'open', slot: 'device', file: 'region:0', flags: linux.O_RDWR },
    { op: 'ioctl', slot: 'b', fd: { slot: 'device' }, request: commandOf(abi), argument },
    { op: 'lseek', fd, offset: 0n, whence: linux.SEEK_END },
  ];
  const out = requestBytes(abi, { length: 12_288n, descriptor: 4n });
  const results = [3n, 0n, 12_288n].map((value, index): Result => {
    const call = BigInt(10 * index);
    const returned = { outcome: 'returned', value, call, return: call + 5n } as const;
    return { ...returned, out: index === 1 ? out : new Uint8Array(0) };
  });
  return {
    version: 1,
    signature: 'snapshot CON-04: a length was read twice',
    ...{ oracle: 'snapshot', requirement: 'CON-04', kind: 'a length was read twice' },
    ...{ detail: 'of 4096 and 8192 came 12288 bytes', mode: 'flipping', target: 'sim:' },
    facts: someFacts(),
    profile: 'hardened',
    origin: { allocert: '0.1.0', seed: 1n, round: 0 },
    programs: [{ threads: [{ client: 'main', operations }], deadlineMs: 1000 }],
    histories: [{ threads: [results], deaths: [], log: [], deadlineHit: false }],
  };
}

const someFacts = (): Finding['facts'] => ({
  ...{ kind: 'sim', implementation: 'a test', architecture: 'x86_64', kernelLog: false },
  ...{ pageSize: 4096, pointerBytes: 8, capabilities: ['files'], details: {} },
  regions: [{ name: 'region:0', node: '/dev/cma0', abi: 'simple-allocator', bounded: true }],
});
