import type { History, Session } from '../../adapters/contract/index.ts';
import type { Scenario } from '../generate/scenario.ts';
import { historiesOf } from './run-scenario.ts';

/** A scenario that a session has been given before its turn. */
interface Given {
  readonly session: Session;
  readonly scenario: Scenario;
  readonly histories: Promise<readonly History[]>;
}

/**
 * Scenarios that the target is given before their turn, so that it runs one while another is made
 * and a third is judged. They run in the order in which they were given. What a session was given
 * is forgotten with it, and runs again in the next.
 */
export class RunAhead {
  readonly #given: Given[] = [];

  /** Whether there is a scenario whose turn has not come. */
  get isBusy(): boolean {
    return this.#given.length > 0;
  }

  /** Gives a session a scenario whose turn comes later; nothing happens if it takes none. */
  start(session: Session, scenario: Scenario): void {
    if (session.runCase === undefined || this.#given.some((one) => one.scenario === scenario)) {
      return;
    }
    const histories = historiesOf(session, scenario);
    histories.catch(() => undefined); // Heard of when its turn comes.
    this.#given.push({ session, scenario, histories });
  }

  /** The Histories of a scenario, which runs now unless the session was given it before. */
  run(session: Session, scenario: Scenario): Promise<readonly History[]> {
    const at = this.#given.findIndex((one) => one.scenario === scenario);
    const [given] = at < 0 ? [] : this.#given.splice(at, 1);
    return given?.session === session ? given.histories : historiesOf(session, scenario);
  }

  /** Forgets what was given: the session is over. */
  clear(): void {
    this.#given.length = 0;
  }
}
