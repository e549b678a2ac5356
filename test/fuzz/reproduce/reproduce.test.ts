/**
 * Findings as C programs: they compile without a warning, and they see on an allocator of this
 * machine what the finding says, and nothing on a right one.
 */
import { execFile, execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  linux,
  type Operation,
  type Placement,
  type Result,
} from '../../../adapters/contract/index.ts';
import { openSimulator } from '../../../adapters/simulator/adapter.ts';
import { packageRoot } from '../../../base/package-root.ts';
import { commandOf, requestBytes } from '../../../catalogue/abi-request.ts';
import { abiNamed } from '../../../catalogue/catalogue.ts';
import { runCampaign } from '../../../fuzz/campaign/campaign.ts';
import { readFinding } from '../../../fuzz/findings/read-finding.ts';
import { CampaignJournal } from '../../../fuzz/record/campaign-journal.ts';
import { type Finding, findingFile } from '../../../fuzz/record/finding.ts';
import { reproducerOf, withReproducer } from '../../../fuzz/reproduce/index.ts';

const SEED = 1n;
const SHARED = { protection: 3n, flags: linux.MAP_SHARED };
const WAIT: Operation = { op: 'wait', client: 'b' };

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
  join(packageRoot(), 'test/fuzz/reproduce/fake-allocator.c'),
]);

interface Ran {
  readonly code: number;
  readonly stdout: string;
}

/** Runs a reproducer on an allocator that has a defect. */
function ran(program: string, defect: string, attempts?: number): Promise<Ran> {
  const env = { ...process.env, LD_PRELOAD: fake, DEFECT: defect };
  return new Promise((resolve) => {
    const words = ['/dev/null', ...(attempts === undefined ? [] : [`${attempts}`])];
    execFile(program, words, { env }, (error, stdout) => {
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

t.test(
  'memory is lost where each block of attempts loses it, and not where it drifts',
  async (t) => {
    const findings = await findingsOf('leak-at-munmap', 'hammer', 30);
    const finding = findings.find(({ requirement }) => requirement === 'LIF-09');
    if (finding === undefined) return t.fail('no memory was lost');
    const program = compiled('accounting', reproducerOf(finding).text ?? '');
    for (const [memory, code, sentence, attempts] of [
      ['loses', 1, /The promise was broken/],
      ['steady', 0, /The promise was kept/],
      ['drifts', 2, /Only 1 of 3 blocks of attempts show it/],
      ['loses', 2, /Fewer than \d+ attempts do not rule noise out/, 3],
    ] as const) {
      const end = await ran(program, memory, attempts);
      t.equal(end.code, code, `${memory}: ${end.stdout}`);
      t.match(end.stdout, sentence);
    }
  },
);

t.test('a request that changes while it is read', async (t) => {
  const program = compiled('CON-04', reproducerOf(flippedFinding()).text ?? '');
  const bad = await ran(program, 'twice', 20);
  t.equal(bad.code, 1, bad.stdout);
  t.equal((await ran(program, 'none', 20)).code, 0);
});

t.test('what no C program can say is refused in a sentence', async (t) => {
  const finding = flippedFinding();
  const repeat: Operation = { op: 'repeat', times: 2n, stop: 'never', body: [] };
  const threads = [{ client: 'main', operations: [repeat] }];
  const programs = [{ threads, deadlineMs: 1000 }];
  const said = reproducerOf({ ...finding, programs, histories: [] });
  t.equal(said.refusal, 'the operation repeat has no counterpart in a C program');
});

t.test('a program is written beside a finding about a kernel', async (t) => {
  const about = (facts: Partial<Finding['facts']>): Finding => ({
    ...flippedFinding(),
    facts: { ...someFacts(), ...facts },
  });
  const kernel = { release: '6.12.1', version: '#1' };
  const out = join(t.testdir({}), 'campaign');
  const journal = new CampaignJournal(out, false);
  const found = about({ kind: 'vm', implementation: 'Linux 6.12.1', kernel });
  const name = findingFile(found.signature, 'json');
  const { finding, text: program } = withReproducer(found, findingFile(found.signature, 'c'));
  journal.finding(finding, name, program);
  journal.close();
  const written = readFinding(join(out, name));
  t.equal(written.reproducer, name.replace('.json', '.c'));
  const text = readFileSync(join(out, written.reproducer ?? ''), 'utf8');
  t.equal(text, reproducerOf(written).text);
  t.match(text, /Found by allocert on sim:, which is Linux 6\.12\.1 on x86_64/);
  const library = withReproducer(about({ kind: 'native', implementation: 'vendor', kernel }), 'x');
  t.equal(library.text, undefined);
  t.match(library.finding.noReproducer, /on no kernel of which a program could open the device/);
  const simulated = withReproducer(flippedFinding(), 'x');
  t.strictSame(simulated, { finding: flippedFinding(), text: undefined });
});

t.test('every operation that campaigns use has its counterpart, and runs', async (t) => {
  const { refusal, text } = reproducerOf(everythingFinding());
  t.equal(refusal, undefined);
  const program = compiled('everything', text ?? '');
  const { code, stdout } = await ran(program, 'none', 2);
  t.equal(code, 0, stdout);
  t.match(stdout, /The machine has survived 2 attempts/);
  t.notMatch(stdout, /ended by signal/);
  for (const call of ['execl(', 'end(', 'receive_descriptor(', 'await_end(', 'mremap(']) {
    t.match(stdout, call, `${call} was made`);
  }
});

/** A target that died under all sorts of operations, by clients and threads that go on at once. */
function everythingFinding(): Finding {
  const abi = abiNamed('simple-allocator');
  const fd = { slot: 'device' };
  const of = (slot: string) => ({ slot, offset: 24, width: 4, signed: true }) as const;
  const end = (offset: number) => ({ slot: 'pair', offset, width: 4, signed: true }) as const;
  const ask = (slot: string, placement?: Placement): Operation => {
    const bytes = requestBytes(abi, { length: 4096n });
    const argument = placement === undefined ? { bytes } : { bytes, placement };
    return { op: 'ioctl', slot, fd, request: commandOf(abi), argument };
  };
  const [length, address, zero] = [4096n, { slot: 'map' }, Uint8Array.of(0)];
  const mapping: Operation = { op: 'mmap', slot: 'map', length, ...SHARED, fd: of('one') };
  const memory: Operation[] = [
    ...[ask('one'), mapping],
    { op: 'store', address, length, bytes: new TextEncoder().encode('"?\\%') },
    ...[
      { op: 'scan', address, length, bytes: zero } as const,
      { op: 'load', address, length } as const,
    ],
    { op: 'frames', address, length },
    { op: 'mprotect', address, length, protection: linux.PROT_READ },
    { op: 'mremap', slot: 'moved', address, oldLength: length, newLength: 8192n, flags: 1n },
    { op: 'munmap', address: { slot: 'moved' }, length: 8192n },
    { op: 'scan', address: { slot: 'moved' }, length, bytes: zero },
    { op: 'barrier', parties: 2n },
  ];
  const numbers: Operation[] = [
    ...[ask('two'), { op: 'dup', slot: 'copy', fd: of('two') } as const],
    { op: 'dup2', fd: { slot: 'copy' }, to: 70n },
    { op: 'dup3', fd: { slot: 'copy' }, to: 71n, flags: linux.O_CLOEXEC },
    { op: 'fcntl', fd: 70n, command: linux.F_GETFD },
    { op: 'lseek', fd: of('two'), offset: 0n, whence: linux.SEEK_END },
    { op: 'ftruncate', fd: of('two'), length: 0n },
    ...[70n, 71n].map((number): Operation => ({ op: 'close', fd: number })),
  ];
  const placements: Placement[] = [
    ...(['null', 'unmapped', 'kernel'] as const).map((kind) => ({ kind })),
    ...(['none', 'read-only', 'write-only'] as const).map(
      (protection) => ({ kind: 'page', protection }) as const,
    ),
    { kind: 'page-end', distance: -8, neighbour: 'unmapped' },
    { kind: 'page-end', distance: 0, neighbour: 'none' },
    { kind: 'unaligned', by: 3 },
    { kind: 'flipped', offset: 8, width: 8, value: 8192n },
  ];
  const sockets: Operation[] = [
    { op: 'socketpair', slot: 'pair' },
    { op: 'sendfd', fd: end(0), passed: of('one') },
    { op: 'recvfd', slot: 'received', fd: end(4) },
    ...[{ op: 'close', fd: { slot: 'received' } } as const, { op: 'exit', status: 0n } as const],
  ];
  const fork = (client: string): Operation => ({ op: 'fork', client });
  const main = (...operations: Operation[]) => [{ client: 'main', operations }];
  const acts = [
    main(
      { op: 'open', slot: 'device', file: 'region:0', flags: linux.O_RDWR },
      fork('a'),
      fork('b'),
    ),
    [
      ...[memory, numbers].map((operations) => ({ client: 'a', operations })),
      { client: 'b', operations: placements.map((one, index) => ask(`p${index}`, one)) },
    ],
    [
      { client: 'a', operations: sockets },
      { client: 'b', operations: [{ op: 'exec' } as const] },
    ],
    main({ op: 'wait', client: 'a' }, { op: 'kill', client: 'b', signal: linux.SIGKILL }, WAIT),
  ];
  return {
    ...flippedFinding(),
    ...{ oracle: 'target', requirement: 'ERR-12', kind: 'the target died', detail: 'gone' },
    signature: 'target ERR-12: the target died',
    programs: acts.map((threads) => ({ threads, deadlineMs: 1000 })),
    histories: [],
  };
}

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

function someFacts(): Finding['facts'] {
  return {
    ...{ kind: 'sim', implementation: 'a test', architecture: 'x86_64', kernelLog: false },
    ...{ pageSize: 4096, pointerBytes: 8, capabilities: ['files'], details: {} },
    regions: [{ name: 'region:0', node: '/dev/cma0', abi: 'simple-allocator', bounded: true }],
  };
}
