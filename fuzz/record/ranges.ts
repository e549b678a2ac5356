/** A set of whole numbers that mostly follow each other, in as much memory as it has gaps. */
export class Ranges {
  /** Pairs of a first number and the one behind the last, sorted and apart from each other. */
  readonly #pairs: [first: number, end: number][] = [];
  #size = 0;

  /** How many numbers are in it. */
  get size(): number {
    return this.#size;
  }

  /** @returns whether it was not there before */
  add(value: number): boolean {
    const at = this.#behind(value);
    const before = this.#pairs[at - 1];
    if (before !== undefined && value < before[1]) return false;
    this.#size += 1;
    const after = this.#pairs[at];
    const joinsBefore = before?.[1] === value;
    const joinsAfter = after?.[0] === value + 1;
    if (joinsBefore && joinsAfter) {
      before[1] = after[1];
      this.#pairs.splice(at, 1);
    } else if (joinsBefore) {
      before[1] = value + 1;
    } else if (joinsAfter) {
      after[0] = value;
    } else {
      this.#pairs.splice(at, 0, [value, value + 1]);
    }
    return true;
  }

  has(value: number): boolean {
    const before = this.#pairs[this.#behind(value) - 1];
    return before !== undefined && value < before[1];
  }

  /** The smallest number from 0 on that is not in it. */
  get firstMissing(): number {
    const [first] = this.#pairs;
    return first?.[0] === 0 ? first[1] : 0;
  }

  /** Index of the first pair that begins behind a number. */
  #behind(value: number): number {
    let low = 0;
    let high = this.#pairs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#pairs[middle]?.[0] ?? 0) <= value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
