import type { GuestConsole } from './console.ts';

/** Calls back once, after some milliseconds, unless it is told not to; replaced in tests. */
export type Alarm = (ms: number, act: () => void) => () => void;

const realAlarm: Alarm = (ms, act) => {
  const timer = setTimeout(act, ms);
  return () => clearTimeout(timer);
};

/**
 * Watches a guest that starts: it fails when its console says nothing for some time, however long
 * all of it takes. A host with much to do makes a guest slow, not silent.
 */
export class StartWatch {
  readonly #onSilence: () => void;
  readonly #silenceMs: number;
  readonly #alarm: Alarm;
  readonly #forget: () => void;
  #cancel: () => void;
  #silent = false;

  constructor(
    console: GuestConsole,
    silenceMs: number,
    onSilence: () => void,
    alarm: Alarm = realAlarm,
  ) {
    this.#silenceMs = silenceMs;
    this.#onSilence = onSilence;
    this.#alarm = alarm;
    this.#cancel = this.#wait();
    this.#forget = console.onWords(() => {
      this.#cancel();
      this.#cancel = this.#wait();
    });
  }

  /** Whether it was silent for too long. */
  get silent(): boolean {
    return this.#silent;
  }

  /** Ends the watch: the guest has started, or failed. */
  stop(): void {
    this.#forget();
    this.#cancel();
  }

  #wait(): () => void {
    return this.#alarm(this.#silenceMs, () => {
      this.#silent = true;
      this.#forget();
      this.#onSilence();
    });
  }
}
