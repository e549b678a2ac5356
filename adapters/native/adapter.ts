import { join } from 'node:path';
import { cacheFolder, makeCacheFolder } from '../../base/cache.ts';
import { announceCode } from '../../base/code-of-others.ts';
import type { Adapter, Session } from '../contract/index.ts';
import { buildAgent } from '../executor/build/build.ts';
import { connectChild } from '../protocol/child.ts';
import { connectAgent } from '../protocol/client.ts';
import type { Connection } from '../protocol/connection.ts';
import { withDeclared } from '../protocol/declared-region.ts';
import { targetFacts } from '../protocol/facts.ts';
import { InProcessAdapter } from './in-process.ts';
import { type NativeTarget, parseNativeTarget } from './target-url.ts';

/**
 * A device node or a vendor's library on this machine as a target; docs/native.md says what each
 * mode guarantees.
 *
 * @throws {@link AllocertError} for a URL of no known form, or of what is not here
 */
export function openNative(url: string): Adapter {
  const target = parseNativeTarget(url);
  if (target.mode === 'contained') return new ContainedAdapter(url, target);
  announceCode(`the ${target.kind === 'library' ? 'library' : 'executor'} of ${url}`);
  return new InProcessAdapter(url, target);
}

/**
 * The agent as a child process, spoken to over its standard streams: what the implementation does
 * to a process it does to the agent's clients, or at worst to the agent, and never to this one.
 */
class ContainedAdapter implements Adapter {
  readonly url: string;
  readonly #target: NativeTarget;
  #connection: Connection | undefined;

  constructor(url: string, target: NativeTarget) {
    this.url = url;
    this.#target = target;
  }

  async open(): Promise<Session> {
    await this.close();
    const agents = join(cacheFolder(), 'agent');
    makeCacheFolder(agents);
    const { kind, path, confined } = this.#target;
    const agent = await buildAgent(agents, { loadsLibraries: kind === 'library' });
    const connection = connectChild([
      agent.path,
      kind === 'library' ? '--library' : '--region',
      path,
      ...(confined ? [] : ['--confine', 'no']),
    ]);
    this.#connection = connection;
    try {
      return await connectAgent(connection.stream, {
        describe: (said) =>
          withDeclared(
            targetFacts('native', said, {
              agent: agent.digest,
              compiler: agent.compiler,
              mode: 'contained',
            }),
            this.#target.declared,
          ),
        lastWords: () => connection.lastWords(),
        silenceIsForced: true,
        onClose: () => connection.close(),
      });
    } catch (thrown) {
      await this.close();
      throw thrown;
    }
  }

  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.close();
  }
}
