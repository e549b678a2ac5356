import type { OperationName, OperationOf } from '../../adapters/contract/index.ts';
import type { Abi } from '../../catalogue/catalogue.ts';
import type { DeviceFinder } from '../devices.ts';
import type { Event, Timeline } from '../timeline.ts';
import type { ClientModel } from './client.ts';

/** What the model says of an operation before it has happened. */
export interface Expectation {
  readonly requirement: string;
  /** Words of `wordOf` that may come of it; `error` stands for any errno. */
  readonly words: readonly string[];
  /** What must hold of the result if it is `ok`; the text says what is wrong when it does not. */
  readonly holds?: (event: Event) => boolean;
  readonly wrong?: string;
}

/** What an operation is about. */
export interface Step {
  readonly model: ClientModel;
  readonly event: Event;
  readonly timeline: Timeline;
  readonly abi: Abi;
  readonly deviceOf: DeviceFinder;
  /** Whether memory is never short for a moment: then ENOMEM is an answer, too. */
  readonly exact: boolean;
}

/** How one kind of operation works; what is left out says nothing, or changes nothing. */
export interface Rule<Name extends OperationName> {
  /** Undefined where the catalogue has no rule, or the model does not know enough. */
  expects?(step: Step, operation: OperationOf<Name>): Expectation | undefined;
  /**
   * Changes the model by what has come of it, if it came back without an error.
   *
   * @returns false when the model cannot follow any more
   */
  follows?(step: Step, operation: OperationOf<Name>): boolean;
  /** Changes the model by what an operation may have done before it failed. */
  fails?(step: Step, operation: OperationOf<Name>): void;
}

/** Rules by the name of the operation; the model stops at an operation that has none. */
export type Rules = { readonly [Name in OperationName]?: Rule<Name> };

/** Several things that are wrong with one operation: any of them may be reported. */
export function combined(faults: readonly Expectation[]): Expectation | undefined {
  const [first] = faults;
  if (first === undefined) return undefined;
  return { requirement: first.requirement, words: faults.flatMap(({ words }) => words) };
}

/** A descriptor operand as a number. */
export const numberIn = (
  { timeline }: Pick<Step, 'timeline'>,
  operand: Parameters<Timeline['valueOf']>[0],
): bigint => BigInt.asIntN(32, timeline.valueOf(operand));

/** What every operation on a number comes to that was closed. */
export const closedFault = (
  model: ClientModel,
  number: bigint,
  requirement = 'LIF-08',
): Expectation[] => (model.closed.has(number) ? [{ requirement, words: ['EBADF'] }] : []);
