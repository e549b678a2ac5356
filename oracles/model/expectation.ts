import type { OperationName, OperationOf } from '../../adapters/contract/index.ts';
import type { Abi } from '../../catalogue/catalogue.ts';
import type { DeviceFinder } from '../timeline/devices.ts';
import type { Event, Timeline } from '../timeline/timeline.ts';
import type { ClientModel } from './client.ts';

/** The outcome of an operation that the model predicts. */
export interface Expectation {
  readonly requirement: string;
  /** Allowed outcomes, in words of `wordOf`; `error` stands for any errno. */
  readonly words: readonly string[];
  /** Whether an `ok` result is right; `wrong` says why it is not. */
  readonly holds?: (event: Event) => boolean;
  readonly wrong?: string;
}

/** An operation with the state of the model before it. */
export interface ModelStep {
  readonly model: ClientModel;
  readonly event: Event;
  readonly timeline: Timeline;
  readonly abi: Abi;
  readonly deviceOf: DeviceFinder;
  /** Whether memory is never short for a moment: then ENOMEM is an answer, too. */
  readonly exact: boolean;
  /** Whether something may have been made to fail in the operation. */
  readonly failsOnPurpose: boolean;
}

/** How one kind of operation works; what is left out says nothing, or changes nothing. */
export interface OperationRule<Name extends OperationName> {
  /** Undefined where the catalogue has no rule, or the model does not know enough. */
  expects?(step: ModelStep, operation: OperationOf<Name>): Expectation | undefined;
  /**
   * Changes the model by the result of an operation that returned without an error.
   *
   * @returns false when the model cannot follow any more
   */
  follows?(step: ModelStep, operation: OperationOf<Name>): boolean;
  /** Changes the model by what an operation may have done before it failed. */
  fails?(step: ModelStep, operation: OperationOf<Name>): void;
}

/** OperationRules by the name of the operation; the model stops at an operation that has none. */
export type OperationRules = { readonly [Name in OperationName]?: OperationRule<Name> };

/** Several things that are wrong with one operation: any of them may be reported. */
export function combined(faults: readonly Expectation[]): Expectation | undefined {
  const [first] = faults;
  if (first === undefined) return undefined;
  return { requirement: first.requirement, words: faults.flatMap(({ words }) => words) };
}

/** The value of a descriptor operand. */
export const descriptorValue = (
  { timeline }: Pick<ModelStep, 'timeline'>,
  operand: Parameters<Timeline['valueOf']>[0],
): bigint => BigInt.asIntN(32, timeline.valueOf(operand));

/** The outcome of every operation on a descriptor that was closed, or that no table can have. */
export function closedFault(
  model: ClientModel,
  number: bigint,
  requirement = 'LIF-08',
): Expectation[] {
  if (number < 0n) return [{ requirement: 'FD-13', words: ['EBADF'] }];
  return model.closed.has(number) ? [{ requirement, words: ['EBADF'] }] : [];
}
