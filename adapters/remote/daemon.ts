import type { Duplex } from 'node:stream';
import { machineError } from '../../base/errors.ts';
import type { Adapter, Session } from '../contract/index.ts';
import type { Arrival } from './door.ts';
import { DAEMON_TIMEOUTS, type DaemonTimeouts, type Peer, serveClient } from './serve-client.ts';
import { Turns } from './turns.ts';

/** The target that a daemon serves, and who hears of its clients. */
export interface DaemonOptions {
  /** An adapter for each client: what one client leaves behind reaches no other. */
  openTarget(): Promise<Adapter>;
  /** Hears one sentence when a client comes, leaves or is dropped. */
  onEvent(sentence: string): void;
  readonly timeouts?: DaemonTimeouts;
}

/**
 * Serves clients, each over a stream and on a session of its own. Targets whose sessions share
 * nothing serve any number at once; all others serve one client after another, since two at a time
 * would see each other's memory and be judged by it.
 */
export class Daemon {
  readonly #options: DaemonOptions;
  readonly #timeouts: DaemonTimeouts;
  readonly #streams = new Set<Duplex>();
  readonly #served = new Set<Promise<void>>();
  readonly #turns = new Turns();
  #clients = 0;

  constructor(options: DaemonOptions) {
    this.#options = options;
    this.#timeouts = options.timeouts ?? DAEMON_TIMEOUTS;
  }

  /**
   * Serves the client at the other end of a stream, until it leaves or is dropped.
   *
   * @param arrival its place at the door; a stream that came through no door needs none
   */
  accept(stream: Duplex, arrival?: Pick<Arrival, 'enter'>): void {
    this.#clients += 1;
    const client = `client ${this.#clients}`;
    this.#options.onEvent(`${client} is here`);
    this.#streams.add(stream);
    let leave = (): void => {};
    const open = async (peer: Peer): Promise<Session> => {
      leave = arrival?.enter() ?? leave;
      return this.#open(peer);
    };
    const settled = serveClient(stream, open, this.#timeouts)
      .then((dropped) => {
        const how = dropped === undefined ? 'has left' : `was dropped: ${dropped}`;
        this.#options.onEvent(`${client} ${how}`);
      })
      .catch((thrown: unknown) => this.#options.onEvent(`${client}: ${String(thrown)}`))
      .finally(() => {
        leave();
        this.#streams.delete(stream);
        this.#served.delete(settled);
      });
    this.#served.add(settled);
  }

  /** Drops every client and waits until what was opened for it is closed. */
  async close(): Promise<void> {
    for (const stream of this.#streams) stream.destroy();
    await Promise.all(this.#served);
  }

  async #open(peer: Peer): Promise<Session> {
    const adapter = await this.#options.openTarget();
    let release = (): void => {};
    const close = async (): Promise<void> => {
      try {
        await adapter.close();
      } finally {
        release();
      }
    };
    try {
      if (adapter.independent !== true) {
        release = await this.#turns.take((turn) => this.#inTime(turn, peer));
      }
      return closingWith(await adapter.open(), close);
    } catch (thrown) {
      await close();
      throw thrown;
    }
  }

  /** A turn, unless it comes too late or its client goes away. */
  async #inTime(turn: Promise<void>, peer: Peer): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((_, reject) => {
      const sentence = 'the target serves another client; come back when that one is done';
      timer = setTimeout(() => reject(machineError(sentence)), this.#timeouts.turnMs);
    });
    try {
      await peer.unlessLost(Promise.race([turn, late]));
    } finally {
      clearTimeout(timer);
    }
  }
}

/**
 * A session whose end closes more than itself, once. What still runs on the target then, because
 * its client went away, is waited for: the next client must not meet it.
 */
function closingWith(session: Session, close: () => Promise<void>): Session {
  let closed = false;
  let running: Promise<unknown> = Promise.resolve();
  const watched = <T>(work: Promise<T>): Promise<T> => {
    running = work.catch(() => undefined); // Whoever asked for it hears of it.
    return work;
  };
  return {
    facts: session.facts,
    begin: (caseId) => watched(session.begin(caseId)),
    run: (program) => watched(session.run(program)),
    close: async () => {
      if (closed) return;
      closed = true;
      try {
        await session.close();
        await running;
      } finally {
        await close();
      }
    },
  };
}
