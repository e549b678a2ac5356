import { type ChildProcess, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeHistory } from '../../../adapters/contract/codec/decode-history.ts';
import { contractDigest } from '../../../adapters/contract/codec/digest.ts';
import { encodeProgram } from '../../../adapters/contract/codec/encode-program.ts';
import {
  FRAMES,
  HELLO_MAGIC,
  LAYOUT,
  WIRE_VERSION,
} from '../../../adapters/contract/codec/layout.ts';
import type { History, Result } from '../../../adapters/contract/history.ts';
import { NameTable } from '../../../adapters/contract/names.ts';
import type { Operation, Program } from '../../../adapters/contract/program.ts';
import { buildAgent } from '../../../adapters/executor/build/build.ts';

/** Where agents are kept between tests. */
export const TEST_AGENTS = join(tmpdir(), 'allocert-test-agents');

/** The agent for this machine. */
async function builtAgent(): Promise<string> {
  return (await buildAgent(TEST_AGENTS, { flags: ['-Werror'] })).path;
}

/** A frame as it came. */
export interface Frame {
  readonly type: string;
  readonly payload: Buffer;
}

/** The payload of a hello; digests that differ are refused. */
export function hello(digest: bigint = contractDigest()): Buffer {
  const bytes = Buffer.alloc(LAYOUT.hello.size);
  bytes.writeUInt32LE(HELLO_MAGIC, LAYOUT.hello.at.magic);
  bytes.writeUInt16LE(WIRE_VERSION, LAYOUT.hello.at.version);
  bytes.writeBigUInt64LE(digest, LAYOUT.hello.at.digest);
  return bytes;
}

/**
 * What runs another machine's agent here, and which agent it is: how architectures.test.ts has the
 * tests beside it repeated. Without them the agent is built for this machine.
 */
const EMULATOR = process.env.ALLOCERT_TEST_EMULATOR;
const AGENT = process.env.ALLOCERT_TEST_AGENT;

/** Whether agents are another machine's. */
export const EMULATED = EMULATOR !== undefined;

/** Why nothing can be said of pages that may be written and not read; false where it can. */
export const WRITE_ONLY_SKIP =
  EMULATOR === undefined
    ? false
    : "QEMU's user mode asks for read access to whatever a call may write (linux-user/qemu.h)";

/** Why nothing can be said of advice on mappings; false where it can. */
export const ADVICE_SKIP =
  EMULATOR === undefined
    ? false
    : "QEMU's user mode takes most advice without looking at it (target_madvise of linux-user/mmap.c)";

/** An agent on its standard streams, spoken to by hand: nothing of `adapters/remote` is in between. */
export class AgentProcess {
  readonly child: ChildProcess;
  /** Lines of key=value that it says of itself, once it is {@link ready}. */
  facts = '';
  names = new NameTable();
  #received = Buffer.alloc(0);
  /** What came behind it; put together only once a frame is whole, as frames can be long. */
  #pending: Buffer[] = [];
  #wake: () => void = () => undefined;
  #ended = false;
  readonly exit: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;

  private constructor(path: string, regions: readonly string[]) {
    const options = regions.flatMap((region) => ['--region', region]);
    const [program = path, ...rest] = EMULATOR === undefined ? [] : [EMULATOR, path];
    this.child = spawn(program, [...rest, ...options], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.#pending.push(chunk);
      this.#wake();
    });
    this.child.stdout?.on('end', () => {
      this.#ended = true;
      this.#wake();
    });
    // A refused peer may be gone before all of its bytes were taken; the refusal is what counts.
    this.child.stdin?.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
    this.exit = new Promise((resolve) => {
      this.child.on('exit', (code, signal) => resolve({ code, signal }));
    });
  }

  /** Builds the agent, where that was not done before, and starts it. */
  static async start(regions: readonly string[] = []): Promise<AgentProcess> {
    return new AgentProcess(AGENT ?? (await builtAgent()), regions);
  }

  /** As {@link start}, then the handshake and a first `begin`. */
  static async ready(regions: readonly string[] = ['/dev/zero']): Promise<AgentProcess> {
    const agent = await AgentProcess.start(regions);
    agent.send('hello', hello());
    await agent.expect('hello');
    agent.facts = (await agent.expect('facts')).toString();
    await agent.begin();
    return agent;
  }

  /** Why it cannot fork clients; false where it can. */
  get forkSkip(): string | false {
    if (/^capabilities=.*\bclients\b/m.test(this.facts)) return false;
    return "it cannot adopt clients: QEMU's user mode lacks prctl(PR_SET_CHILD_SUBREAPER)";
  }

  send(type: (typeof FRAMES)[number], payload: Uint8Array = new Uint8Array(0)): void {
    const head = Buffer.alloc(LAYOUT.frame.size);
    head.writeUInt32LE(payload.length, 0);
    head.writeUInt16LE(FRAMES.indexOf(type) + 1, LAYOUT.frame.at.type);
    this.sendRaw(Buffer.concat([head, payload]));
  }

  sendRaw(bytes: Uint8Array): void {
    this.child.stdin?.write(bytes);
  }

  get #arrived(): number {
    return this.#pending.reduce((sum, { length }) => sum + length, this.#received.length);
  }

  /** Bytes that the next frame has at least. */
  get #wanted(): number {
    const { size } = LAYOUT.frame;
    return this.#received.length < size ? size : size + this.#received.readUInt32LE(0);
  }

  /** The next frame, or undefined at the end of the stream. */
  async receive(): Promise<Frame | undefined> {
    for (;;) {
      if (this.#arrived < this.#wanted && !this.#ended) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      this.#received = Buffer.concat([this.#received, ...this.#pending.splice(0)]);
      if (this.#received.length >= LAYOUT.frame.size) {
        const end = LAYOUT.frame.size + this.#received.readUInt32LE(0);
        if (this.#received.length >= end) {
          const type = FRAMES[this.#received.readUInt16LE(LAYOUT.frame.at.type) - 1] ?? 'unknown';
          const payload = this.#received.subarray(LAYOUT.frame.size, end);
          this.#received = this.#received.subarray(end);
          return { type, payload };
        }
      }
      if (this.#ended) return undefined;
    }
  }

  async expect(type: (typeof FRAMES)[number]): Promise<Buffer> {
    const frame = await this.receive();
    if (frame?.type !== type) {
      throw new Error(`expected ${type}, got ${frame?.type}: ${frame?.payload.toString()}`);
    }
    return frame.payload;
  }

  async begin(caseId = 'test'): Promise<void> {
    this.names = new NameTable();
    this.send('begin', Buffer.from(caseId));
    await this.expect('begun');
  }

  async program(program: Program): Promise<History> {
    this.send('run', encodeProgram(program, this.names));
    await this.expect('executing');
    // A long Program is said to be executing every few seconds.
    let frame = await this.receive();
    while (frame?.type === 'executing') frame = await this.receive();
    if (frame?.type !== 'history') throw new Error(`no history: ${frame?.payload.toString()}`);
    return decodeHistory(frame.payload, program, this.names);
  }

  /** The results of one thread in `main`, or in the client named. */
  async run(operations: readonly Operation[], client = 'main'): Promise<readonly Result[]> {
    const history = await this.program({
      threads: [{ client, operations }],
      deadlineMs: 20_000,
    });
    return history.threads[0] ?? [];
  }

  async stop(): Promise<void> {
    this.child.stdin?.end();
    await this.exit;
  }
}
