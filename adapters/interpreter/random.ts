const MASK = (1n << 64n) - 1n;

/** Numbers that look random and follow from a seed (splitmix64 to mix it, then xorshift32). */
export class Random {
  #state: number;

  constructor(seed: bigint) {
    let mixed = (seed + 0x9e3779b97f4a7c15n) & MASK;
    mixed = ((mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
    mixed = ((mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn) & MASK;
    this.#state = Number((mixed ^ (mixed >> 31n)) & 0xffffffffn) || 1;
  }

  /** A whole number from 0 up to but not including `bound`. */
  below(bound: number): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state >>> 0;
    return this.#state % bound;
  }
}
