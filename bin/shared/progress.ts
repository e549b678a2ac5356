import { clearLine, cursorTo } from 'node:readline';
import { outputLine } from '../../base/clean-text.ts';
import type { CaseFinish, CaseStart, RunStart } from '../../reports/record/journal-lines.ts';
import { isBad } from '../../reports/record/status.ts';

const LIVE_INTERVAL_MS = 100;
const PLAIN_INTERVAL_MS = 5000;

/**
 * Where a run stands, on standard error: one line that renews itself on a terminal, a line every
 * few seconds elsewhere.
 */
export class Progress {
  readonly #out: NodeJS.WriteStream;
  readonly #live: boolean;
  readonly #started = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #profile = '';
  #total = 0;
  /** By id, since a case that is retried ends more than once. */
  readonly #finished = new Set<string>();
  readonly #bad = new Set<string>();
  #running = 'starting the target';

  constructor(out: NodeJS.WriteStream = process.stderr) {
    this.#out = out;
    this.#live = out.isTTY === true && process.env.TERM !== 'dumb' && !process.env.CI;
    const interval = this.#live ? LIVE_INTERVAL_MS : PLAIN_INTERVAL_MS;
    this.#timer = setInterval(() => this.#draw(), interval).unref();
  }

  /** Hears of a run from its first line on; may be handed over as it is. */
  readonly listener = {
    onStart: (line: RunStart): void => this.start(line),
    onCaseStart: (line: CaseStart): void => this.caseStart(line),
    onCaseEnd: (line: CaseFinish): void => this.caseEnd(line),
  };

  start({ cases, profile }: RunStart): void {
    this.#total = cases.length;
    this.#profile = profile;
  }

  caseStart(line: CaseStart): void {
    this.#running = line.case;
  }

  caseEnd({ case: id, verdicts }: CaseFinish): void {
    this.#finished.add(id);
    const bad = verdicts.some((one) => one.profile === this.#profile && isBad(one.status));
    if (bad) this.#bad.add(id);
  }

  /** Removes the live line, so that nothing is printed over it. */
  stop(): void {
    clearInterval(this.#timer);
    if (this.#timer !== undefined && this.#live) this.#clear();
    this.#timer = undefined;
  }

  #draw(): void {
    const seconds = ((performance.now() - this.#started) / 1000).toFixed(this.#live ? 1 : 0);
    const bad = this.#bad.size === 0 ? '' : `, ${this.#bad.size} failing`;
    const cases = `${this.#finished.size}/${this.#total} cases`;
    const line = outputLine(`${cases}${bad}, ${seconds} s: ${this.#running}`);
    if (!this.#live) {
      this.#out.write(`${line}\n`);
      return;
    }
    this.#clear();
    this.#out.write(line.slice(0, (this.#out.columns || 80) - 1));
  }

  #clear(): void {
    cursorTo(this.#out, 0);
    clearLine(this.#out, 0);
  }
}
