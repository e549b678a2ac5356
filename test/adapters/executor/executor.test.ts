import t from 'tap';
import { type Result, wordOf } from '../../../adapters/contract/history.ts';
import * as linux from '../../../adapters/contract/linux.ts';
import type { Operation } from '../../../adapters/contract/program.ts';
import { ADVICE_SKIP, AgentProcess } from './agent-process.ts';

const numbersOf = (result: Result | undefined): number[] => {
  const bytes = Buffer.from(result?.out ?? []);
  return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readInt32LE(index * 4));
};
const NULL_FILE = { op: 'open', file: '/dev/null', flags: 2n } as const;
const words = (results: readonly Parameters<typeof wordOf>[0][]): string[] => results.map(wordOf);
const values = (results: readonly { value: bigint }[]): bigint[] => results.map((r) => r.value);

t.test('descriptors', async (t) => {
  const agent = await AgentProcess.ready();
  t.teardown(() => agent.stop());

  t.test('a fresh main has 0, 1 and 2, and numbers are the lowest free', async (t) => {
    const results = await agent.run([
      { op: 'descriptors' },
      { op: 'open', file: 'region:0', flags: 2n, slot: 'a' },
      { op: 'dup', fd: { slot: 'a' }, slot: 'b' },
      { op: 'close', fd: { slot: 'a' } },
      NULL_FILE,
      { op: 'dup2', fd: { slot: 'b' }, to: 9n },
      { op: 'dup3', fd: { slot: 'b' }, to: { slot: 'b' }, flags: 0n },
      { op: 'descriptors' },
      { op: 'close', fd: 77n },
    ]);
    t.strictSame(values(results).slice(0, 8), [3n, 3n, 4n, 0n, 3n, 9n, -1n, 6n]);
    t.equal(wordOf(results[6] as never), 'EINVAL');
    t.equal(wordOf(results[8] as never), 'EBADF');
    t.strictSame(numbersOf(results[7]), [0, 1, 2, 3, 4, 9]);
  });

  t.test('slots outlive a Program, and a failed one is -1', async (t) => {
    await agent.begin();
    await agent.run([
      { op: 'socketpair', slot: 'pair' },
      { op: 'open', file: 'region:0', flags: 0n, slot: 'zero' },
      { op: 'close', fd: 99n, slot: 'bad' },
    ]);
    const results = await agent.run([
      { op: 'close', fd: { slot: 'pair', offset: 4, width: 4, signed: true } },
      { op: 'close', fd: { slot: 'pair', offset: 0, width: 1 } },
      { op: 'pread', fd: { slot: 'zero' }, length: 8n },
      { op: 'lseek', fd: { slot: 'bad' }, offset: 0n, whence: 0n },
      { op: 'close', fd: { slot: 'pair', offset: 60, width: 8 } },
      { op: 'open', file: 'region:1', flags: 0n },
    ]);
    t.strictSame(words(results), ['ok', 'ok', 'ok', 'EBADF', 'EBADF', 'unsupported']);
    t.strictSame([...(results[2]?.out ?? [])], [0, 0, 0, 0, 0, 0, 0, 0]);
  });

  t.test('EMFILE at the limit, while the executor still reads /proc', async (t) => {
    await agent.begin();
    const results = await agent.run([
      { op: 'setrlimit', resource: 7n, soft: 5n },
      { op: 'repeat', times: 4n, stop: 'never', body: [NULL_FILE] },
      { op: 'descriptors' },
      { op: 'readfile', document: '/proc/meminfo' },
    ]);
    t.strictSame(results[1]?.steps?.[0]?.failures, { EMFILE: 2n });
    t.equal(results[2]?.value, 5n);
    t.match(Buffer.from(results[3]?.out ?? []).toString(), /^MemTotal:/);
  });

  t.test('a descriptor that finds no room in a queue is refused at once', async (t) => {
    await agent.begin();
    const send: Operation = {
      op: 'sendfd',
      fd: { slot: 'pair', offset: 0, width: 4 },
      passed: { slot: 'pair', offset: 0, width: 4 },
    };
    const results = await agent.run([
      { op: 'socketpair', slot: 'pair' },
      { op: 'repeat', times: 4096n, stop: 'failure', body: [send] },
    ]);
    t.strictSame(results[1]?.steps?.[0]?.failures, { EAGAIN: 1n });
  });

  t.test('descriptors cross by SCM_RIGHTS, readlink and fstat see them', async (t) => {
    await agent.begin();
    const results = await agent.run([
      { op: 'socketpair', slot: 'pair' },
      { op: 'memfd', length: 8192n, slot: 'file' },
      { op: 'sendfd', fd: { slot: 'pair', offset: 0, width: 4 }, passed: { slot: 'file' } },
      { op: 'recvfd', fd: { slot: 'pair', offset: 4, width: 4 }, slot: 'got' },
      { op: 'recvfd', fd: { slot: 'pair', offset: 4, width: 4 } },
      { op: 'fstat', fd: { slot: 'got' } },
      { op: 'readlink', fd: { slot: 'got' } },
      { op: 'reopen', fd: { slot: 'got' }, flags: 0n },
    ]);
    t.strictSame(words(results), ['ok', 'ok', 'ok', 'ok', 'EAGAIN', 'ok', 'ok', 'ok']);
    t.equal(results[3]?.value, 6n);
    t.equal(Buffer.from(results[5]?.out ?? []).readBigUInt64LE(8), 8192n);
    t.match(Buffer.from(results[6]?.out ?? []).toString(), /memfd:allocert-case/);
  });

  t.end();
});

t.test('repeat', async (t) => {
  const agent = await AgentProcess.ready();
  t.teardown(() => agent.stop());

  t.test('counts iterations, failures and what was different', async (t) => {
    const results = await agent.run([
      { op: 'memfd', length: 4n, slot: 'file' },
      {
        op: 'repeat',
        times: 3n,
        stop: 'never',
        body: [
          { op: 'pread', fd: { slot: 'file' }, length: 8n },
          { op: 'pwrite', fd: { slot: 'file' }, bytes: Uint8Array.of(7), offset: 5n },
          { op: 'close', fd: 99n },
        ],
      },
    ]);
    const [read, write, close] = results[1]?.steps ?? [];
    t.equal(results[1]?.value, 3n);
    t.strictSame([read?.succeeded, write?.succeeded, close?.failed], [3n, 3n, 3n]);
    t.strictSame(close?.failures, { EBADF: 3n });
    t.equal(read?.first.out.length, 4);
    t.strictSame([...(read?.last.out ?? [])], [0, 0, 0, 0, 0, 7]);
    t.strictSame(
      read?.anomalies.map((one) => one.iteration),
      [1n, 2n],
    );
    t.equal(close?.anomalies.length, 0);
  });

  t.test('stops at a failure, and at the last operation that succeeds', async (t) => {
    await agent.begin();
    const results = await agent.run([
      {
        op: 'repeat',
        times: 5n,
        stop: 'never',
        body: [{ ...NULL_FILE, slot: 'f[i]' }],
      },
      { op: 'close', fd: { slot: 'f[3]' } },
      {
        op: 'repeat',
        times: 5n,
        stop: 'failure',
        body: [{ op: 'close', fd: { slot: 'f[i]' } }],
      },
      {
        op: 'repeat',
        times: 5n,
        stop: 'success',
        body: [
          { op: 'fstat', fd: 0n },
          { op: 'close', fd: { slot: 'f[i]' } },
        ],
      },
    ]);
    t.strictSame(values(results), [5n, 0n, 3n, 5n]);
    t.equal(results[3]?.steps?.[1]?.succeeded, 1n, 'only the fifth was still open');
  });

  t.test('nests, and takes 100,000 iterations', async (t) => {
    await agent.begin();
    const results = await agent.run([
      {
        op: 'repeat',
        times: 100n,
        stop: 'failure',
        body: [
          { ...NULL_FILE, slot: 'fd' },
          {
            op: 'repeat',
            times: 1000n,
            stop: 'failure',
            body: [{ op: 'fstat', fd: { slot: 'fd' } }],
          },
          { op: 'close', fd: { slot: 'fd' } },
        ],
      },
      { op: 'repeat', times: 3n, stop: 'never', body: [] },
    ]);
    t.strictSame(values(results), [100n, 3n]);
    t.strictSame(
      results[0]?.steps?.map((step) => step.succeeded),
      [100n, 100n, 100_000n, 100n],
    );
  });

  t.end();
});

t.test('memory', async (t) => {
  const agent = await AgentProcess.ready();
  t.teardown(() => agent.stop());
  const map = { op: 'mmap', length: 8192n, protection: 3n, flags: 1n } as const;

  t.test('load, store and scan', async (t) => {
    const results = await agent.run([
      { op: 'memfd', length: 8192n, slot: 'file' },
      { ...map, fd: { slot: 'file' }, slot: 'at' },
      { op: 'store', address: { slot: 'at' }, length: 8192n, bytes: Uint8Array.of(1, 2, 3) },
      { op: 'load', address: { slot: 'at' }, length: 5n, offset: 4095n },
      { op: 'scan', address: { slot: 'at' }, length: 8192n, bytes: Uint8Array.of(1, 2, 3) },
      { op: 'store', address: { slot: 'at' }, length: 1n, bytes: Uint8Array.of(9), offset: 5000n },
      { op: 'scan', address: { slot: 'at' }, length: 8192n, bytes: Uint8Array.of(1, 2, 3) },
    ]);
    t.strictSame(values(results).slice(2), [8192n, 5n, 8192n, 1n, 5000n]);
    t.strictSame([...(results[3]?.out ?? [])], [1, 2, 3, 1, 2]);
    t.equal(results[6]?.out.length, 16);
    t.equal(results[6]?.out[0], 9);
  });

  t.test('takes advice on mappings', { skip: ADVICE_SKIP }, async (t) => {
    await agent.begin();
    const own = { ...map, flags: 2n, fd: { slot: 'file' } } as const;
    const second = { address: { slot: 'at' }, offset: 4096n, length: 4096n } as const;
    const results = await agent.run([
      { op: 'memfd', length: 8192n, slot: 'file' },
      { ...own, slot: 'at' },
      { op: 'store', address: { slot: 'at' }, length: 8192n, bytes: Uint8Array.of(7) },
      { op: 'madvise', ...second, advice: linux.MADV_DONTNEED },
      { op: 'scan', address: { slot: 'at' }, length: 8192n, bytes: Uint8Array.of(7) },
      { op: 'madvise', ...second, advice: 999n },
      { op: 'madvise', ...second, offset: 4097n, advice: linux.MADV_NORMAL },
      { op: 'munmap', ...second },
      { op: 'madvise', address: { slot: 'at' }, length: 8192n, advice: linux.MADV_NORMAL },
    ]);
    t.strictSame(words(results).slice(3), ['ok', 'ok', 'EINVAL', 'EINVAL', 'ok', 'ENOMEM']);
    t.equal(results[4]?.value, 4096n, 'the second page is the file’s again');
  });

  t.test('survives faults and says where they were', async (t) => {
    await agent.begin();
    const results = await agent.run([
      { op: 'memfd', length: 4096n, slot: 'file' },
      { ...map, fd: { slot: 'file' }, slot: 'at' },
      { op: 'load', address: { slot: 'at' }, length: 200n, offset: 4000n },
      { op: 'mprotect', address: { slot: 'at' }, length: 4096n, protection: 0n },
      { op: 'store', address: { slot: 'at' }, length: 1n, bytes: Uint8Array.of(1), offset: 8n },
      { op: 'munmap', address: { slot: 'at' }, length: 8192n },
      { op: 'scan', address: { slot: 'at' }, length: 64n, bytes: Uint8Array.of(0) },
      { op: 'load', address: 0xffff_ffff_ffff_f000n, length: 8n },
      { op: 'load', address: 0n, length: 8n },
      NULL_FILE,
    ]);
    t.strictSame(words(results).slice(2), [
      'SIGBUS',
      'ok',
      'SIGSEGV',
      'ok',
      'SIGSEGV',
      'SIGSEGV',
      'SIGSEGV',
      'ok',
    ]);
    t.equal(results[2]?.faultOffset, 4096n);
    t.equal(results[4]?.faultOffset, 8n);
  });

  t.end();
});
