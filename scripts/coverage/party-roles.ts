import {
  type Operand,
  type Operation,
  type OperationName,
  operationsWhere,
  specOf,
  type UntypedOperation,
} from '../../adapters/contract/index.ts';

/** Parties to the life of a buffer, over three processes. */
export const PARTIES = ['allocator', 'holder', 'third'] as const;
/** The ways in which a process lets go of all that it has. */
export const ENDINGS: readonly OperationName[] = [
  ...operationsWhere(({ drops }) => drops?.kind === 'client' || drops?.kind === 'image'),
];

interface SharedBuffer {
  readonly allocator: string;
  readonly holders: Set<string>;
  /** The first party that ended once the buffer was shared, and how. */
  ended?: { readonly client: string; readonly how: string };
}

/** Follows who asks for buffers, who else holds them, who ends first and who asks next. */
export class PartyRoles {
  readonly seen = new Set<string>();
  readonly #buffers = new Map<string, SharedBuffer>();
  readonly #messages = new Map<string, SharedBuffer[]>();

  /** Notes one operation of a client. */
  note(operation: Operation, client: string): void {
    const { op } = operation;
    if (op === 'ioctl' && operation.slot !== undefined) {
      this.#asked(client);
      this.#buffers.set(operation.slot, { allocator: client, holders: new Set() });
    } else if (op === 'mmap') {
      this.#holds(operation.fd, client);
    } else if (op === 'sendfd') {
      const buffer = this.#at(operation.passed);
      const passage = slotOf(operation.fd);
      if (buffer === undefined || passage === undefined) return;
      this.#messages.set(passage, [...(this.#messages.get(passage) ?? []), buffer]);
    } else if (op === 'recvfd' && operation.slot !== undefined) {
      const buffer = this.#messages.get(slotOf(operation.fd) ?? '')?.shift();
      if (buffer === undefined) return;
      this.#buffers.set(operation.slot, buffer);
      this.#holds({ slot: operation.slot }, client);
    } else if (ENDINGS.includes(op)) {
      const { drops } = specOf(op);
      const named = drops?.of === undefined ? client : (operation as UntypedOperation)[drops.of];
      this.#ends(named as string, op);
    }
  }

  #at(operand: Operand): SharedBuffer | undefined {
    return this.#buffers.get(slotOf(operand) ?? '');
  }

  #holds(operand: Operand, client: string): void {
    const buffer = this.#at(operand);
    if (buffer !== undefined && buffer.allocator !== client) buffer.holders.add(client);
  }

  #ends(client: string, how: string): void {
    for (const buffer of new Set(this.#buffers.values())) {
      if (buffer.holders.size > 0) buffer.ended ??= { client, how };
    }
  }

  #asked(client: string): void {
    for (const { allocator, ended, holders } of this.#buffers.values()) {
      if (ended === undefined || ended.client === client) continue;
      const roleOf = (one: string): string =>
        one === allocator ? 'allocator' : holders.has(one) ? 'holder' : 'third';
      this.seen.add(`${roleOf(ended.client)} ${ended.how} ${roleOf(client)}`);
    }
  }
}

const slotOf = (operand: Operand): string | undefined =>
  typeof operand === 'bigint' ? undefined : operand.slot;
