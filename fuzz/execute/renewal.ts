import type { History } from '../../adapters/contract/index.ts';
import { kernelAlarms, withoutNumbers } from '../../oracles/index.ts';

/** Fresh targets for complaints that were heard before: starting a kernel takes a while. */
const REPEATED_MAX = 10;

/**
 * Says after which rounds the next one needs a fresh target. A kernel that complained is damaged,
 * and may say nothing of the next defect; but one that complains in every round would be started
 * for each of them. What was complained of often enough is lived with.
 */
export class Renewal {
  readonly #heard = new Set<string>();
  #repeated = 0;
  /** Whether no complaint calls for a fresh target, for as long as this is set. */
  bears = false;

  /** Takes in what a round brought; true where the target is to be started anew after it. */
  isDue(histories: readonly History[]): boolean {
    const complaints = histories.flatMap(({ log }) => kernelAlarms(log)).map(withoutNumbers);
    if (complaints.length === 0) return false;
    const isNew = complaints.some((one) => !this.#heard.has(one));
    for (const one of complaints) this.#heard.add(one);
    if (this.bears) return false;
    if (!isNew) this.#repeated += 1;
    return isNew || this.#repeated <= REPEATED_MAX;
  }
}
