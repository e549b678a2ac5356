/** Bits of a word of a set. */
const BITS = 32;

/** Places of a table that is made; a power of two, as all of its later sizes. */
const PLACES_MIN = 1 << 10;

/** Each call has a number that the hash of a set of calls has or lacks. */
const mixed = (value: number): number => {
  let hash = Math.imul(value ^ 0x9e3779b9, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
};

/**
 * The sets of calls that a search has put into an order, each with the state that it led to. They
 * are compared word by word and never by their hashes alone: a state that was taken for another one
 * would make a search miss the order that there is.
 */
export class SeenStates {
  /** Words of an entry: those of the set, and the number of the state. */
  readonly #stride: number;
  /** The set of now, and its hash. */
  readonly #set: Uint32Array;
  #hash = 0;
  /** Numbers of states by their keys. */
  readonly #states = new Map<string, number>();
  #entries: Uint32Array;
  #count = 0;
  /** For each place the entry there, from 1 on. */
  #places = new Int32Array(PLACES_MIN);
  /** Hashes of entries. */
  #hashes = new Int32Array(PLACES_MIN);

  /** @param calls how many there are */
  constructor(calls: number) {
    this.#set = new Uint32Array(Math.ceil(calls / BITS));
    this.#stride = this.#set.length + 1;
    this.#entries = new Uint32Array(PLACES_MIN * this.#stride);
  }

  /**
   * Adds a call to the set of now, unless that set with that state was seen before.
   *
   * @param key the text of the state after the call
   * @returns whether it was added
   */
  add(call: number, key: string): boolean {
    const state = this.#numberOf(key);
    this.#flip(call);
    if (this.#remember(state)) return true;
    this.#flip(call);
    return false;
  }

  /** Takes a call out of the set of now. */
  remove(call: number): void {
    this.#flip(call);
  }

  #flip(call: number): void {
    const word = Math.floor(call / BITS);
    this.#set[word] = (this.#set[word] as number) ^ (1 << (call % BITS));
    this.#hash ^= mixed(call);
  }

  #numberOf(key: string): number {
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    this.#states.set(key, this.#states.size);
    return this.#states.size - 1;
  }

  /** @returns whether the set of now with that state is new */
  #remember(state: number): boolean {
    const hash = mixed(this.#hash ^ Math.imul(state, 0x27d4eb2f));
    const mask = this.#places.length - 1;
    let place = hash & mask;
    for (;;) {
      const entry = (this.#places[place] as number) - 1;
      if (entry < 0) break;
      if (this.#hashes[entry] === hash && this.#isNow(entry, state)) return false;
      place = (place + 1) & mask;
    }
    this.#append(hash, state);
    this.#places[place] = this.#count;
    if (2 * this.#count > this.#places.length) this.#grow();
    return true;
  }

  #isNow(entry: number, state: number): boolean {
    const from = entry * this.#stride;
    if (this.#entries[from + this.#set.length] !== state) return false;
    for (let word = 0; word < this.#set.length; word += 1) {
      if (this.#entries[from + word] !== this.#set[word]) return false;
    }
    return true;
  }

  #append(hash: number, state: number): void {
    const from = this.#count * this.#stride;
    this.#entries.set(this.#set, from);
    this.#entries[from + this.#set.length] = state;
    this.#hashes[this.#count] = hash;
    this.#count += 1;
  }

  /** Twice as many places, of which half are taken at most. */
  #grow(): void {
    const places = new Int32Array(2 * this.#places.length);
    const hashes = new Int32Array(places.length);
    const entries = new Uint32Array(places.length * this.#stride);
    hashes.set(this.#hashes);
    entries.set(this.#entries.subarray(0, this.#count * this.#stride));
    const mask = places.length - 1;
    for (let entry = 0; entry < this.#count; entry += 1) {
      let place = (hashes[entry] as number) & mask;
      while (places[place] !== 0) place = (place + 1) & mask;
      places[place] = entry + 1;
    }
    [this.#places, this.#hashes, this.#entries] = [places, hashes, entries];
  }
}
