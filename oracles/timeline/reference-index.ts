import type { Reference } from './lifetimes.ts';

/** What a client may name a buffer by. */
type Name = Pick<Reference, 'client' | 'kind' | 'value'>;

/** Lists of what belongs to references, found by the names that clients have for these. */
export class ReferenceIndex<Value> {
  readonly #descriptors = new Map<string, Map<bigint, Value[]>>();
  readonly #mappings = new Map<string, Map<bigint, Value[]>>();

  /** Adds a value to the list of a name. */
  add({ client, kind, value }: Name, added: Value): void {
    const clients = this.#clients(kind);
    let names = clients.get(client);
    if (names === undefined) {
      names = new Map();
      clients.set(client, names);
    }
    const list = names.get(value);
    if (list === undefined) names.set(value, [added]);
    else list.push(added);
  }

  /** The list of a name, in the order in which it was filled. */
  at({ client, kind, value }: Name): readonly Value[] {
    return this.#clients(kind).get(client)?.get(value) ?? (NONE as readonly Value[]);
  }

  #clients(kind: Reference['kind']): Map<string, Map<bigint, Value[]>> {
    return kind === 'descriptor' ? this.#descriptors : this.#mappings;
  }
}

const NONE: readonly never[] = [];
