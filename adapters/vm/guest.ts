import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { machineError } from '../../base/errors.ts';
import { findOnPath } from '../../base/find-on-path.ts';
import type { Acceleration } from './acceleration.ts';
import { GuestConsole } from './console.ts';
import { MACHINES, type Qemu } from './qemu.ts';

/** A kernel to boot, and the emulator to boot it in. */
export interface GuestOptions {
  readonly qemu: Qemu;
  readonly acceleration: Acceleration;
  readonly kernel: string;
  readonly initrd: string;
  /** The kernel's command line. */
  readonly append: string;
  readonly memoryMiB: number;
}

/** How QEMU ended. */
export interface GuestExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * Whether QEMU was ended from outside: by a signal, while the console showed no trouble. A guest
 * that dies of itself makes it end in peace instead, as it may not reboot (-no-reboot).
 *
 * @param exit undefined while QEMU runs
 * @param alarm what the console said that a kernel in order does not
 */
export const wasForced = (exit: GuestExit | undefined, alarm: string | undefined): boolean =>
  exit !== undefined && exit.signal !== null && alarm === undefined;

const PROCESSORS = '2';

/**
 * A process group of its own: Ctrl-C in a terminal goes to every process that runs there, and a
 * guest that it ended would look like one that crashed.
 */
const OWN_GROUP: { stdio: ['ignore', 'pipe', 'pipe']; detached: true } = {
  stdio: ['ignore', 'pipe', 'pipe'],
  detached: true,
};

/** Guests that run: none may outlive this process. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A virtual machine with a byte stream to the agent inside. */
export class Guest {
  /** The host's end of the virtio serial port; bytes wait until the guest opens its own. */
  readonly stream: Socket;
  readonly console: GuestConsole;
  /** Resolves when QEMU has ended, for whatever reason. */
  readonly exited: Promise<GuestExit>;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, stream: Socket, console: GuestConsole) {
    this.#child = child;
    this.stream = stream;
    // What breaks before the agent is spoken to shows there, as a stream that is closed.
    stream.on('error', () => {});
    this.console = console;
    this.exited = exitOf(child);
  }

  /** QEMU's process id. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /**
   * Starts QEMU. The kernel is still booting when this returns.
   *
   * @throws {@link AllocertError} when QEMU ends at once
   */
  static async start(options: GuestOptions): Promise<Guest> {
    const folder = await mkdtemp(join(tmpdir(), 'allocert-vm-'));
    const socket = join(folder, 'agent.sock');
    const server = createServer();
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(socket, resolve);
      });
      const child = spawnQemu(options, socket);
      const console = new GuestConsole();
      child.stdout?.setEncoding('utf8').on('data', (text: string) => console.push(text));
      child.stderr?.setEncoding('utf8').on('data', (text: string) => console.push(text));
      const stream = await connection(server, child, console);
      return new Guest(child, stream, console);
    } finally {
      server.close();
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Ends the machine at once and waits until it is gone. */
  async kill(): Promise<void> {
    this.stream.destroy();
    this.#child.kill('SIGKILL');
    await this.exited;
  }
}

function spawnQemu(options: GuestOptions, socket: string): ChildProcess {
  const args = [
    ...MACHINES[options.qemu.architecture].board,
    ...['-nodefaults', '-display', 'none', '-no-reboot'],
    ...['-smp', PROCESSORS, '-m', String(options.memoryMiB)],
    ...options.acceleration.options,
    ...['-kernel', options.kernel, '-initrd', options.initrd, '-append', options.append],
    ...['-serial', 'stdio', '-device', 'virtio-serial-pci'],
    ...['-chardev', `socket,id=agent,path=${socket}`],
    ...['-device', 'virtserialport,chardev=agent,name=allocert'],
  ];
  // Even when this process is killed without warning, no guest may stay behind.
  const setpriv = findOnPath('setpriv');
  const child =
    setpriv === undefined
      ? spawn(options.qemu.program, args, OWN_GROUP)
      : spawn(setpriv, ['--pdeathsig', 'KILL', options.qemu.program, ...args], OWN_GROUP);
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** QEMU connects as soon as it has understood its options; ending before that is a failure. */
function connection(server: Server, child: ChildProcess, console: GuestConsole): Promise<Socket> {
  return new Promise((resolve, reject) => {
    server.once('connection', resolve);
    child.once('error', (error) => reject(machineError(`cannot start QEMU: ${error.message}`)));
    child.once('close', (code) => {
      const said = console.tail(3).join(' / ') || `exit code ${code}`;
      reject(machineError(`QEMU ended before the kernel ran: ${said}`));
    });
  });
}

function exitOf(child: ChildProcess): Promise<GuestExit> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return Promise.resolve({ code: child.exitCode, signal: child.signalCode });
  }
  return new Promise((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
}
