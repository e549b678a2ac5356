import { constants } from 'node:os';
import { rescueBy } from './last-resort.ts';
import { endProcess, TROUBLE } from './own-exit.ts';
import { onStopSignal, type StopSignal } from './stop-signals.ts';
import { beginLine, complain } from './terminal.ts';

/** Milliseconds that a case gets to end after the first signal. */
const GRACE_MS = 5000;

/** Milliseconds that a run gets to end once something failed beside it. */
const LATE_MS = 60_000;

/** What ends before a command stops. */
export type Step = 'case' | 'round' | 'run' | 'entry' | 'rule';

/**
 * The signals by which a user or a CI server stops a run. The first signal asks for an end between
 * two cases; a second one, or a case that does not end in time, stops at once, as does a failure
 * that no caller waits for. Reports are written either way.
 */
export class Interrupt {
  readonly #controller = new AbortController();
  readonly #expire: () => void;
  /** Resolves when the run must be left behind. */
  readonly expired: Promise<void>;
  readonly #endRescue: () => void;
  #late: NodeJS.Timeout | undefined;
  /** What failed that no caller waits for; undefined when nothing did. */
  failure: string | undefined;
  #name: StopSignal | undefined;
  readonly #step: Step;
  readonly #endSignals: () => void;

  /** @param step what is ended before the run stops, such as a case */
  constructor(step: Step = 'case') {
    this.#step = step;
    let expire = (): void => {};
    this.expired = new Promise((resolve) => {
      expire = resolve;
    });
    this.#expire = expire;
    this.#endSignals = onStopSignal((name) => this.#stop(name));
    this.#endRescue = rescueBy((sentence) => this.#fail(sentence));
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The signal that came first, and the exit code that shells expect of it. */
  get received(): { readonly name: string; readonly exitCode: number } | undefined {
    if (this.#name === undefined) return undefined;
    return { name: this.#name, exitCode: 128 + constants.signals[this.#name] };
  }

  /** Gives the signals back. */
  dispose(): void {
    this.#endSignals();
    this.#endRescue();
    clearTimeout(this.#late);
  }

  /** The first failure counts; what follows it comes of it. */
  #fail(sentence: string): void {
    if (this.failure !== undefined) return;
    this.failure = sentence;
    complain(sentence);
    this.#controller.abort();
    this.#expire();
    // What the run waits for may never come any more. It does not hold the process: where nothing
    // else is left that goes on, the end comes at once.
    this.#late = setTimeout(() => endProcess(TROUBLE), LATE_MS).unref();
  }

  #stop(name: StopSignal): void {
    if (this.#name !== undefined) {
      beginLine();
      this.#expire();
      return;
    }
    this.#name = name;
    this.#controller.abort();
    setTimeout(this.#expire, GRACE_MS).unref();
    beginLine();
    complain(`stopping after the current ${this.#step}; interrupt again to stop at once`);
  }
}
