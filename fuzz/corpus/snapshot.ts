import { createHash } from 'node:crypto';
import type { StoredEntry } from './entry.ts';

/** What a round needs to know of an entry. */
export type SnapshotEntry = Pick<StoredEntry, 'digest' | 'mode' | 'text'>;

/** A snapshot on its way to a worker: text that all threads share. */
export interface PackedSnapshot {
  /** The same for the same snapshot of one campaign, in which more and more is known. */
  readonly key: string;
  readonly bytes: SharedArrayBuffer;
}

/** The corpus as all rounds of one epoch see it. */
export class Snapshot {
  /** Of the digests of its entries: what a round is a function of. */
  readonly digest: string;
  /** Sorted by digest. */
  readonly entries: readonly SnapshotEntry[];
  /** Coverage signatures that were known when it was taken. */
  readonly known: ReadonlySet<string>;
  #packed: PackedSnapshot | undefined;

  constructor(entries: readonly SnapshotEntry[], known: Iterable<string> = []) {
    this.entries = entries.toSorted((a, b) => (a.digest < b.digest ? -1 : 1));
    this.known = new Set(known);
    const digests = this.entries.map(({ digest }) => digest).join(' ');
    this.digest = createHash('sha256').update(digests).digest('hex').slice(0, 16);
  }

  /** For threads; made once. */
  packed(): PackedSnapshot {
    if (this.#packed !== undefined) return this.#packed;
    const entries = this.entries.map(({ digest, mode, text }) => ({ digest, mode, text }));
    const text = Buffer.from(JSON.stringify({ known: [...this.known], entries }));
    const bytes = new SharedArrayBuffer(text.length);
    new Uint8Array(bytes).set(text);
    this.#packed = { key: `${this.digest} ${this.known.size}`, bytes };
    return this.#packed;
  }
}

/** Nothing is known yet. */
export const EMPTY = new Snapshot([]);

/** Unpacks snapshots in a worker, and keeps the last one: an epoch has many batches. */
export class SnapshotReader {
  #last: { readonly key: string; readonly snapshot: Snapshot } | undefined;

  read({ bytes, key }: PackedSnapshot): Snapshot {
    if (this.#last?.key === key) return this.#last.snapshot;
    const text = Buffer.from(new Uint8Array(bytes)).toString();
    const { entries, known } = JSON.parse(text) as {
      readonly entries: readonly SnapshotEntry[];
      readonly known: readonly string[];
    };
    const snapshot = new Snapshot(entries, known);
    this.#last = { key, snapshot };
    return snapshot;
  }
}
