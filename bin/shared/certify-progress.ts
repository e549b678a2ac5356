import type { RecordingListener } from '../../certify/make/record.ts';
import type { RunStart } from '../../reports/record/journal-lines.ts';
import { LiveLine } from './live-line.ts';
import { complain, mention } from './terminal.ts';

/** Where a certification stands, on standard error: its parts, and how far the current one is. */
export class CertifyProgress {
  readonly #live = new LiveLine(() => this.#line());
  #part = 'starting the target';
  #done = 0;
  #of = 0;
  #running = '';

  /** Hears of a certification; may be handed over as it is. */
  readonly listener: RecordingListener = {
    onPart: (part) => {
      this.#part = part;
      this.#done = 0;
      this.#of = 0;
      this.#running = '';
      mention(part);
    },
    onStart: ({ cases }: RunStart) => {
      this.#of = cases.length;
    },
    onCaseStart: (line) => {
      this.#running = `: ${line.case}`;
    },
    onCaseEnd: () => {
      this.#done += 1;
    },
    onRound: (done, of) => {
      this.#done = done;
      this.#of = of;
    },
    onWarning: complain,
  };

  stop(): void {
    this.#live.stop();
  }

  #line(): string {
    const count = this.#of === 0 ? '' : `, ${this.#done} of ${this.#of}`;
    return `${this.#part}${count}${this.#running}`;
  }
}
