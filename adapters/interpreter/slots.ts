import type { Result } from '../contract/history.ts';
import type { SlotNumber } from '../contract/names.ts';
import { fieldOfBytes } from '../contract/out-bytes.ts';
import type { CompiledOperand } from './compile.ts';

/** What an operand is that refers to nothing: all ones, as the value of a failed call. */
const NOTHING = (1n << 64n) - 1n;

const indexOf = (slot: SlotNumber, iteration: number): number =>
  slot.indexed ? slot.number + iteration : slot.number;

/** Results by slot number; they outlive the Program that put them there. */
export class SlotResults {
  readonly #results: (Result | undefined)[] = [];

  store(slot: SlotNumber, iteration: number, result: Result): void {
    this.#results[indexOf(slot, iteration)] = result;
  }

  /** An operand's value as 64 unsigned bits. */
  value(operand: CompiledOperand, iteration: number): bigint {
    if (typeof operand === 'bigint') return operand;
    const result = this.#results[indexOf(operand.slot, iteration)];
    if (result === undefined) return NOTHING;
    if (operand.offset === undefined) return BigInt.asUintN(64, result.value);
    const { offset, width, signed } = operand;
    const value = fieldOfBytes(result.out, offset, width, signed);
    return value === undefined ? NOTHING : BigInt.asUintN(64, value);
  }
}
