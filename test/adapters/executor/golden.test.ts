import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { decodeHistory } from '../../../adapters/contract/codec/decode-history.ts';
import { encodeProgram } from '../../../adapters/contract/codec/encode-program.ts';
import { NameTable } from '../../../adapters/contract/names.ts';
import type { Program } from '../../../adapters/contract/program.ts';
import { packageRoot } from '../../../base/package-root.ts';

/*
 * The bytes in test/golden are what every build of every version with this WIRE_VERSION must write
 * and read. When a change to the contract changes them, the version changes with it.
 */
const golden = (name: string): Buffer => readFileSync(join(packageRoot(), 'test/golden', name));

const scratch = mkdtempSync(join(tmpdir(), 'allocert-golden-'));
t.teardown(() => rmSync(scratch, { recursive: true }));
const tool = join(scratch, 'golden');
execFileSync('cc', [
  '-std=c11',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-o',
  tool,
  join(packageRoot(), 'test/adapters/executor/golden.c'),
]);

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

/** Every kind of argument, operand and placement. */
const PROGRAM: Program = {
  deadlineMs: 1500,
  seed: 0x0123_4567_89ab_cdefn,
  threads: [
    {
      client: 'main',
      operations: [
        { op: 'open', file: 'region:7', flags: 2n, slot: 'device' },
        { op: 'open', file: '/dev/udmabuf', flags: 0o2000000n },
        {
          op: 'ioctl',
          fd: { slot: 'device' },
          request: 0xc018_4800n,
          argument: { bytes: bytes(1, 2, 3), placement: { kind: 'unaligned', by: 3 } },
          slot: 'buffer',
        },
        {
          op: 'ioctl',
          fd: { slot: 'device' },
          request: 0xffff_ffff_ffff_ffffn,
          argument: {
            bytes: bytes(4, 5, 6, 7, 8, 9, 10, 11, 12),
            placement: { kind: 'flipped', offset: 4, width: 4, value: 0xfeedn },
          },
        },
        {
          op: 'ioctl',
          fd: -1n,
          request: 1n,
          argument: {
            bytes: bytes(),
            placement: { kind: 'page-end', distance: -2, neighbour: 'write-only' },
          },
        },
        {
          op: 'ioctl',
          fd: 5n,
          request: 1n,
          argument: { bytes: bytes(13), placement: { kind: 'page', protection: 'read-only' } },
        },
        {
          op: 'repeat',
          times: 4n,
          stop: 'success',
          body: [
            { op: 'dup', fd: { slot: 'buffer', offset: 12, width: 4, signed: true }, slot: 'd[i]' },
            { op: 'repeat', times: 2n, stop: 'failure', body: [{ op: 'exec' }] },
            { op: 'close', fd: { slot: 'd[i]' } },
          ],
        },
        { op: 'close', fd: { slot: 'd[3]' } },
        { op: 'readfile', document: '/proc/self/fdinfo', fd: { slot: 'device' } },
        { op: 'fork', client: 'child', sacrificial: 1n },
      ],
    },
    {
      client: 'child',
      operations: [{ op: 'store', address: 4096n, length: 64n, bytes: bytes(14, 15), offset: 8n }],
    },
  ],
};

t.test('a Program has these bytes, and C reads the same in them', async (t) => {
  const encoded = Buffer.from(encodeProgram(PROGRAM, new NameTable()));
  t.ok(encoded.equals(golden('program.bin')), 'encodeProgram writes test/golden/program.bin');
  const dumped = execFileSync(tool, ['dump', join(packageRoot(), 'test/golden/program.bin')]);
  t.equal(dumped.toString(), golden('program.txt').toString());
});

/** What the History in test/golden answers. */
const ANSWERED: Program = {
  deadlineMs: 1000,
  threads: [
    {
      client: 'main',
      operations: [
        { op: 'open', file: 'region:0', flags: 2n },
        { op: 'ioctl', fd: 3n, request: 1n, argument: { bytes: bytes(0) } },
        { op: 'load', address: 0n, length: 1n },
        { op: 'repeat', times: 3n, stop: 'never', body: [{ op: 'close', fd: 3n }] },
        { op: 'sleep', microseconds: 1n },
      ],
    },
    { client: 'child', operations: [{ op: 'sleep', microseconds: 1n }] },
  ],
};

t.test('a History that C wrote has these bytes, and they mean this', async (t) => {
  t.ok(execFileSync(tool, ['history']).equals(golden('history.bin')), 'C writes history.bin');
  const names = new NameTable();
  encodeProgram(ANSWERED, names);
  const history = decodeHistory(Uint8Array.from(golden('history.bin')), ANSWERED, names);
  const none = new Uint8Array(0);
  const ok = { outcome: 'returned', value: 0n, out: none, call: 4100n, return: 4110n };
  const bad = { ...ok, errno: 'EBADF', value: -1n };
  const expected = {
    threads: [
      [
        { ...ok, value: 3n, call: 1000n, return: 1010n },
        {
          ...bad,
          errno: 'EINVAL',
          out: bytes(1, 2, 3, 4, 5, 6, 7, 8),
          call: 2000n,
          return: 2010n,
          redZone: ['after'],
        },
        {
          outcome: 'faulted',
          signal: 'SIGBUS',
          value: -1n,
          out: none,
          call: 3000n,
          return: 3010n,
          faultOffset: 4096n,
        },
        {
          ...ok,
          value: 3n,
          call: 4000n,
          return: 4010n,
          steps: [
            {
              succeeded: 1n,
              failed: 2n,
              first: ok,
              last: { ...bad, call: 4300n, return: 4310n },
              failures: { EBADF: 2n },
              anomalies: [{ iteration: 1n, result: { ...bad, call: 4200n, return: 4210n } }],
            },
          ],
        },
        { outcome: 'lost', value: -1n, out: none, call: 5000n },
      ],
      [{ outcome: 'not-run', value: -1n, out: none, call: 0n }],
    ],
    deaths: [
      { client: 'main', signal: 'SIGKILL', reason: 'deadline' },
      { client: 'child', status: 3, reason: 'own' },
    ],
    log: ['first line', 'second line'],
    taint: 0x8200n,
    deadlineHit: true,
    progressing: true,
  };
  const plain = (value: unknown): string =>
    JSON.stringify(value, (_, inner: unknown) =>
      typeof inner === 'bigint'
        ? `${inner}n`
        : inner instanceof Uint8Array
          ? [...inner]
          : inner !== null && typeof inner === 'object' && !Array.isArray(inner)
            ? Object.fromEntries(Object.entries(inner).toSorted())
            : inner,
    );
  t.equal(plain(history), plain(expected));
});
