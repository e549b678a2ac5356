import type { Duplex } from 'node:stream';
import { machineError } from '../../base/errors.ts';
import type { Adapter, Session } from '../contract/index.ts';
import { DAEMON_TIMEOUTS, type DaemonTimeouts, serveClient } from './serve-client.ts';

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
  #turn: Promise<void> = Promise.resolve();
  #clients = 0;

  constructor(options: DaemonOptions) {
    this.#options = options;
    this.#timeouts = options.timeouts ?? DAEMON_TIMEOUTS;
  }

  /** Serves the client at the other end of a stream, until it leaves or is dropped. */
  accept(stream: Duplex): void {
    this.#clients += 1;
    const client = `client ${this.#clients}`;
    this.#options.onEvent(`${client} is here`);
    this.#streams.add(stream);
    const served = serveClient(stream, (lost) => this.#open(lost), this.#timeouts).then(
      (dropped) => {
        const how = dropped === undefined ? 'has left' : `was dropped: ${dropped}`;
        this.#options.onEvent(`${client} ${how}`);
      },
    );
    const settled = served
      .catch((thrown: unknown) => this.#options.onEvent(`${client}: ${String(thrown)}`))
      .finally(() => {
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

  async #open(lost: () => boolean): Promise<Session> {
    const adapter = await this.#options.openTarget();
    const release = adapter.independent === true ? () => {} : await this.#takeTurn(lost);
    const close = async (): Promise<void> => {
      try {
        await adapter.close();
      } finally {
        release();
      }
    };
    try {
      return closingWith(await adapter.open(), close);
    } catch (thrown) {
      await close();
      throw thrown;
    }
  }

  /** Waits until the client before is done; calling the result lets the next one in. */
  async #takeTurn(lost: () => boolean): Promise<() => void> {
    let release = (): void => {};
    const before = this.#turn;
    const mine = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.#turn = before.then(() => mine);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), this.#timeouts.turnMs);
    });
    const turn = await Promise.race([before, late]);
    clearTimeout(timer);
    if (turn !== 'late' && !lost()) return release;
    release();
    throw machineError('the target serves another client; come back when that one is done');
  }
}

/** A session whose end closes more than itself, once. */
function closingWith(session: Session, close: () => Promise<void>): Session {
  let closed = false;
  return {
    facts: session.facts,
    begin: (caseId) => session.begin(caseId),
    run: (program) => session.run(program),
    close: async () => {
      if (closed) return;
      closed = true;
      try {
        await session.close();
      } finally {
        await close();
      }
    },
  };
}
