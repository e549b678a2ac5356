/** Programs are handed to clients, and a host hears of each case before it runs. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { encodeProgram } from '../../../adapters/contract/codec/encode-program.ts';
import type { Operation } from '../../../adapters/contract/index.ts';
import { NameTable } from '../../../adapters/contract/names.ts';
import { buildAgent } from '../../../adapters/executor/build/build.ts';
import { encodeWireFrame, WireFrameParser } from '../../../adapters/protocol/wire-frames.ts';
import { packageRoot } from '../../../base/package-root.ts';
import { hello, TEST_AGENTS } from './agent-process.ts';

t.test('a client that sleeps without saying so is started', async (t) => {
  const tool = join(t.testdir({}), 'unheard-client');
  const source = join(packageRoot(), 'test/adapters/executor/unheard-client.c');
  execFileSync('cc', ['-std=gnu11', '-Wall', '-Werror', '-pthread', '-o', tool, source]);
  t.equal(execFileSync(tool, { encoding: 'utf8' }), 'started\nstarted\n');
});

t.test('a case is told before its first Program, whatever was asked ahead', async (t) => {
  const pipe = join(t.testdir({}), 'pipe');
  execFileSync('mkfifo', [pipe]);
  const { path } = await buildAgent(TEST_AGENTS, { flags: ['-Werror'] });
  const agent = spawn(path, ['--region', pipe, '--confine', 'no'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.teardown(() => agent.kill('SIGKILL'));
  const parser = new WireFrameParser();
  const heard: string[] = [];
  agent.stdout.on('data', (chunk: Buffer) => {
    heard.push(...parser.push(chunk).map(({ type }) => type));
  });
  const open: Operation = { op: 'open', file: 'region:0', flags: 1n };
  const sleep: Operation = { op: 'sleep', microseconds: 600_000_000n };
  const run = (...operations: Operation[]): Uint8Array =>
    encodeWireFrame(
      'run',
      encodeProgram({ threads: [{ client: 'main', operations }], deadlineMs: 600_000 }, names),
    );
  const names = new NameTable();
  const begin = (id: string): Uint8Array => encodeWireFrame('begin', Buffer.from(id));
  agent.stdin.write(
    Buffer.concat([
      encodeWireFrame('hello', hello()),
      ...[begin('one'), run(), run(), run()],
      ...[begin('two'), run(open, sleep)],
    ]),
  );
  // The pipe opens once the second case runs; what the agent had not told by then is lost.
  await once(createReadStream(pipe), 'open');
  agent.kill('SIGKILL');
  await once(agent, 'close');
  const told = ['executing', 'history'];
  t.strictSame(heard, ['hello', 'facts', 'begun', ...told, ...told, ...told, 'begun', 'executing']);
});
