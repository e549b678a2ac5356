import type { Reference } from './lifetimes.ts';
import type { ReferenceDrop } from './reference-drops.ts';
import { groupedBy } from './timeline.ts';

/** Finds what may have dropped a reference, without a look at everything that drops something. */
export class DropIndex {
  /** By client and descriptor: drops of that descriptor alone. */
  readonly #byNumber: ReadonlyMap<string, readonly ReferenceDrop[]>;
  /** By client: all others. */
  readonly #others: ReadonlyMap<string, readonly ReferenceDrop[]>;

  constructor(drops: readonly ReferenceDrop[]) {
    const isSingle = ({ number }: ReferenceDrop): boolean => number !== undefined;
    this.#byNumber = groupedBy(
      drops.filter(isSingle),
      ({ client, number }) => `${number} ${client}`,
    );
    this.#others = groupedBy(
      drops.filter((drop) => !isSingle(drop)),
      ({ client }) => client,
    );
  }

  /** All that may hit a reference. */
  on({ client, kind, value }: Pick<Reference, 'client' | 'kind' | 'value'>): ReferenceDrop[] {
    const others = this.#others.get(client) ?? [];
    if (kind !== 'descriptor') return [...others];
    return [...(this.#byNumber.get(`${value} ${client}`) ?? []), ...others];
  }
}
