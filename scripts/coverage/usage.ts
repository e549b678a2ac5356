import {
  type Argument,
  type ArgumentKind,
  CLASS_VALUES,
  hasBody,
  OPERAND_STATES,
  type Operation,
  operandAt,
  type Program,
  specOf,
  type UntypedOperation,
} from '../../adapters/contract/index.ts';
import { OperandStates } from './operand-states.ts';
import { PartyRoles } from './party-roles.ts';

/** Classes of the kinds that have no values of their own. */
const NAMED: Readonly<Partial<Record<ArgumentKind, readonly string[]>>> = {
  client: ['child', 'other'],
  file: ['region', 'other'],
  body: ['one', 'many'],
};

/** The names of the classes of a kind of argument. */
export function classNames(kind: ArgumentKind): readonly string[] {
  const states = kind === 'descriptor' || kind === 'address' ? OPERAND_STATES[kind] : [];
  return [...CLASS_VALUES[kind].map(({ name }) => name), ...states, ...(NAMED[kind] ?? [])];
}

/** What Programs use: operations, classes of their arguments, roles of their clients. */
export class Usage {
  /** `op`, and `op.argument class`. */
  readonly seen = new Set<string>();
  readonly roles = new Set<string>();
  #states = new OperandStates();
  #parties = new PartyRoles();
  #parents = new Map<string, string>();

  /** Begins a case or a scenario, of whose slots and clients the one before knows nothing. */
  begin(): void {
    this.#states = new OperandStates();
    this.#parties = new PartyRoles();
    this.#parents = new Map();
  }

  /** Adds what a Program uses. */
  add({ threads }: Program): void {
    for (const { client, operations } of threads) {
      for (const operation of operations) this.#operation(operation, client);
    }
    for (const role of this.#parties.seen) this.roles.add(role);
  }

  #operation(operation: Operation, client: string): void {
    const { op } = operation;
    this.seen.add(op);
    const kinds = Object.entries(specOf(op).arguments) as [string, ArgumentKind][];
    for (const [argument, kind] of kinds) {
      for (const name of this.#classesOf(operation, argument, kind, client)) {
        this.seen.add(`${op}.${argument} ${name}`);
      }
    }
    if (operation.op === 'fork') {
      this.#parents.set(operation.client, client);
      this.#states.fork(client, operation.client);
    }
    this.#states.note(operation, client);
    this.#parties.note(operation, client);
    if (!hasBody(specOf(op)) || operation.op !== 'repeat') return;
    for (const inner of operation.body) this.#operation(inner, client);
  }

  #classesOf(
    operation: Operation,
    argument: string,
    kind: ArgumentKind,
    client: string,
  ): readonly string[] {
    const value = (operation as UntypedOperation)[argument];
    switch (kind) {
      case 'client':
        return [
          operation.op === 'fork' || this.#parents.get(value as string) === client
            ? 'child'
            : 'other',
        ];
      case 'file':
        return [(value as string).startsWith('region:') ? 'region' : 'other'];
      case 'body':
        return [(value as readonly unknown[]).length > 1 ? 'many' : 'one'];
      case 'bytes':
        return [['none', 'one'][(value as Uint8Array).length] ?? 'many'];
      case 'argument':
        return [(value as Argument).placement?.kind ?? 'plain'];
      case 'document':
      case 'stop':
        return [value as string];
      default:
        return [
          ...numbersOf(kind, operandAt(operation, argument)),
          ...this.#states.of(operation, argument, client),
        ];
    }
  }
}

/** The class of a literal number; descriptors are numbers of 32 bits. */
function numbersOf(kind: ArgumentKind, operand: unknown): readonly string[] {
  if (typeof operand !== 'bigint') return [];
  const bits = kind === 'descriptor' ? 32 : 64;
  const number = BigInt.asUintN(bits, operand);
  const found = CLASS_VALUES[kind].filter(
    ({ value }) => BigInt.asUintN(bits, value as bigint) === number,
  );
  return found.map(({ name }) => name);
}
