import fc from 'fast-check';

/** Choices that come from one number: each throw takes a part of it. */
export class Dice {
  #left: number;

  /** @param value any number of up to 53 bits */
  constructor(value: number) {
    this.#left = value;
  }

  /** A number from 0 up to a bound of its own, which stays out. */
  below(bound: number): number {
    const thrown = this.#left % bound;
    this.#left = Math.floor(this.#left / bound);
    return thrown;
  }

  /** One of a list. */
  pick<Value>(list: readonly Value[]): Value {
    return list[this.below(list.length)] as Value;
  }
}

/** Numbers for dice: no throw is likelier than another. */
export const diceSeeds: fc.Arbitrary<number> = fc.noBias(fc.maxSafeNat());
