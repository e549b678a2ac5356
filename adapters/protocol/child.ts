import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import type { Connection } from './connection.ts';

/** Bytes of standard error that are kept. */
const SAID_BYTES = 8192;
/** Lines that a death is reported with. */
const LAST_LINES = 40;
/** Milliseconds that a process gets to end once its input has ended. */
const PATIENCE_MS = 3000;
/** Milliseconds for the last of what a process said, once it has ended. */
const LINGER_MS = 500;

/** Signals that come from another process: none is raised by what the program itself does. */
const SENT: readonly NodeJS.Signals[] = ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'];

/** Starts a program that speaks the protocol on its standard streams; no shell is in between. */
export function connectChild(argv: readonly string[]): Connection {
  const [command = '', ...rest] = argv;
  // A group of its own: Ctrl-C in a terminal must not look like an agent that died.
  const child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  return new ChildConnection(child, command);
}

/**
 * The streams of a process as one. A failed write is not passed on: a process that closed its input
 * may still have said why, and that is read to its end.
 */
class ChildStream extends Duplex {
  readonly #child: ChildProcessWithoutNullStreams;

  constructor(child: ChildProcessWithoutNullStreams) {
    super();
    this.#child = child;
    child.stdin.on('error', () => child.stdin.destroy());
    child.stdout.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) child.stdout.pause();
    });
    child.stdout.once('close', () => {
      if (!this.destroyed) this.push(null);
    });
  }

  override _read(): void {
    this.#child.stdout.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (this.#child.stdin.writable) this.#child.stdin.write(chunk, () => done());
    else done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#child.stdin.destroy();
    this.#child.stdout.destroy();
    done(error);
  }
}

/** The end of a process: in words, and the signal that caused it. */
interface ChildEnd {
  readonly how: string;
  readonly signal: NodeJS.Signals | null;
}

class ChildConnection implements Connection {
  readonly stream: Duplex;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<ChildEnd>;
  #said = '';

  constructor(child: ChildProcessWithoutNullStreams, command: string) {
    this.#child = child;
    this.stream = new ChildStream(child);
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-SAID_BYTES);
    });
    this.#ended = new Promise((resolve) => {
      child.once('error', ({ message }) =>
        resolve({ how: `${command} cannot be started: ${message}`, signal: null }),
      );
      // Processes that it left behind may hold its streams open; they are not waited for.
      child.once('exit', () => setTimeout(() => child.stderr.destroy(), LINGER_MS).unref());
      child.once('close', (code, signal) => {
        const how = `${command} ended (${signal === null ? `exit status ${code}` : signal})`;
        resolve({ how, signal });
      });
    });
  }

  async lastWords(): ReturnType<Connection['lastWords']> {
    const { how: ended, signal } = await this.#end();
    const log = this.#said.split('\n').filter((line) => line.trim() !== '');
    const said = log.at(-1);
    return {
      message: said === undefined ? ended : `${ended}; it says: ${said}`,
      log: log.slice(-LAST_LINES),
      forced: signal !== null && SENT.includes(signal),
    };
  }

  async close(): Promise<void> {
    await this.#end();
  }

  /** The end of its input tells an agent to leave; what does not is killed. */
  async #end(): Promise<ChildEnd> {
    this.stream.destroy();
    const timer = setTimeout(() => killGroup(this.#child), PATIENCE_MS);
    const end = await this.#ended;
    clearTimeout(timer);
    return end;
  }
}

/** It leads a group of its own, with whatever it started. */
function killGroup({ pid }: ChildProcessWithoutNullStreams): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown;
  }
}
