/** Lines kept of a guest's console. */
const LINES_MAX = 400;

/** Lines of a kernel that can no longer be relied on. */
const LAST_WORDS =
  /Kernel panic|\bBUG: |\bOops\b|KASAN: |detected stalls?|soft lockup|hung_task|general protection/;

/** The last lines of a guest's console. */
export class GuestConsole {
  readonly #lines: string[] = [];
  #partial = '';
  /** Lines that are not kept any more. */
  #dropped = 0;
  /** Lines, dropped ones among them, that belong to the boot. */
  #booted = 0;

  readonly #listeners = new Set<() => void>();

  /** Has something done whenever the console says something; what it returns ends that. */
  onWords(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes what the serial port said. */
  push(text: string): void {
    for (const listener of this.#listeners) listener();
    const lines = (this.#partial + text).split(/\r?\n/);
    this.#partial = lines.pop() ?? '';
    this.#lines.push(...lines.filter((line) => line.trim() !== ''));
    this.#dropped += this.#lines.splice(0, Math.max(0, this.#lines.length - LINES_MAX)).length;
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

  /** The first line that says why the kernel can no longer be relied on, after its boot. */
  alarm(): string | undefined {
    return firstAlarm(this.#lines.slice(Math.max(0, this.#booted - this.#dropped)));
  }

  /** Ends the boot: what the kernel complained of in it, which is no alarm of a case. */
  endBoot(): string | undefined {
    const alarm = firstAlarm(this.#lines);
    this.#booted = this.#dropped + this.#lines.length;
    return alarm;
  }
}

const firstAlarm = (lines: readonly string[]): string | undefined =>
  lines.find((line) => LAST_WORDS.test(line))?.replace(/^\[\s*[\d.]+\]\s*/, '');
