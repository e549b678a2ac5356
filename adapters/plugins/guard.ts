import { AllocertError, type Blame, machineError, messageOf } from '../../base/errors.ts';
import type { History } from '../contract/history.ts';
import { historyViolation, MalformedHistory } from '../contract/history-violation.ts';
import type { Program } from '../contract/program.ts';
import { type Adapter, type Session, TargetDeath } from '../contract/session.ts';

/**
 * An adapter of someone else whose failures are told apart from bugs of allocert: a death stays a
 * death, a sentence stays a sentence, and whatever else it throws names the adapter.
 */
export function guardAdapter(adapter: Adapter, url: string): Adapter {
  return {
    url,
    open: async () => new GuardedSession(await withNamedAdapter(url, () => adapter.open()), url),
    close: () => withNamedAdapter(url, () => adapter.close()),
  };
}

class GuardedSession implements Session {
  readonly #session: Session;
  readonly #url: string;

  constructor(session: Session, url: string) {
    this.#session = session;
    this.#url = url;
  }

  get facts(): Session['facts'] {
    return this.#session.facts;
  }

  begin(caseId: string): Promise<void> {
    return withNamedAdapter(this.#url, () => this.#session.begin(caseId));
  }

  async run(program: Program): Promise<History> {
    const history = await withNamedAdapter(this.#url, () => this.#session.run(program));
    const violation = historyViolation(history, program);
    if (violation === undefined) return history;
    throw new MalformedHistory(this.#url, violation, history);
  }

  close(): Promise<void> {
    return withNamedAdapter(this.#url, () => this.#session.close());
  }
}

async function withNamedAdapter<T>(url: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw translated(thrown, url);
  }
}

/** By name and not by class: an adapter may have an installation of allocert of its own. */
function translated(thrown: unknown, url: string): Error {
  if (thrown instanceof TargetDeath || thrown instanceof AllocertError) return thrown;
  if (thrown instanceof Error && thrown.name === 'TargetDeath') {
    const { manner, log } = thrown as TargetDeath;
    return new TargetDeath(manner === 'hang' ? 'hang' : 'crash', thrown.message, log ?? []);
  }
  if (thrown instanceof Error && thrown.name === 'AllocertError') {
    const { blame } = thrown as Error & { readonly blame: Blame };
    return new AllocertError(blame, thrown.message, { cause: thrown });
  }
  return machineError(
    `the adapter ${url} failed: ${messageOf(thrown)}; allocert adapter check ${url} tests it`,
    thrown,
  );
}
