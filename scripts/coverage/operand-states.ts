import { type Operation, operandAt, type SlotRef, specOf } from '../../adapters/contract/index.ts';

interface Origin {
  readonly operation: Operation;
  readonly client: string;
}

/** Follows the slots of one case or scenario: what they hold, and what was done with it. */
export class OperandStates {
  readonly #origins = new Map<string, Origin>();
  readonly #marks = new Map<string, Set<string>>();

  /** The states that an operand is in when a client uses it; none for a literal. */
  of(operation: Operation, argument: string, client: string): readonly string[] {
    const operand = operandAt(operation, argument);
    if (typeof operand === 'bigint') return [];
    const origin = this.#origins.get(operand.slot);
    if (origin === undefined) return [];
    const gives = specOf(origin.operation.op).gives?.kind;
    return gives === 'mapping'
      ? this.#ofAddress(operation, operand, origin, client)
      : this.#ofDescriptor(operand, origin, client);
  }

  #ofDescriptor(operand: SlotRef, origin: Origin, client: string): readonly string[] {
    const marks = this.#marksOf(operand);
    if (marks.has(`closed by ${client}`)) return ['closed'];
    const { gives } = specOf(origin.operation.op);
    if (gives?.kind !== 'request' && gives?.of === undefined && gives?.received !== true) {
      return ['other'];
    }
    const states = ['duplicate', 'mapped', 'sent'].filter((mark) => marks.has(mark));
    if (gives.received === true) states.push('received');
    else if (gives.of !== undefined) states.push('duplicate');
    if (origin.client !== client) states.push('inherited');
    return states.length === 0 ? ['fresh'] : states;
  }

  #ofAddress(
    operation: Operation,
    operand: SlotRef,
    origin: Origin,
    client: string,
  ): readonly string[] {
    const marks = this.#marksOf(operand);
    if (marks.has(`unmapped by ${client}`)) return ['unmapped'];
    const states = marks.has(`cut by ${client}`) ? ['cut'] : [];
    if (origin.client !== client) states.push('inherited');
    const part = this.#bytes(operation) < this.#bytes(origin.operation);
    states.push(part || this.#offset(operation) > 0n ? 'part' : 'whole');
    return states;
  }

  /** Notes what an operation does to slots. */
  note(operation: Operation, client: string): void {
    const { drops, gives } = specOf(operation.op);
    if (operation.slot !== undefined) {
      this.#origins.set(operation.slot, { operation, client });
      this.#marks.delete(operation.slot);
    }
    const source = gives?.of === undefined ? 0n : operandAt(operation, gives.of);
    if (typeof source === 'object') {
      const mark = { mapping: 'mapped', message: 'sent' }[gives?.kind as string] ?? 'duplicate';
      this.#marksOf(source).add(mark);
    }
    const dropped = drops?.at === undefined ? 0n : operandAt(operation, drops.at);
    if (typeof dropped !== 'object') return;
    if (drops?.kind === 'descriptor') this.#marksOf(dropped).add(`closed by ${client}`);
    if (drops?.kind !== 'mapping') return;
    const origin = this.#origins.get(dropped.slot)?.operation;
    const whole = origin !== undefined && this.#bytes(operation) >= this.#bytes(origin);
    this.#marksOf(dropped).add(`${whole ? 'unmapped' : 'cut'} by ${client}`);
  }

  /** A child finds what its parent has, whatever a client of its name had before. */
  fork(parent: string, child: string): void {
    for (const marks of this.#marks.values()) {
      for (const what of ['closed', 'unmapped', 'cut']) {
        if (marks.has(`${what} by ${parent}`)) marks.add(`${what} by ${child}`);
        else marks.delete(`${what} by ${child}`);
      }
    }
  }

  #marksOf({ offset, slot }: SlotRef): Set<string> {
    const pair = this.#origins.get(slot)?.operation.op === 'socketpair';
    const key = pair ? `${slot} ${offset}` : slot;
    const marks = this.#marks.get(key) ?? new Set();
    this.#marks.set(key, marks);
    return marks;
  }

  /** Bytes that an operation on memory names. */
  #bytes(operation: Operation): bigint {
    const { drops, gives } = specOf(operation.op);
    const given = operandAt(operation, drops?.length ?? gives?.length ?? 'length');
    return typeof given === 'bigint' ? given : 0n;
  }

  #offset(operation: Operation): bigint {
    const given = operation.op === 'mmap' ? 0n : operandAt(operation, 'offset');
    return typeof given === 'bigint' ? given : 0n;
  }
}
