import { messageOf } from '../../base/errors.ts';
import { thrownAt } from '../../base/thrown-at.ts';
import { TargetDeath } from '../contract/session.ts';

/** The crash that a throwing function of the target stands for, with the place in its code. */
export function crashedIn(name: string, thrown: unknown): TargetDeath {
  const sentence = `the function ${name} threw: ${messageOf(thrown)}${thrownAt(thrown)}`;
  return new TargetDeath('crash', sentence);
}
