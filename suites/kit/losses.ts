import type { Death, History } from '../../adapters/contract/index.ts';
import { oomKill } from '../../oracles/alarms.ts';
import { ClientLost, Inconclusive } from './observation.ts';

/** What became of clients that must outlive a case, over all of its Programs. */
export class Losses {
  readonly #dead = new Map<string, Death>();

  /** Takes in who died while a Program ran, whoever ended them. */
  note({ deaths }: History): void {
    for (const death of deaths) this.#dead.set(death.client, death);
  }

  /**
   * Ends the case when a Program lost a client that it may not lose.
   *
   * @param clients of the Program's threads
   * @throws {@link ClientLost} for a call that never returned, or a client that died in one
   * @throws {@link Inconclusive} where the target is slow, or a client was gone before it began
   */
  check(history: History, clients: readonly string[]): void {
    const { deadlineHit, progressing } = history;
    const results = history.threads.flat();
    if (deadlineHit && progressing === true) {
      throw new Inconclusive(
        'the target is too slow: calls came back, but not all of them in time',
      );
    }
    if (!results.some((result) => result.outcome === 'lost')) {
      this.#checkBegun(history, clients);
      return;
    }
    if (deadlineHit) {
      throw new ClientLost('hang', 'a system call did not come back before the deadline');
    }
    throw new ClientLost('crash', `a client died in a system call: ${howOf(history)}`);
  }

  /** A client that was killed before its first operation had nothing to do with the target. */
  #checkBegun({ threads }: History, clients: readonly string[]): void {
    for (const [index, results] of threads.entries()) {
      const client = clients[index] ?? '';
      const death = this.#dead.get(client);
      const begun = results.some(({ outcome }) => outcome !== 'not-run');
      if (begun || results.length === 0) continue;
      if (death?.signal !== 'SIGKILL' || death.reason !== 'own') continue;
      throw new Inconclusive(`${client} was killed by SIGKILL before its first operation`);
    }
  }
}

function howOf({ deaths, log }: History): string {
  const how = deaths.map((death) => `${death.client} by ${death.signal ?? 'exit'}`).join(', ');
  const line = oomKill(log);
  return line === undefined ? how : `${how}, by the OOM killer: ${line}`;
}
