import { isIP, type Socket } from 'node:net';
import { machineError } from '../../base/errors.ts';
import { Refusals } from './refusals.ts';

/** How many connections a daemon has at once. */
export interface DoorLimits {
  /** Connections that have not shown yet that they are clients. */
  readonly waiting: number;
  /** The same from one address of a network. */
  readonly waitingPerAddress: number;
  /** Clients. */
  readonly clients: number;
  /** Clients from one address of a network. */
  readonly clientsPerAddress: number;
}

/** The limits of a daemon that is given none. */
export const DOOR_LIMITS: DoorLimits = {
  waiting: 512,
  waitingPerAddress: 128,
  clients: 64,
  clientsPerAddress: 32,
};

/** A connection that arrived at a daemon and is no client yet. */
export interface Arrival {
  /** It has shown a certificate that counts: others are dropped before it. */
  vouch(): void;
  /** Says that it was refused; its socket is closed by whoever refuses it. */
  refuse(reason: string): void;
  /**
   * It has said hello and becomes a client.
   *
   * @returns what to call when it is served no more
   * @throws {@link AllocertError} when there are as many clients as there may be
   */
  enter(): () => void;
}

interface Waiting {
  readonly socket: Socket;
  readonly from: string | undefined;
  readonly network: string;
  vouched: boolean;
  /** Whether it has been said already what became of it. */
  told: boolean;
}

/** Peers at a socket of this machine are one user's, and not told apart. */
const LOCAL = '';

/**
 * Where connections wait until they have shown that they are clients. There is always room for one
 * more: where it is full, a connection of whoever has most of them gives way, first one that has
 * said nothing. So connections that nobody answers for keep no client out, however many come.
 */
export class Door {
  readonly #limits: DoorLimits;
  readonly #refusals: Refusals;
  /** Oldest first. */
  readonly #waiting = new Set<Waiting>();
  /** How many clients there are by their network. */
  readonly #clients = new Map<string, number>();

  /** @param say hears one sentence of each connection that is refused */
  constructor(say: (sentence: string) => void, limits: DoorLimits = DOOR_LIMITS) {
    this.#limits = limits;
    this.#refusals = new Refusals(say);
  }

  /** Takes in a connection, for which an older one may have to go. */
  arrive(socket: Socket): Arrival {
    const from = socket.remoteAddress;
    const network = from === undefined ? LOCAL : networkOf(from);
    this.#makeRoom(network);
    const waiting: Waiting = { socket, from, network, vouched: false, told: false };
    this.#waiting.add(waiting);
    socket.once('close', () => this.#waiting.delete(waiting));
    // What ends a connection is heard by whoever reads from it, which may be nobody yet.
    socket.on('error', () => socket.destroy());
    return {
      vouch: () => {
        waiting.vouched = true;
      },
      refuse: (reason) => this.#tell(waiting, reason),
      enter: () => this.#enter(waiting),
    };
  }

  /** Drops whoever waits. */
  close(): void {
    for (const waiting of this.#waiting) {
      waiting.told = true;
      waiting.socket.destroy();
    }
    this.#refusals.flush();
  }

  #enter(waiting: Waiting): () => void {
    const { clients, clientsPerAddress } = this.#limits;
    const { network } = waiting;
    const own = this.#clients.get(network) ?? 0;
    const all = [...this.#clients.values()].reduce((sum, count) => sum + count, 0);
    if (all >= clients) {
      throw machineError(`${clients} clients are here already; come back when one has left`);
    }
    if (network !== LOCAL && own >= clientsPerAddress) {
      throw machineError(
        `${clientsPerAddress} clients from your address are here already; ` +
          'come back when one of them has left',
      );
    }
    this.#waiting.delete(waiting);
    this.#clients.set(network, own + 1);
    return () => {
      const left = (this.#clients.get(network) ?? 1) - 1;
      if (left === 0) this.#clients.delete(network);
      else this.#clients.set(network, left);
    };
  }

  #makeRoom(network: string): void {
    const { waiting, waitingPerAddress } = this.#limits;
    const counts = new Map<string, number>();
    for (const one of this.#waiting) counts.set(one.network, (counts.get(one.network) ?? 0) + 1);
    if (network !== LOCAL && (counts.get(network) ?? 0) >= waitingPerAddress) {
      this.#drop(network, `${waitingPerAddress} connections from its address waited already`);
    } else if (this.#waiting.size >= waiting) {
      const [heaviest = network] = [...counts].toSorted(([, a], [, b]) => b - a)[0] ?? [];
      this.#drop(heaviest, `${waiting} connections waited already`);
    }
  }

  /**
   * The oldest that has said nothing goes first, and one with a certificate that counts last. Of
   * those in the middle of a handshake any may go: a flood must not be able to time it.
   */
  #drop(network: string, reason: string): void {
    const own = [...this.#waiting].filter((one) => one.network === network);
    const unknown = own.filter(({ vouched }) => !vouched);
    const goes =
      unknown.find(({ socket }) => socket.bytesRead === 0) ??
      unknown[Math.floor(Math.random() * unknown.length)] ??
      own[0];
    if (goes === undefined) return;
    this.#waiting.delete(goes);
    this.#tell(goes, reason);
    goes.socket.destroy();
  }

  #tell(waiting: Waiting, reason: string): void {
    if (waiting.told) return;
    waiting.told = true;
    this.#refusals.add(waiting.from, reason);
  }
}

/**
 * The part of an address that tells one peer from another: all of an IPv4 address, the first half
 * of an IPv6 address, since whoever has one has all with the same first half.
 */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (isIP(address) !== 6) return address;
  const [start = '', end] = address.replace(/%.*$/, '').split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const [before, after] = [groups(start), groups(end ?? '')];
  const gap = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0');
  return `${[...before, ...gap, ...after].slice(0, 4).join(':')}::/64`;
}
