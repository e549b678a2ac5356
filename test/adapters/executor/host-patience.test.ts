/** An agent at a socket serves one host after another: none keeps the next one waiting for ever. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { encodeProgram } from '../../../adapters/contract/codec/encode-program.ts';
import { NameTable } from '../../../adapters/contract/names.ts';
import type { Operation } from '../../../adapters/contract/program.ts';
import { buildAgent } from '../../../adapters/executor/build/build.ts';
import { encodeWireFrame } from '../../../adapters/protocol/wire-frames.ts';
import { hello, TEST_AGENTS } from './agent-process.ts';

const HELLO = encodeWireFrame('hello', hello());

/** The socket of an agent with those limits. */
async function agentAt(t: Test, options: readonly string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'allocert-patience-'));
  const path = join(folder, 'agent.sock');
  const { path: program } = await buildAgent(TEST_AGENTS, { flags: ['-Werror'] });
  const words = ['--region', '/dev/zero', '--unix', path, ...options];
  const agent = spawn(program, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(async () => {
    agent.kill();
    if (agent.exitCode === null && agent.signalCode === null) await once(agent, 'exit');
    rmSync(folder, { recursive: true });
  });
  await once(agent.stdout, 'data');
  return path;
}

/** A host of which only what it says counts. */
function hostAt(path: string): Socket {
  const socket = connect(path);
  socket.on('error', () => socket.destroy());
  return socket;
}

/** Waits until the agent says hello to one more host. */
async function isServed(t: Test, path: string): Promise<void> {
  const host = hostAt(path);
  host.write(HELLO);
  const [first] = (await once(host, 'data')) as [Buffer];
  t.ok(first.subarray(0, 8).equals(Buffer.from(HELLO.subarray(0, 8))), 'the next host is served');
  host.destroy();
}

t.test('a hello that comes a byte at a time is not waited for', async (t) => {
  const path = await agentAt(t, ['--hello-ms', '100']);
  const slow = hostAt(path);
  let sent = 0;
  const drip = setInterval(() => {
    if (slow.writable && sent < HELLO.length) slow.write(HELLO.subarray(sent, ++sent));
  }, 30);
  let heard = 0;
  slow.on('data', (chunk: Buffer) => {
    heard += chunk.length;
  });
  await isServed(t, path);
  clearInterval(drip);
  if (!slow.closed) await new Promise<void>((resolve) => slow.once('close', () => resolve()));
  t.equal(heard, 0, 'it was never answered');
});

t.test('a host that says hello and no more gives way in the end', async (t) => {
  const path = await agentAt(t, ['--idle-ms', '100']);
  const silent = hostAt(path);
  silent.resume().write(HELLO);
  await isServed(t, path);
});

t.test('a host that stops in the middle of a request gives way', async (t) => {
  const path = await agentAt(t, ['--idle-ms', '100']);
  const half = hostAt(path);
  half.resume().write(Buffer.concat([HELLO, encodeWireFrame('begin', Buffer.from('X'))]));
  half.write(encodeWireFrame('run', new Uint8Array(1000)).subarray(0, 500));
  await isServed(t, path);
});

t.test('a host that takes no answers gives way', async (t) => {
  const path = await agentAt(t, ['--idle-ms', '300']);
  const greedy = hostAt(path);
  greedy.pause();
  const read: Operation = { op: 'pread', fd: { slot: 'fd' }, length: 65_536n };
  const operations: Operation[] = [
    { op: 'open', file: 'region:0', flags: 2n, slot: 'fd' },
    ...Array.from({ length: 40 }, () => read),
  ];
  const program = { deadlineMs: 60_000, threads: [{ client: 'main', operations }] };
  const run = encodeWireFrame('run', encodeProgram(program, new NameTable()));
  greedy.write(Buffer.concat([HELLO, encodeWireFrame('begin', Buffer.from('X')), run]));
  await isServed(t, path);
  greedy.destroy();
});

t.test('a patience that is no number is refused', async (t) => {
  const { path: program } = await buildAgent(TEST_AGENTS, { flags: ['-Werror'] });
  for (const option of ['--hello-ms', '--idle-ms']) {
    const bad = spawn(program, [option, '0'], { stdio: 'ignore' });
    t.strictSame(await once(bad, 'exit'), [2, null], option);
  }
});
