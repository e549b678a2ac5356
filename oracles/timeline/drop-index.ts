import type { Reference } from './lifetimes.ts';
import type { ReferenceDrop } from './reference-drops.ts';
import { ReferenceIndex } from './reference-index.ts';
import { groupedBy } from './timeline.ts';

/** Finds what may have dropped a reference, without a look at everything that drops something. */
export class DropIndex {
  /** By client and descriptor: drops of that descriptor alone. */
  readonly #byNumber = new ReferenceIndex<ReferenceDrop>();
  /** By client: all others, and those of them that may drop a descriptor. */
  readonly #others: ReadonlyMap<string, readonly ReferenceDrop[]>;
  readonly #wide: ReadonlyMap<string, readonly ReferenceDrop[]>;

  constructor(drops: readonly ReferenceDrop[]) {
    const others: ReferenceDrop[] = [];
    for (const drop of drops) {
      const { client, number } = drop;
      if (number === undefined) others.push(drop);
      else this.#byNumber.add({ client, kind: 'descriptor', value: number }, drop);
    }
    this.#others = groupedBy(others, ({ client }) => client);
    this.#wide = groupedBy(
      others.filter(({ spares }) => spares === undefined),
      ({ client }) => client,
    );
  }

  /** All that may hit a reference. */
  on({
    client,
    kind,
    value,
  }: Pick<Reference, 'client' | 'kind' | 'value'>): readonly ReferenceDrop[] {
    if (kind !== 'descriptor') return this.#others.get(client) ?? NONE;
    const wide = this.#wide.get(client) ?? NONE;
    const own = this.#byNumber.at({ client, kind, value });
    if (own.length === 0) return wide;
    return wide.length === 0 ? own : [...own, ...wide];
  }
}

const NONE: readonly ReferenceDrop[] = [];
