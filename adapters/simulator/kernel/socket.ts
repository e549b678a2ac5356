import type { ErrnoName } from '../../contract/errno.ts';
import { linuxNumbers } from '../../contract/linux-numbers.ts';
import type { KernelLog } from './kernel-log.ts';
import { type FileStatus, OpenFile, POLL_READY } from './open-file.ts';

const { O_RDWR, POLLOUT, S_IFSOCK } = linuxNumbers;
/** net.unix.max_dgram_qlen of an ordinary system: one more message waits for the receiver. */
const MESSAGES_MAX = 10;

/**
 * One end of an AF_UNIX datagram pair. A message holds a reference to the file that it carries, so
 * a buffer in flight lives on when its sender is gone. Source: unix(7).
 */
export class Socket extends OpenFile {
  readonly #inode: number;
  readonly #registry: Set<Socket>;
  readonly #messages: OpenFile[] = [];
  #peer: Socket | undefined;

  private constructor(log: KernelLog, inode: number, registry: Set<Socket>) {
    super(log, O_RDWR);
    this.#inode = inode;
    this.#registry = registry;
    registry.add(this);
  }

  /** socketpair(2). */
  static pair(log: KernelLog, nextInode: () => number, registry: Set<Socket>): [Socket, Socket] {
    const one = new Socket(log, nextInode(), registry);
    const other = new Socket(log, nextInode(), registry);
    one.#peer = other;
    other.#peer = one;
    return [one, other];
  }

  link(): string {
    return `socket:[${this.#inode}]`;
  }

  status(): FileStatus {
    return { mode: S_IFSOCK | 0o777, size: 0n, inode: this.#inode, device: 8 };
  }

  /** Files in messages that were not received yet. */
  get inFlight(): readonly OpenFile[] {
    return this.#messages;
  }

  /** Sends a file to the other end, taking a reference to it. */
  send(file: OpenFile): bigint | ErrnoName {
    if (this.#peer === undefined) return 'ECONNREFUSED';
    if (this.#peer.#messages.length > MESSAGES_MAX) return 'EAGAIN';
    this.#peer.#messages.push(file.hold('scm_fp_copy'));
    return 1n;
  }

  /** Takes the oldest message; its reference goes to the caller. */
  receive(): OpenFile | undefined {
    return this.#messages.shift();
  }

  /** The oldest message without taking it. */
  peek(): OpenFile | undefined {
    return this.#messages[0];
  }

  override get positioned(): boolean {
    return false;
  }

  override poll(): number {
    return this.#messages.length > 0 ? POLL_READY : POLLOUT;
  }

  protected override release(): void {
    this.#registry.delete(this);
    if (this.#peer !== undefined) this.#peer.#peer = undefined;
    this.#peer = undefined;
    this.drain();
  }

  /** Drops every message that was not received. */
  drain(): void {
    for (const file of this.#messages.splice(0)) file.put('unix_destruct_scm');
  }
}

/**
 * Drops messages of sockets that only other such messages refer to: without it, a socket sent over
 * itself would keep what it carries for ever. Source: the kernel's net/unix/garbage.c.
 */
export function collectGarbage(registry: ReadonlySet<Socket>): void {
  const inFlight = new Map<OpenFile, number>();
  for (const socket of registry) {
    for (const file of socket.inFlight) inFlight.set(file, (inFlight.get(file) ?? 0) + 1);
  }
  if (![...inFlight.keys()].some((file) => file instanceof Socket)) return;
  const reached = [...registry].filter((one) => one.references > (inFlight.get(one) ?? 0));
  const live = new Set<OpenFile>(reached);
  for (let socket = reached.pop(); socket !== undefined; socket = reached.pop()) {
    for (const file of socket.inFlight) {
      if (!(file instanceof Socket) || live.has(file)) continue;
      live.add(file);
      reached.push(file);
    }
  }
  for (const socket of [...registry]) if (!live.has(socket)) socket.drain();
}
