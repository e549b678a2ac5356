/**
 * C programs of findings in which allocations of the kernel fail, and of closes that meet a call of
 * another thread. They compile without a warning. With a stand-in for the kernel's fault injection
 * those of the first kind show what was found, and nothing where there is nothing.
 */
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { linux, type Operation, type Result } from '../../../adapters/contract/index.ts';
import { packageRoot } from '../../../base/package-root.ts';
import { commandOf, requestBytes } from '../../../catalogue/abi-request.ts';
import { abiNamed } from '../../../catalogue/catalogue.ts';
import type { Finding } from '../../../fuzz/record/finding.ts';
import { reproducerOf } from '../../../fuzz/reproduce/index.ts';

const abi = abiNamed('simple-allocator');
const folder = t.testdir({});

/** The program of a text, which compiles without a warning. */
function compiled(name: string, text: string): string {
  const [file, program] = [join(folder, `${name}.c`), join(folder, name)];
  writeFileSync(file, text);
  const warnings = ['-Wall', '-Wextra', '-Werror', '-D_FORTIFY_SOURCE=2'];
  execFileSync('cc', ['-std=gnu11', '-O1', ...warnings, '-pthread', '-o', program, file]);
  return program;
}

/** Files of a kernel with fault injection and one CMA area, of which five pages are taken. */
const KERNEL_FILES = {
  'proc/thread-self/fail-nth': '0',
  'sys/kernel/debug/failslab/ignore-gfp-wait': 'Y',
  'sys/kernel/debug/failslab/verbose': '2',
  'sys/kernel/debug/fail_page_alloc/ignore-gfp-wait': 'Y',
  'sys/kernel/debug/fail_page_alloc/min-order': '1',
  'sys/kernel/debug/fail_page_alloc/verbose': '2',
  'sys/kernel/debug/cma/reserved/used': '5',
};
const FAKE = join(folder, 'fake-faults.so');
execFileSync('cc', [
  ...['-std=gnu11', '-O1', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC', '-o', FAKE],
  join(packageRoot(), 'test/fuzz/reproduce/fake-faults.c'),
]);

/** The exit status and what is printed of some attempts, where failures do something wrong. */
function ranWith(
  defect: string,
  program: string,
  attempts: number,
): Promise<{ code: number; output: string }> {
  const root = `${program}.${defect}`;
  for (const [path, text] of Object.entries(KERNEL_FILES)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const env = { ...process.env, LD_PRELOAD: FAKE, FAKE_ROOT: root, DEFECT: defect };
  return new Promise((resolve) => {
    execFile(program, ['/dev/null', `${attempts}`], { env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr });
    });
  });
}

/** A step, what came of it, and when: from its number of microseconds on. */
interface Told {
  readonly operation: Operation;
  readonly came?: Partial<Result>;
  readonly at: number;
  readonly lasts?: number;
}

const told = (operation: Operation, at: number, came?: Partial<Result>, lasts = 1): Told => ({
  ...{ operation, at, lasts },
  ...(came === undefined ? {} : { came }),
});

/** A finding on a kernel that counts the pages of CMA's areas. */
function findingOf(
  kind: Pick<Finding, 'oracle' | 'requirement' | 'kind'>,
  threads: readonly (readonly [client: string, steps: readonly Told[]])[],
): Finding {
  const results = threads.map(([, steps]) =>
    steps.map(({ at, came, lasts = 1 }): Result => {
      const call = BigInt(at) * 1000n;
      const back = { outcome: 'returned', value: 0n, out: new Uint8Array(0) } as const;
      return { ...back, call, return: call + BigInt(lasts) * 1000n, ...came };
    }),
  );
  const history = { deaths: [], log: [], deadlineHit: false };
  return {
    ...{ version: 1, ...kind, signature: `${kind.oracle} ${kind.requirement}: ${kind.kind}` },
    ...{ detail: 'seen', mode: 'faults', target: 'vm:cma/cma0', profile: 'hardened' },
    facts: {
      ...{ kind: 'vm', implementation: 'Linux 6.12.1', architecture: 'x86_64', kernelLog: true },
      kernel: { release: '6.12.1', version: '#1' },
      ...{ pageSize: 4096, pointerBytes: 8, details: { 'region:0 used': '0' } },
      capabilities: ['files', 'memory', 'clients', 'procfs', 'faults', 'timing'],
      regions: [
        {
          ...{ name: 'region:0', node: '/dev/cma0', abi: 'simple-allocator', bounded: true },
          ...{ sizeBytes: 1n << 24n, gauge: 'CmaFree' },
        },
      ],
    },
    origin: { allocert: '0.1.0', seed: 1n, round: 0 },
    programs: [
      {
        threads: threads.map(([client, steps]) => ({
          client,
          operations: steps.map(({ operation }) => operation),
        })),
        deadlineMs: 1000,
      },
    ],
    histories: [{ threads: results, ...history }],
  };
}

const open: Operation = { op: 'open', slot: 'device', file: 'region:0', flags: linux.O_RDWR };
const ask: Operation = {
  ...{ op: 'ioctl', slot: 'buffer', fd: { slot: 'device' }, request: commandOf(abi) },
  argument: { bytes: requestBytes(abi, { length: 4096n }) },
};
const arm = (nth: bigint): Operation => ({ op: 'failnth', nth });
const failed = (errno: 'EINVAL' | 'ENOMEM') => ({ value: -1n, errno }) as const;

t.test('a wrong errno of a call in which an allocation fails', async (t) => {
  const kind = { oracle: 'errors', requirement: 'IOC-01', kind: 'ioctl failed with EINVAL' };
  const finding = findingOf(kind, [
    [
      'main',
      [
        told(open, 0, { value: 3n }),
        told(arm(2n), 2),
        told(ask, 4, failed('EINVAL')),
        told(arm(0n), 6, { value: 1n }),
        told(ask, 8, failed('ENOMEM')),
        told({ op: 'fork', client: 'idle' }, 10, { value: 70n }),
        told({ op: 'kill', client: 'idle', signal: linux.SIGKILL }, 12),
        told({ op: 'wait', client: 'idle' }, 14, { value: 9n }),
      ],
    ],
  ]);
  const { refusal, text = '' } = reproducerOf(finding);
  t.equal(refusal, undefined);
  t.match(text, 'result = DO(FAILING(2, ioctl(slots->device, SA_IOC_ALLOC, &slots->buffer1)));');
  t.match(text, /violated\(result == -1 && (errno != E\w+ && )*errno != EFAULT\);|errno != ENOMEM/);
  t.match(
    text,
    '\tDO(ioctl(slots->device, SA_IOC_ALLOC, &slots->buffer2));',
    'only the call behind it is armed',
  );
  t.notMatch(text, 'failnth');
  const program = compiled('errors', text);
  const right = await ranWith('none', program, 2);
  t.match(right, { code: 0, output: /^The promise was broken in 0 of 2 attempts\.$/m });
  const wrong = await ranWith('errno', program, 2);
  t.match(wrong, { code: 1, output: /^The promise was broken in 2 of 2 attempts\.$/m });
  t.match(wrong.output, / an allocation fails in this call:\n.*FAILING\(2.*errno 22/);
});

t.test('pages that a failing call leaves behind', async (t) => {
  const pages = (count: number) => {
    const out = new TextEncoder().encode(`reserved ${count}\n`);
    return { out, value: BigInt(out.length) };
  };
  const READ: Operation = { op: 'readfile', document: '/sys/kernel/debug/cma' };
  const kind = { oracle: 'areas', requirement: 'LIF-09', kind: 'memory is lost' };
  const finding = findingOf(kind, [
    [
      'main',
      [
        told(READ, 0, pages(5)),
        told(open, 2, { value: 3n }),
        told({ op: 'fork', client: 'a' }, 4, { value: 70n }),
        told({ op: 'kill', client: 'a', signal: linux.SIGKILL }, 30),
        told({ op: 'wait', client: 'a' }, 32, { value: 9n }),
        told({ op: 'sleep', microseconds: 250_000n }, 34, {}, 250_000),
        told(READ, 260_000, pages(6)),
      ],
    ],
    ['a', [told(arm(2n), 10), told(ask, 12, failed('ENOMEM')), told(arm(0n), 14)]],
  ]);
  const { refusal, text = '' } = reproducerOf(finding);
  t.equal(refusal, undefined);
  t.match(text, 'DO(FAILING(2, ioctl(slots->device, SA_IOC_ALLOC, &slots->buffer1)));');
  t.match(text, /before = taken_pages\(\);[\s\S]*after = taken_pages\(\);/);
  const program = compiled('areas', text);
  const right = await ranWith('none', program, 3);
  t.match(right, { code: 0, output: /^0 pages stay taken after 3 attempts\.$/m });
  const leaking = await ranWith('leak', program, 3);
  t.match(leaking, { code: 1, output: /^3 pages stay taken after 3 attempts\.$/m });
  t.match(leaking.output, / an allocation fails in this call:\na +FAILING\(2.*errno 12/);
});

t.test('a close that met a request tries until it meets it again', async (t) => {
  const kind = { oracle: 'survival', requirement: 'ERR-12', kind: 'kernel: BUG: KASAN: in rfc' };
  const close: Operation = { op: 'close', fd: 4n };
  const log = ['BUG: KASAN: in rfc'];
  const finding = findingOf(kind, [
    ['main', [told(open, 0, { value: 3n }), told(ask, 4, {}, 3000)]],
    [
      'main',
      [
        told({ op: 'sleep', microseconds: 900n }, 5, {}, 900),
        told(close, 1000, { value: -1n, errno: 'EBADF' }),
        told(close, 2000),
      ],
    ],
  ]);
  const [history] = finding.histories;
  if (history === undefined) return t.fail('it has a History');
  const { text = '', refusal } = reproducerOf({ ...finding, histories: [{ ...history, log }] });
  t.equal(refusal, undefined);
  t.match(text, /\tDO\(close\(4\)\);\n\tDO\(close_soon\(4\)\);/);
  compiled('close', text);
});

t.test('a client that nothing forks any more is neither ended nor awaited', async (t) => {
  const left: Told[] = [
    told(open, 2, { value: 3n }),
    told({ op: 'kill', client: 'gone', signal: linux.SIGKILL }, 30),
    told({ op: 'wait', client: 'gone' }, 32),
    told(ask, 34, failed('EINVAL')),
  ];
  const kind = 'ioctl failed with EINVAL';
  const { text = '' } = reproducerOf(
    findingOf({ oracle: 'errors', requirement: 'IOC-01', kind }, [['main', left]]),
  );
  t.notMatch(text, /GONE|end_client|await_end/);
  compiled('gone', text);
});

t.test('a kernel that died complaining is watched for the complaint', (t) => {
  const kind = 'the target no longer answers: BUG: KASAN: slab-use-after-free in fput';
  const finding = findingOf({ oracle: 'target', requirement: 'ERR-12', kind }, [
    ['main', [told(open, 0), told(ask, 4)]],
    ['main', [told({ op: 'sleep', microseconds: 900n }, 5), told({ op: 'close', fd: 4n }, 10)]],
  ]);
  const { text = '' } = reproducerOf({ ...finding, histories: [] });
  t.match(text, '#define COMPLAINT "BUG: KASAN: slab-use-after-free in fput"');
  t.match(text, 'DO(usleep(900));', 'nothing tells which call came first: the pause remains');
  t.match(text, /signal\(SIGALRM, stuck\);[\s\S]*The kernel complained in attempt/);
  compiled('died', text);
  const panic = findingOf({ oracle: 'target', requirement: 'ERR-12', kind: 'the target died' }, [
    ['main', [told(open, 0), told(ask, 4)]],
  ]);
  t.match(reproducerOf({ ...panic, histories: [] }).text, 'The machine has survived');
  t.end();
});
