import type { CaseFinish, CaseStart, RunStart } from '../../reports/record/journal-lines.ts';
import { isBad, type Status, worse } from '../../reports/record/status.ts';
import { LiveLine } from './live-line.ts';
import { detail } from './terminal.ts';

/** Where a run stands, on standard error; with `--verbose`, how each case ended. */
export class Progress {
  readonly #started = performance.now();
  readonly #live: LiveLine;
  #profile = '';
  /** Cases of the run; undefined until the target has started. */
  #total: number | undefined;
  /** By id, since a case that is retried ends more than once. */
  readonly #finished = new Set<string>();
  readonly #bad = new Set<string>();
  #running = '';

  constructor(out: NodeJS.WriteStream = process.stderr) {
    this.#live = new LiveLine((isLive) => this.#line(isLive), out);
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

  caseEnd({ case: id, durationMs, end, verdicts }: CaseFinish): void {
    this.#finished.add(id);
    const statuses = verdicts
      .filter((one) => one.profile === this.#profile)
      .map(({ status }) => status);
    if (statuses.some(isBad)) this.#bad.add(id);
    const status = statuses.reduce<Status>(worse, 'skip');
    const said = statuses.length === 0 ? end : status;
    detail(() => `${said.padEnd(12)}  ${id}  ${(durationMs / 1000).toFixed(1)} s`);
  }

  /** Removes the live line, so that nothing is printed over it. */
  stop(): void {
    this.#live.stop();
  }

  #line(isLive: boolean): string {
    const seconds = ((performance.now() - this.#started) / 1000).toFixed(isLive ? 1 : 0);
    if (this.#total === undefined) return `starting the target, ${seconds} s`;
    const bad = this.#bad.size === 0 ? '' : `, ${this.#bad.size} failing`;
    return `${this.#finished.size}/${this.#total} cases${bad}, ${seconds} s: ${this.#running}`;
  }
}
