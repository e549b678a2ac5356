/** Lets one in at a time, in the order in which they came. */
export class Turns {
  #taken = false;
  /** Whoever waits, by what begins its turn. */
  readonly #queue = new Set<() => void>();

  /**
   * Waits for a turn.
   *
   * @param inTime passes on the turn, or rejects when it is not waited for any longer
   * @returns what to call, once, at the end of the turn
   */
  async take(inTime: (turn: Promise<void>) => Promise<void>): Promise<() => void> {
    if (!this.#taken) {
      this.#taken = true;
      return () => this.#next();
    }
    let begin = (): void => {};
    const turn = new Promise<void>((resolve) => {
      begin = resolve;
    });
    this.#queue.add(begin);
    try {
      await inTime(turn);
    } catch (thrown) {
      // Its turn may have begun at the very moment at which it gave up.
      if (!this.#queue.delete(begin)) this.#next();
      throw thrown;
    }
    return () => this.#next();
  }

  #next(): void {
    const [begin] = this.#queue;
    if (begin === undefined) {
      this.#taken = false;
      return;
    }
    this.#queue.delete(begin);
    begin();
  }
}
