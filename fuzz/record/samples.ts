import type { CampaignSample } from '../../reports/journal/campaign-lines.ts';
import type { RoundDone } from '../judge/round-report.ts';

/** A sample covers at least a hundredth of the time so far: few, however long a campaign lasts. */
const SHARE = 100;

/** Sums rounds up between two samples. */
export class Sampler {
  #start = performance.now();
  #last = this.#start;
  #rounds = 0;
  #operations = 0;
  #peakBytes = 0n;

  /** Time from here on is the campaign's: its target has been reached. */
  begin(): void {
    this.#start = performance.now();
    this.#last = this.#start;
  }

  add({ operations }: RoundDone, peakBytes: bigint): void {
    this.#rounds += 1;
    this.#operations += operations;
    if (peakBytes > this.#peakBytes) this.#peakBytes = peakBytes;
  }

  /** Whether so much time has passed that another sample shows something new. */
  due(): boolean {
    const now = performance.now();
    return (now - this.#last) * SHARE >= now - this.#start;
  }

  /** Undefined when no round has ended since the last one. */
  take(): CampaignSample | undefined {
    if (this.#rounds === 0) return undefined;
    const now = performance.now();
    const sample: CampaignSample = {
      type: 'sample',
      ms: Math.max(1, Math.round(now - this.#last)),
      rounds: this.#rounds,
      operations: this.#operations,
      peakBytes: String(this.#peakBytes),
    };
    this.#last = now;
    this.#rounds = 0;
    this.#operations = 0;
    this.#peakBytes = 0n;
    return sample;
  }
}
