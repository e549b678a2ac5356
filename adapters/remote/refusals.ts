/** Milliseconds in which the same refusal of the same address is said once, then counted. */
const PERIOD_MS = 60_000;

/** Refusals that are told apart in one period; what an attack brings beyond is counted together. */
const KINDS_MAX = 256;

/**
 * Says whom a daemon refuses and why: at once, but the same of one address only once a minute, so
 * that an attack fills no log.
 */
export class Refusals {
  readonly #say: (sentence: string) => void;
  /** How often each was refused since it was said. */
  readonly #more = new Map<string, number>();
  #others = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(say: (sentence: string) => void) {
    this.#say = say;
  }

  /** Says that a peer was refused; `from` is where it came from, if that can be told. */
  add(from: string | undefined, reason: string): void {
    const sentence = `a client${from === undefined ? '' : ` from ${from}`} was refused: ${reason}`;
    const count = this.#more.get(sentence);
    if (count !== undefined) this.#more.set(sentence, count + 1);
    else if (this.#more.size === KINDS_MAX) this.#others += 1;
    else {
      this.#more.set(sentence, 0);
      this.#say(sentence);
    }
    this.#timer ??= setTimeout(() => this.flush(), PERIOD_MS).unref();
  }

  /** Says what was only counted so far, and begins a new period. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const [sentence, count] of this.#more) {
      if (count > 0) this.#say(`${sentence} (and ${count} more like it)`);
    }
    if (this.#others > 0) this.#say(`${this.#others} more clients were refused`);
    this.#more.clear();
    this.#others = 0;
  }
}
