import { clearLine, cursorTo } from 'node:readline';
import { outputLine } from '../../base/clean-text.ts';

const LIVE_INTERVAL_MS = 100;
const PLAIN_INTERVAL_MS = 5000;

/** The line that is on the terminal now, and has to go before anything else is printed there. */
let shown: LiveLine | undefined;

/**
 * Removes the line that renews itself, so that nothing is printed behind it.
 *
 * @returns whether there was one
 */
export function clearLiveLine(): boolean {
  if (shown === undefined) return false;
  shown.clear();
  return true;
}

/** Whether how far something is may be told; `--quiet` says no. */
let isTold = true;

/** Tells nothing of how far something is from now on. */
export function tellNoProgress(): void {
  isTold = false;
}

/** Whether how far something is may be told. */
export const tellsProgress = (): boolean => isTold;

/**
 * How far something is, on standard error: one line that renews itself on a terminal, a line every
 * few seconds elsewhere.
 */
export class LiveLine {
  readonly #out: NodeJS.WriteStream;
  readonly #line: (isLive: boolean) => string;
  /** Whether the line renews itself. */
  readonly #isLive: boolean;
  #timer: NodeJS.Timeout | undefined;
  /** The last line of a log, in which the same is not said twice. */
  #said = '';

  /** @param line says how far it is; `isLive` where the line renews itself */
  constructor(line: (isLive: boolean) => string, out: NodeJS.WriteStream = process.stderr) {
    this.#out = out;
    this.#line = line;
    this.#isLive = out.isTTY === true && process.env.TERM !== 'dumb' && !process.env.CI;
    if (!isTold) return;
    const interval = this.#isLive ? LIVE_INTERVAL_MS : PLAIN_INTERVAL_MS;
    this.#timer = setInterval(() => this.draw(), interval).unref();
  }

  /** Shows how far it is now. */
  draw(): void {
    const line = outputLine(this.#line(this.#isLive));
    if (!this.#isLive) {
      if (line !== this.#said) this.#out.write(`${line}\n`);
      this.#said = line;
      return;
    }
    clearLiveLine();
    this.#out.write(line.slice(0, (this.#out.columns || 80) - 1));
    shown = this;
  }

  /** Removes the line; it comes again when it is drawn the next time. */
  clear(): void {
    if (shown !== this) return;
    shown = undefined;
    cursorTo(this.#out, 0);
    clearLine(this.#out, 0);
  }

  /** Ends it. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.clear();
  }
}
