import {
  type Operand,
  type OperationName,
  type SlotRef,
  specOf,
} from '../../adapters/contract/index.ts';
import { fieldOf } from '../../catalogue/abi-request.ts';
import type { Abi } from '../../catalogue/catalogue.ts';
import { slotReferences } from '../generate/slot-references.ts';
import { memberOf, requestType } from './abi-text.ts';
import { Unwritable, unsigned } from './c-text.ts';
import type { CStep } from './c-threads.ts';

/** A variable that holds what an operation gave. */
export interface CVariable {
  /** As expressions write it. */
  readonly name: string;
  readonly kind: 'request' | 'address' | 'descriptor' | 'pair' | 'number';
  /** Its declaration without the semicolon; all its bits are 1 until it is set. */
  readonly declaration: string;
}

type Kind = CVariable['kind'];

/** The kind of variable that holds the result of an operation, and how its name begins. */
function kindOf(op: OperationName): readonly [Kind, string] {
  const { gives } = specOf(op);
  switch (gives?.kind) {
    case 'request':
      return ['request', 'buffer'];
    case 'mapping':
      return ['address', 'map'];
    case 'pair':
      return ['pair', 'pair'];
    case 'descriptor':
      if (gives.received === true) return ['descriptor', 'received'];
      return ['descriptor', gives.of === undefined ? 'device' : 'copy'];
    default:
      return ['number', 'value'];
  }
}

/** The variables of a C program, one for each slot, and what operands become. */
export class CVariables {
  readonly #abi: Abi;
  readonly #bySlot = new Map<string, CVariable>();
  readonly #byStep = new Map<CStep, CVariable>();

  /**
   * @param steps in the order in which they were written
   * @param prefix of every variable: where they lie when several processes share them
   */
  constructor(abi: Abi, steps: readonly CStep[], prefix: string) {
    this.#abi = abi;
    const counts = new Map<string, number>();
    const referred = new Set(steps.flatMap(({ operation }) => slotReferences(operation)));
    for (const step of steps) {
      const { op, slot } = step.operation;
      if (op !== 'ioctl' && (slot === undefined || !referred.has(slot))) continue;
      const [kind, stem] = kindOf(op);
      const number = (counts.get(stem) ?? 0) + 1;
      counts.set(stem, number);
      const own = stem === 'device' && number === 1 ? stem : `${stem}${number}`;
      const variable = { name: prefix + own, kind, declaration: this.#declaration(kind, own) };
      this.#byStep.set(step, variable);
      if (slot !== undefined) this.#bySlot.set(slot, variable);
    }
  }

  get variables(): readonly CVariable[] {
    return [...this.#byStep.values()];
  }

  /** Where the result of a step goes; undefined when nothing refers to it. */
  of(step: CStep): CVariable | undefined {
    return this.#byStep.get(step);
  }

  /**
   * A descriptor operand.
   *
   * @throws {@link Unwritable} when it refers to something else
   */
  descriptor(operand: Operand): string {
    if (typeof operand === 'bigint') return String(BigInt.asIntN(32, operand));
    const variable = this.#variable(operand);
    if (operand.offset === undefined && variable.kind !== 'request') return variable.name;
    if (variable.kind === 'pair' && (operand.offset === 0 || operand.offset === 4)) {
      return `${variable.name}[${operand.offset / 4}]`;
    }
    if (variable.kind === 'request' && operand.offset === this.#offsetOf('descriptor')) {
      return `${variable.name}.${memberOf(this.#abi, 'descriptor')}`;
    }
    throw unknownField(operand);
  }

  /** An address operand, as a `char *`. */
  address(operand: Operand): string {
    if (typeof operand === 'bigint') return `(char *)${unsigned(operand)}`;
    const variable = this.#variable(operand);
    if (variable.kind !== 'address') throw unknownField(operand);
    return variable.name;
  }

  /** Any other operand. */
  word(operand: Operand, literal: (value: bigint) => string = unsigned): string {
    if (typeof operand === 'bigint') return literal(operand);
    const variable = this.#variable(operand);
    if (variable.kind === 'request' && operand.offset === this.#offsetOf('length')) {
      return `${variable.name}.${memberOf(this.#abi, 'length')}`;
    }
    if (operand.offset === undefined && variable.kind !== 'request') return variable.name;
    throw unknownField(operand);
  }

  #offsetOf(role: 'descriptor' | 'length'): number {
    return fieldOf(this.#abi, role).offset;
  }

  #variable({ slot }: SlotRef): CVariable {
    const found = this.#bySlot.get(slot);
    if (found === undefined) {
      throw new Unwritable(`it uses the slot ${slot}, which nothing that C can say fills`);
    }
    return found;
  }

  #declaration(kind: Kind, name: string): string {
    switch (kind) {
      case 'request':
        return `${requestType(this.#abi)} ${name}`;
      case 'address':
        return `char *${name}`;
      case 'pair':
        return `int ${name}[2]`;
      default:
        return kind === 'descriptor' ? `int ${name}` : `long ${name}`;
    }
  }
}

const unknownField = ({ offset, slot }: SlotRef): Unwritable =>
  new Unwritable(
    offset === undefined
      ? `it uses the slot ${slot} as what it is not`
      : `it reads byte ${offset} of the slot ${slot}, which is not a field of the ABI`,
  );
