/** What work did to free memory, as a case observes it. */
export interface MemoryChange {
  /**
   * - `conserved`: as much is free as before;
   * - `leaked`: less, and less again with more work;
   * - `grew`: more than there was, so that something is given out twice;
   * - `refused`: the idle region served before and refuses now for another reason than want.
   */
  readonly word: 'conserved' | 'leaked' | 'grew' | 'refused';
  readonly detail: string;
}

/** Does something as often as it is told. */
export type Block = (times: bigint) => Promise<unknown>;

/** What a leak loses, and how seldom it may come and still be seen. */
export interface LeakSize {
  /** Bytes that one leak loses. */
  readonly bytes: bigint;
  /** One leak in so many cycles is seen. */
  readonly odds: bigint;
  /** The most cycles of a block that there is time for. */
  readonly affordable: bigint;
}
