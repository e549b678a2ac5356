import { inTime } from '../../base/code-of-others.ts';
import { AllocertError, type Blame, machineError, messageOf } from '../../base/errors.ts';
import { thrownAt } from '../../base/thrown-at.ts';
import { factsViolation } from '../contract/facts-violation.ts';
import type { History } from '../contract/history.ts';
import { historyViolation, MalformedHistory } from '../contract/history-violation.ts';
import type { Program } from '../contract/program.ts';
import { type Adapter, type Session, TargetDeath, type TargetFacts } from '../contract/session.ts';

/**
 * An adapter of someone else whose failures are told apart from bugs of allocert: a death stays a
 * death, a sentence stays a sentence, and whatever else it throws names the adapter. A call that
 * does not come back in time is a failure of the adapter, never a hang of its target.
 */
export function guardAdapter(adapter: Adapter, url: string): Adapter {
  return {
    url,
    open: async () => {
      const session: unknown = await withNamedAdapter(url, 'open', () => adapter.open());
      refuseHalfSession(session, url);
      const facts = await withNamedAdapter(url, 'facts', () => session.facts);
      const violation = factsViolation(facts);
      if (violation === undefined) return new GuardedSession(session, facts, url);
      throw machineError(`the adapter ${url} does not describe its target: ${violation}`);
    },
    close: () => withNamedAdapter(url, 'close', () => adapter.close()),
  };
}

const METHODS = ['begin', 'run', 'close'] as const;

function refuseHalfSession(given: unknown, url: string): asserts given is Session {
  const session = given as Partial<Session> | null | undefined;
  const lacks = METHODS.filter((method) => typeof session?.[method] !== 'function');
  if (lacks.length === 0) return;
  throw machineError(
    `the adapter ${url} opened something that is not a Session: ` +
      `it lacks ${lacks.map((name) => `${name}()`).join(' and ')}`,
  );
}

class GuardedSession implements Session {
  readonly #session: Session;
  readonly #url: string;
  /** As they were when they were checked. */
  readonly facts: TargetFacts;

  constructor(session: Session, facts: TargetFacts, url: string) {
    this.#session = session;
    this.#url = url;
    this.facts = facts;
  }

  begin(caseId: string): Promise<void> {
    return withNamedAdapter(this.#url, 'begin', () => this.#session.begin(caseId));
  }

  async run(program: Program): Promise<History> {
    const history = await withNamedAdapter(this.#url, 'run', () => this.#session.run(program));
    const violation = historyViolation(history, program);
    if (violation === undefined) return history;
    throw new MalformedHistory(this.#url, violation, history);
  }

  close(): Promise<void> {
    return withNamedAdapter(this.#url, 'close', () => this.#session.close());
  }
}

async function withNamedAdapter<T>(
  url: string,
  call: string,
  work: () => T | Promise<T>,
): Promise<T> {
  try {
    return await inTime(`${call} of the adapter ${url}`, work);
  } catch (thrown) {
    throw translated(thrown, url);
  }
}

/** By name and not by class: an adapter may have an installation of allocert of its own. */
function translated(thrown: unknown, url: string): Error {
  if (thrown instanceof TargetDeath || thrown instanceof AllocertError) return thrown;
  if (thrown instanceof Error && thrown.name === 'TargetDeath') {
    const { manner, log } = thrown as { readonly manner?: unknown; readonly log?: unknown };
    const lines = Array.isArray(log) ? log.filter((line) => typeof line === 'string') : [];
    return new TargetDeath(manner === 'hang' ? 'hang' : 'crash', messageOf(thrown), lines);
  }
  if (thrown instanceof Error && thrown.name === 'AllocertError') {
    const { blame } = thrown as Error & { readonly blame?: unknown };
    const known: Blame = blame === 'usage' ? 'usage' : 'machine';
    return new AllocertError(known, messageOf(thrown), { cause: thrown });
  }
  return machineError(
    `the adapter ${url} failed: ${messageOf(thrown)}${thrownAt(thrown)}; allocert adapter check ${url} tests it`,
    thrown,
  );
}
