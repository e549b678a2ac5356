import type { Detection, RoundReport } from '../judge/round-report.ts';

/** Rounds in a row that must have got no buffer at all before the target is accused of it. */
export const UNSERVED_ROUNDS = 64;

/** Part of the time from which on a campaign has waited rather than judged. */
const MOSTLY = 0.5;

/**
 * Counts what a campaign has really seen of its target: the time that it waited, and whether
 * anything was given to it at all.
 */
export class Completeness {
  #rounds = 0;
  #waited = 0;
  #milliseconds = 0;
  #waitedMilliseconds = 0;
  #unserved = 0;

  /** Counts a round. @returns the proof, once so many in a row were refused everything */
  count({ service, time }: RoundReport): Detection | undefined {
    this.#rounds += 1;
    if (time !== undefined) {
      this.#milliseconds += time.total;
      this.#waitedMilliseconds += time.waited;
      if (time.waited > 0) this.#waited += 1;
    }
    if (service === undefined) return undefined;
    this.#unserved = service.granted ? 0 : this.#unserved + 1;
    return this.#unserved === UNSERVED_ROUNDS ? service.refusal : undefined;
  }

  /**
   * Why the campaign says little of its target; empty when it says what it can.
   *
   * @param done rounds of the campaign, those of earlier parts among them
   */
  reason(done: number): string {
    if (done === 0) return 'no round ended, so nothing was judged';
    if (this.#waitedMilliseconds <= this.#milliseconds * MOSTLY) return '';
    const share = Math.round((100 * this.#waitedMilliseconds) / this.#milliseconds);
    return (
      `it mostly waited: calls did not come back in time in ${this.#waited} of ${this.#rounds} ` +
      `rounds, which took ${share} % of the time`
    );
  }
}
