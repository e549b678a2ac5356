import { coverOf } from './cover.ts';
import type { StoredEntry } from './entry.ts';
import { packEntry, SharedEntry, Snapshot } from './snapshot.ts';

/** The most that a corpus may hold. */
export interface CorpusLimits {
  readonly entries: number;
  /** Bytes of all texts together. */
  readonly bytes: number;
}

/** Enough for all that the modes show; a few seconds of reading. */
export const CORPUS_LIMITS: CorpusLimits = { entries: 1024, bytes: 16 << 20 };

/** Rounds that see the same snapshot. */
export const EPOCH_ROUNDS = 1024;

/** Coverage signatures that a campaign remembers; what is beyond them is not new to it. */
const KNOWN_MAX = 1 << 16;

/** The corpus as an earlier part of a campaign left it. */
export interface CorpusState {
  /** Epochs that are over. */
  readonly epoch: number;
  /** Entries of the snapshot of the epoch under way. */
  readonly current: readonly StoredEntry[];
  /** Entries of the rounds of that epoch. */
  readonly pending: readonly StoredEntry[];
  /** Coverage signatures that were seen when that epoch began, and since then. */
  readonly known: readonly string[];
  readonly fresh: readonly string[];
}

/** An entry that a round has brought. */
export interface KeptEntry {
  readonly entry: StoredEntry;
  /** Its coverage signatures that nothing had shown before. */
  readonly fresh: readonly string[];
}

/** How the corpus goes into the next epoch. */
export interface Epoch {
  /** 0 for the first. */
  readonly number: number;
  /** Digest of its snapshot. */
  readonly digest: string;
  /** Digests of entries that are in it no more. */
  readonly evicted: readonly string[];
}

/** An entry that stays. Its text is held once for all threads, a signature once for all entries. */
class HeldEntry extends SharedEntry implements StoredEntry {
  readonly signatures: readonly string[];
  readonly operations: number;

  constructor(entry: StoredEntry, known: ReadonlyMap<string, string>) {
    super(packEntry(entry));
    this.signatures = entry.signatures.map((one) => known.get(one) ?? one);
    this.operations = entry.operations;
  }
}

/**
 * The corpus of a campaign. Entries come in the order of rounds; rounds see them from the next
 * epoch on, so that the speed of a worker does not decide what a round is.
 */
export class Corpus {
  readonly #limits: CorpusLimits;
  /** Each signature by itself. */
  readonly #known: Map<string, string>;
  #current: readonly StoredEntry[];
  #pending: StoredEntry[];
  #snapshot: Snapshot;
  #epoch: number;

  constructor(state: CorpusState, limits: CorpusLimits) {
    this.#limits = limits;
    this.#epoch = state.epoch;
    this.#known = new Map([...state.known, ...state.fresh].map((one) => [one, one]));
    this.#current = state.current.map((entry) => new HeldEntry(entry, this.#known));
    this.#pending = state.pending.map((entry) => new HeldEntry(entry, this.#known));
    this.#snapshot = new Snapshot(this.#current, state.known);
  }

  get epoch(): number {
    return this.#epoch;
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  /** Coverage signatures that were seen. */
  get signatures(): number {
    return this.#known.size;
  }

  get entries(): number {
    return this.#current.length + this.#pending.length;
  }

  /** Takes the entry of a round, if it shows what nothing has shown before. */
  offer(entry: StoredEntry): KeptEntry | undefined {
    const fresh = entry.signatures
      .filter((one) => !this.#known.has(one))
      .slice(0, KNOWN_MAX - this.#known.size);
    if (fresh.length === 0) return undefined;
    for (const one of fresh) this.#known.set(one, one);
    this.#pending.push(new HeldEntry(entry, this.#known));
    return { entry, fresh };
  }

  /** The entries of this epoch join the snapshot; of too many, a cover stays. */
  advance(): Epoch {
    const all = byDigest([...this.#current, ...this.#pending]);
    this.#current = limited(all, this.#limits);
    this.#pending = [];
    this.#epoch += 1;
    this.#snapshot = new Snapshot(this.#current, this.#known.keys());
    const kept = new Set(this.#current.map(({ digest }) => digest));
    const evicted = all.map(({ digest }) => digest).filter((digest) => !kept.has(digest));
    return { number: this.#epoch, digest: this.#snapshot.digest, evicted };
  }
}

/** The state of a campaign that begins with some entries. */
export function initialState(entries: readonly StoredEntry[], limits: CorpusLimits): CorpusState {
  const current = limited(byDigest(entries), limits);
  const known = new Set(current.flatMap(({ signatures }) => signatures));
  return { epoch: 0, current, pending: [], known: [...known].slice(0, KNOWN_MAX), fresh: [] };
}

/** Each entry once, in an order of its own. */
const byDigest = (entries: readonly StoredEntry[]): StoredEntry[] =>
  [...new Map(entries.map((entry) => [entry.digest, entry])).values()].toSorted((a, b) =>
    a.digest < b.digest ? -1 : 1,
  );

/** All entries where they fit; else those of a cover, as many as fit. */
function limited(all: readonly StoredEntry[], limits: CorpusLimits): readonly StoredEntry[] {
  if (all.length <= limits.entries && bytesOf(all) <= limits.bytes) return all;
  const kept: StoredEntry[] = [];
  let bytes = 0;
  for (const entry of coverOf(all)) {
    const more = sizeOf(entry);
    if (kept.length === limits.entries || bytes + more > limits.bytes) continue;
    kept.push(entry);
    bytes += more;
  }
  return byDigest(kept);
}

const bytesOf = (entries: readonly StoredEntry[]): number =>
  entries.reduce((sum, entry) => sum + sizeOf(entry), 0);

const sizeOf = (entry: StoredEntry): number =>
  entry instanceof HeldEntry ? entry.bytes : Buffer.byteLength(entry.text);
