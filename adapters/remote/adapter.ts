import type { Adapter, Session } from '../contract/index.ts';
import { connectChild } from './child.ts';
import { connectAgent } from './client.ts';
import type { Connection } from './connection.ts';
import { targetFacts } from './facts.ts';
import { sshCommand } from './ssh.ts';
import { parseRemoteTarget, type RemoteTarget } from './target-url.ts';
import { connectTls } from './tls.ts';
import { connectUnix } from './unix.ts';

/**
 * An agent or a daemon elsewhere as a target; docs/remote.md lists the URLs.
 *
 * @throws {@link AllocertError} for a URL that is none
 */
export function openRemote(url: string): Adapter {
  return new RemoteAdapter(url, parseRemoteTarget(url));
}

class RemoteAdapter implements Adapter {
  readonly url: string;
  readonly #target: RemoteTarget;
  readonly #open = new Set<Connection>();
  readonly #losses = new Set<string>();

  constructor(url: string, target: RemoteTarget) {
    this.url = url;
    this.#target = target;
  }

  async open(): Promise<Session> {
    const connection = await connect(this.#target);
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

async function connect(target: RemoteTarget): Promise<Connection> {
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
