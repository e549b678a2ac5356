import { clearLine, cursorTo } from 'node:readline';
import { outputLine } from '../../base/clean-text.ts';
import { complain } from './terminal.ts';

const LIVE_INTERVAL_MS = 250;
const PLAIN_INTERVAL_MS = 5000;

/**
 * The output of a campaign: lines that stay, and how far it is. On a terminal that is one line
 * below them that renews itself; elsewhere a line every few seconds.
 */
export class FuzzView {
  readonly #out: NodeJS.WriteStream;
  readonly #live: boolean;
  readonly #line: () => string;
  readonly #timer: NodeJS.Timeout;

  /** @param line says where the campaign stands */
  constructor(line: () => string, out: NodeJS.WriteStream = process.stdout) {
    this.#out = out;
    this.#line = line;
    this.#live = out.isTTY === true && process.env.TERM !== 'dumb' && !process.env.CI;
    const interval = this.#live ? LIVE_INTERVAL_MS : PLAIN_INTERVAL_MS;
    this.#timer = setInterval(() => this.draw(), interval).unref();
  }

  /** Prints a line that stays. */
  say(line: string): void {
    this.#clear();
    this.#out.write(`${outputLine(line)}\n`);
  }

  /** Prints a sentence for the user on standard error. */
  complain(sentence: string): void {
    this.#clear();
    complain(sentence);
  }

  /** Shows where the campaign stands. */
  draw(): void {
    if (!this.#live) {
      this.#out.write(`${outputLine(this.#line())}\n`);
      return;
    }
    this.#clear();
    this.#out.write(outputLine(this.#line()).slice(0, (this.#out.columns || 80) - 1));
  }

  /** Removes the live line, so that nothing is printed over it. */
  stop(): void {
    clearInterval(this.#timer);
    this.#clear();
  }

  #clear(): void {
    if (!this.#live) return;
    cursorTo(this.#out, 0);
    clearLine(this.#out, 0);
  }
}
