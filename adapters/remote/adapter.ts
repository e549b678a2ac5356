import { setTimeout } from 'node:timers/promises';
import type { Adapter, Session } from '../contract/index.ts';
import { ChannelGarbled, ChannelLost } from '../protocol/channel.ts';
import { connectChild } from '../protocol/child.ts';
import { connectAgent } from '../protocol/client.ts';
import type { Connection } from '../protocol/connection.ts';
import { targetFacts } from '../protocol/facts.ts';
import { sshCommand } from './ssh.ts';
import { parseRemoteTarget, type RemoteTarget } from './target-url.ts';
import { connectTls } from './tls.ts';
import { connectUnix } from './unix.ts';

/** Milliseconds in which a peer that was lost may come back, or one that has too many find room. */
const RECONNECT_MS = 5000;
const RETRY_MS = 200;

/**
 * An agent or a daemon elsewhere as a target; docs/remote.md lists the URLs.
 *
 * @throws {@link AllocertError} for a URL of no known form
 */
export function openRemote(url: string): Adapter {
  return new RemoteAdapter(url, parseRemoteTarget(url));
}

/** Whether no peer answered; one that answers and refuses has said all that it will. */
const isAway = (thrown: unknown): boolean =>
  thrown instanceof Error &&
  thrown.cause instanceof ChannelLost &&
  !(thrown.cause instanceof ChannelGarbled);

class RemoteAdapter implements Adapter {
  readonly url: string;
  readonly #target: RemoteTarget;
  readonly #open = new Set<Connection>();
  readonly #losses = new Set<string>();

  constructor(url: string, target: RemoteTarget) {
    this.url = url;
    this.#target = target;
  }

  /** After a loss the peer may be starting again; before one, a wrong URL is told at once. */
  async open(): Promise<Session> {
    const end = performance.now() + RECONNECT_MS;
    for (;;) {
      const connection = connect(this.#target);
      try {
        return await this.#over(connection);
      } catch (thrown) {
        const again = this.#losses.size > 0 || connection.turnedAway?.() === true;
        if (!again || !isAway(thrown) || performance.now() >= end) throw thrown;
      }
      await setTimeout(RETRY_MS);
    }
  }

  async #over(connection: Connection): Promise<Session> {
    this.#open.add(connection);
    const close = async (): Promise<void> => {
      this.#open.delete(connection);
      await connection.close();
    };
    try {
      return await connectAgent(connection.stream, {
        describe: (agent) => targetFacts('remote', agent, {}),
        lastWords: () => connection.lastWords(),
        onClose: close,
        losses: this.#losses,
      });
    } catch (thrown) {
      await close();
      throw thrown;
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open].map((connection) => connection.close()));
    this.#open.clear();
  }
}

function connect(target: RemoteTarget): Connection {
  switch (target.transport) {
    case 'exec':
      return connectChild(target.argv);
    case 'unix':
      return connectUnix(target.path);
    case 'tls':
      return connectTls(target);
    case 'ssh':
      return connectChild(sshCommand(target));
  }
}
