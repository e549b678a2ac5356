import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { encodeProgram, OPERATION_BYTES } from '../../../adapters/contract/codec/encode-program.ts';
import { LAYOUT } from '../../../adapters/contract/codec/layout.ts';
import { NameTable } from '../../../adapters/contract/names.ts';
import type { Program } from '../../../adapters/contract/program.ts';
import { buildAgent } from '../../../adapters/executor/build/build.ts';
import { AgentProcess, hello } from './agent-process.ts';

/** What the agent says to one thing it must not be sent, and how it ends. */
async function refusalOf(t: Test, agent: AgentProcess): Promise<string> {
  const sentence = (await agent.expect('refusal')).toString();
  t.equal(await agent.receive(), undefined, 'nothing follows a refusal');
  t.strictSame(await agent.exit, { code: 1, signal: null });
  return sentence;
}

t.test('the handshake', async (t) => {
  const agent = await AgentProcess.start(['/dev/zero', '/nowhere']);
  agent.send('hello', hello());
  t.strictSame(await agent.expect('hello'), hello());
  const facts = (await agent.expect('facts')).toString();
  t.match(facts, /^sysname=Linux$/m);
  t.match(facts, /^pointer_bytes=[48]$/m);
  t.match(facts, /^region\.0=\/dev\/zero$/m);
  t.match(facts, /^region\.1\.error=ENOENT$/m);
  t.match(facts, /^capabilities=files,memory,(clients,)?limits,/m);
  agent.send('bye');
  t.strictSame(await agent.exit, { code: 0, signal: null });
});

t.test('what is no hello of this version is refused after the agent said its own', async (t) => {
  const bad: [string, (agent: AgentProcess) => void, RegExp][] = [
    ['digest', (agent) => agent.send('hello', hello(1n)), /different tables/],
    [
      'version',
      (agent) => agent.send('hello', Buffer.from(hello()).fill(9, 4, 5)),
      /different versions/,
    ],
    ['type', (agent) => agent.send('run', hello()), /did not start with a hello/],
    ['garbage', (agent) => agent.sendRaw(Buffer.from('GET / HTTP/1.1\r\n\r\n')), /did not start/],
  ];
  for (const [name, send, sentence] of bad) {
    const agent = await AgentProcess.start();
    send(agent);
    t.strictSame(await agent.expect('hello'), hello(), name);
    t.match(await refusalOf(t, agent), sentence, name);
  }
});

t.test('frames that the agent does not expect', async (t) => {
  const late = await AgentProcess.start();
  late.send('hello', hello());
  await late.expect('hello');
  await late.expect('facts');
  late.send('run', new Uint8Array(32));
  t.match(await refusalOf(t, late), /before any begin/);

  const huge = await AgentProcess.ready();
  huge.sendRaw(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 5, 0, 0, 0));
  t.match(await refusalOf(t, huge), /longer than any frame/);

  const unknown = await AgentProcess.ready();
  unknown.send('facts');
  t.match(await refusalOf(t, unknown), /type that the agent does not expect/);
});

t.test('a host that leaves takes the agent with it, also while a Program runs', async (t) => {
  const idle = await AgentProcess.ready();
  await idle.stop();
  t.strictSame(await idle.exit, { code: 0, signal: null });
  const busy = await AgentProcess.ready();
  const sleeper: Program = {
    deadlineMs: 60_000,
    threads: [{ client: 'main', operations: [{ op: 'sleep', microseconds: 60_000_000n }] }],
  };
  busy.send('run', encodeProgram(sleeper, busy.names));
  await busy.expect('executing');
  await busy.stop();
  t.strictSame(await busy.exit, { code: 0, signal: null });
});

const SOUND: Program = {
  deadlineMs: 1000,
  threads: [
    {
      client: 'main',
      operations: [
        { op: 'repeat', times: 2n, stop: 'never', body: [{ op: 'dup', fd: 0n, slot: 'a' }] },
        { op: 'close', fd: { slot: 'a', offset: 0, width: 4 } },
      ],
    },
  ],
};

t.test('malformed Programs', async (t) => {
  const thread = LAYOUT.program.size;
  const operation = thread + LAYOUT.thread.size;
  const { at } = LAYOUT.operation;
  const repeat = operation + at.body;
  const inner = operation + OPERATION_BYTES;
  const last = inner + OPERATION_BYTES;
  const operand = last + LAYOUT.operation.size;
  const bad: [RegExp, (view: DataView) => void][] = [
    [/not a Program/, (view) => view.setUint32(0, 0)],
    [/another version/, (view) => view.setUint16(LAYOUT.program.at.version, 7, true)],
    [/more than 64 threads/, (view) => view.setUint16(LAYOUT.program.at.threads, 65, true)],
    [/more operations/, (view) => view.setUint32(LAYOUT.program.at.operations, 1 << 30, true)],
    [/not as long/, (view) => view.setUint32(LAYOUT.program.at.operations, 2, true)],
    [/not as long/, (view) => view.setUint32(LAYOUT.program.at.data_bytes, 8, true)],
    [/no deadline/, (view) => view.setUint32(LAYOUT.program.at.deadline_ms, 0, true)],
    [/client out of range/, (view) => view.setUint32(thread, 0xffff, true)],
    [/follow one another/, (view) => view.setUint32(thread + LAYOUT.thread.at.first, 1, true)],
    [/follow one another/, (view) => view.setUint32(thread + LAYOUT.thread.at.count, 4, true)],
    [/belong to no thread/, (view) => view.setUint32(thread + LAYOUT.thread.at.count, 2, true)],
    [/does not end where it must/, (view) => view.setUint32(repeat, 3, true)],
    [/repeats nothing/, (view) => view.setUint32(last + at.body, 1, true)],
    [/data lie outside/, (view) => view.setUint32(last + at.data_offset, 1, true)],
    [/data lie outside/, (view) => view.setUint32(last + at.data_length, 0xffffffff, true)],
    [/result into a slot/, (view) => view.setUint32(inner + at.slot, 65_536, true)],
    [/unknown placement/, (view) => view.setUint16(last + at.placement, 8, true)],
    [/unknown kind/, (view) => view.setUint8(operand, 3)],
    [/impossible width/, (view) => view.setUint8(operand + LAYOUT.operand.at.width, 3)],
    [/refers to a slot/, (view) => view.setUint32(operand + LAYOUT.operand.at.slot, 65_536, true)],
  ];
  for (const [sentence, break_] of bad) {
    const agent = await AgentProcess.ready();
    const bytes = encodeProgram(SOUND, new NameTable());
    break_(new DataView(bytes.buffer));
    agent.send('run', bytes);
    t.match(await refusalOf(t, agent), sentence);
  }
});

t.test('repeats nest 3 deep, and an unknown operation is unsupported', async (t) => {
  const agent = await AgentProcess.ready();
  const nest = (depth: number): Program['threads'][number]['operations'][number] => ({
    op: 'repeat',
    times: 2n,
    stop: 'never',
    body: depth === 1 ? [{ op: 'barrier', parties: 1n }] : [nest(depth - 1)],
  });
  const [three] = await agent.run([nest(3)]);
  t.strictSame(
    three?.steps?.map((step) => step.succeeded),
    [2n, 4n, 8n],
  );
  const program: Program = {
    deadlineMs: 1000,
    threads: [{ client: 'main', operations: [{ op: 'close', fd: 99n }] }],
  };
  const bytes = encodeProgram(program, agent.names);
  new DataView(bytes.buffer).setUint16(LAYOUT.program.size + LAYOUT.thread.size, 999, true);
  agent.send('run', bytes);
  await agent.expect('executing');
  t.equal((await agent.expect('history'))[LAYOUT.history.size], 3);
  agent.send(
    'run',
    encodeProgram(
      { deadlineMs: 1000, threads: [{ client: 'main', operations: [nest(4)] }] },
      agent.names,
    ),
  );
  t.match(await refusalOf(t, agent), /more than 3 deep/);
});

/** The first bytes that arrive, in however many pieces. */
async function firstBytes(socket: Socket, count: number): Promise<Buffer> {
  let bytes = Buffer.alloc(0);
  while (bytes.length < count) {
    bytes = Buffer.concat([bytes, ...((await once(socket, 'data')) as [Buffer])]);
  }
  return bytes.subarray(0, count);
}

t.test('a host that says nothing, or half a hello, gives way to the next', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'allocert-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'agent.sock');
  const { path: program } = await buildAgent(join(tmpdir(), 'allocert-test-agents'));
  const options = ['--unix', path, '--hello-ms', '30'];
  const daemon = spawn(program, options, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => daemon.on('exit', resolve));
  await once(daemon.stdout, 'data');
  const frame = Buffer.concat([Buffer.from([16, 0, 0, 0, 1, 0, 0, 0]), hello()]);
  const silent = connect(path);
  const half = connect(path);
  // Its patience may be at an end before these bytes arrive; that it closes is what counts.
  half.on('error', (error: NodeJS.ErrnoException) => t.equal(error.code, 'EPIPE'));
  half.write(frame.subarray(0, 15));
  const third = connect(path);
  third.write(frame);
  await Promise.all([once(silent.resume(), 'close'), once(half.resume(), 'close')]);
  t.ok((await firstBytes(third, frame.length)).equals(frame), 'it says hello');
  third.destroy();
  daemon.kill();
  await ended;
  const bad = spawn(program, ['--hello-ms', 'soon'], { stdio: 'ignore' });
  t.strictSame(await once(bad, 'exit'), [2, null]);
});

t.test('a daemon at a Unix socket serves one host after another', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'allocert-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'agent.sock');
  const { path: program } = await buildAgent(join(tmpdir(), 'allocert-test-agents'));
  const daemon = spawn(program, ['--unix', path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => daemon.on('exit', resolve));
  t.match(String(await once(daemon.stdout, 'data')), /listening at/);
  const frame = Buffer.concat([Buffer.from([16, 0, 0, 0, 1, 0, 0, 0]), hello()]);
  for (let host = 0; host < 2; host += 1) {
    const socket = connect(path);
    socket.write(frame);
    t.ok((await firstBytes(socket, frame.length)).equals(frame), 'it says hello');
    socket.destroy();
  }
  daemon.kill();
  await ended;
});
