import { isKernelAlarm, kernelReports, reportInWords } from '../contract/kernel-log.ts';

/** Lines kept of a guest's console. */
const LINES_MAX = 1000;
/** The part of them that may be of any age: what is said first of a defect names it. */
const OLD_LINES_MAX = 400;

/** The last lines of a guest's console. */
export class GuestConsole {
  readonly #lines: string[] = [];
  #partial = '';
  /** Lines before this one, of those that are kept, are no matter of what runs now. */
  #begun = 0;

  readonly #listeners = new Set<() => void>();

  /** Has something done whenever the console says something; what it returns ends that. */
  onWords(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes what the serial port said. */
  push(text: string): void {
    const lines = (this.#partial + text).split(/\r?\n/);
    this.#partial = lines.pop() ?? '';
    this.#lines.push(...lines.filter((line) => line.trim() !== ''));
    this.#forget();
    for (const listener of this.#listeners) listener();
  }

  /** What ran before goes first; then the middle of what runs now. */
  #forget(): void {
    const surplus = Math.max(0, this.#lines.length - LINES_MAX);
    const past = Math.min(surplus, this.#begun);
    this.#lines.splice(0, past);
    this.#begun -= past;
    this.#lines.splice(OLD_LINES_MAX, surplus - past);
  }

  /** The last `count` lines. */
  tail(count: number): readonly string[] {
    return [...this.#lines, this.#partial].filter((line) => line !== '').slice(-count);
  }

  /**
   * Whether the kernel met a breakpoint of its own. It writes one while it changes its code, and an
   * emulated processor may still see it after it is gone; nothing else in a booting kernel does.
   */
  emulatorFault(): boolean {
    return this.#lines.some((line) => /\bint3: 0000/.test(line));
  }

  /** The first complaint of the kernel since the last {@link mark}, in a sentence. */
  alarm(): string | undefined {
    return firstComplaint(this.#lines.slice(this.#begun));
  }

  /**
   * What is said from now on belongs to what runs from now on: a boot is over, or a case begins.
   *
   * @returns what the kernel complained of until now, which is no fault of that
   */
  mark(): string | undefined {
    const complaint = this.alarm();
    this.#begun = this.#lines.length;
    return complaint;
  }

  /**
   * What was said since the last {@link mark}: from the first complaint on, its beginning and its
   * end, and without a complaint the end of it.
   */
  excerpt(first: number, last: number): readonly string[] {
    const lines = [...this.#lines.slice(this.#begun), this.#partial].filter((line) => line !== '');
    const alarm = lines.findIndex(isKernelAlarm);
    if (alarm < 0) return lines.slice(-last);
    // One line before it, which opens the report.
    const told = lines.slice(Math.max(0, alarm - 1));
    if (told.length <= first + last) return told;
    return [...told.slice(0, first), '… [more lines stood here]', ...told.slice(-last)];
  }
}

function firstComplaint(lines: readonly string[]): string | undefined {
  const [report] = kernelReports(lines);
  return report === undefined ? undefined : reportInWords(report);
}
