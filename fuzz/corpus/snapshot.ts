import { createHash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { StoredEntry } from './entry.ts';

/** The members of an entry that a round needs. */
export type SnapshotEntry = Pick<StoredEntry, 'digest' | 'mode' | 'text'>;

/** A snapshot on its way to a worker. Threads share the texts: none of them copies a corpus. */
export interface PackedSnapshot {
  /** The same for the same snapshot of one campaign, in which more and more is known. */
  readonly key: string;
  readonly entries: readonly PackedEntry[];
  /** JSON of the signatures that are known. */
  readonly known: SharedArrayBuffer;
}

interface PackedEntry extends Pick<SnapshotEntry, 'digest' | 'mode'> {
  /** Deflated: a corpus fits in a tenth of its size, and few entries are read before they go. */
  readonly text: SharedArrayBuffer;
  /** Bytes of the text. */
  readonly bytes: number;
}

function shared(encoded: Uint8Array): SharedArrayBuffer {
  const bytes = new SharedArrayBuffer(encoded.length);
  new Uint8Array(bytes).set(encoded);
  return bytes;
}

function deflated({ digest, mode, text }: SnapshotEntry): PackedEntry {
  const encoded = Buffer.from(text);
  return { digest, mode, text: shared(deflateRawSync(encoded, FAST)), bytes: encoded.length };
}

/** Takes half the time of zlib's own choice, and a seventh more bytes. */
const FAST = { level: 1, memLevel: 5 };

/** An entry whose text all threads share; it is read only when a round changes it. */
export class SharedEntry implements SnapshotEntry {
  readonly packed: PackedEntry;

  constructor(packed: PackedEntry) {
    this.packed = packed;
  }

  get digest(): string {
    return this.packed.digest;
  }

  get mode(): string {
    return this.packed.mode;
  }

  /** Bytes of the text. */
  get bytes(): number {
    return this.packed.bytes;
  }

  get text(): string {
    return inflateRawSync(new Uint8Array(this.packed.text)).toString();
  }
}

/** An entry as threads take it. */
export const packEntry = (entry: SnapshotEntry): PackedEntry =>
  entry instanceof SharedEntry ? entry.packed : deflated(entry);

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
    this.#packed = {
      key: `${this.digest} ${this.known.size}`,
      entries: this.entries.map(packEntry),
      known: shared(Buffer.from(JSON.stringify([...this.known]))),
    };
    return this.#packed;
  }
}

/** Nothing is known yet. */
export const EMPTY_SNAPSHOT = new Snapshot([]);

/** Unpacks snapshots in a worker, and keeps the last one: an epoch has many batches. */
export class SnapshotReader {
  #last: { readonly key: string; readonly snapshot: Snapshot } | undefined;

  read({ entries, key, known }: PackedSnapshot): Snapshot {
    if (this.#last?.key === key) return this.#last.snapshot;
    const signatures = JSON.parse(
      Buffer.from(new Uint8Array(known)).toString(),
    ) as readonly string[];
    const snapshot = new Snapshot(
      entries.map((entry) => new SharedEntry(entry)),
      signatures,
    );
    this.#last = { key, snapshot };
    return snapshot;
  }
}
