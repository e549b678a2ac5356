import fc from 'fast-check';
import { canBeFailed, type Operation, operationsWhere } from '../../adapters/contract/index.ts';
import { hammerScenarios } from './hammer.ts';
import { lifetimeScenarios } from './lifetime.ts';
import type { GeneratorContext, Scenario } from './scenario.ts';
import { sequentialScenarios } from './sequential.ts';
import { sharedBufferScenarios } from './shared-buffer.ts';

/** The name of the mode. */
export const FAULTS = 'faults';

/** Calls of a scenario that are armed at most: each brings two operations. */
const ARMED_MAX = 80;
/** Every so many threads one has no call that is made to fail. */
const SPARED = 3;

/** Calls that only take away: few allocations, if any. */
const DROPPING = operationsWhere(({ drops, gives }) => drops !== undefined && gives === undefined);
const DROPPING_NTH_MAX = 2n;

/**
 * Which allocation of a call is to fail; 0 for none. A request for a buffer has about a dozen, and
 * with those of its memory a few more.
 */
export const failures: fc.Arbitrary<bigint> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0n) },
  { weight: 4, arbitrary: fc.bigInt({ min: 1n, max: 6n }) },
  { weight: 3, arbitrary: fc.noBias(fc.bigInt({ min: 1n, max: 20n })) },
);

/**
 * Scenarios of other modes in whose calls the kernel's own allocations fail: ways back from half of
 * a request are taken while other threads and clients go on. Each armed call stands between two
 * `failnth`, of which the second says whether anything failed, and disarms what never ran.
 */
export function faultScenarios(context: GeneratorContext): fc.Arbitrary<Scenario> {
  const scenario = fc.oneof(
    { weight: 4, arbitrary: hammerScenarios(context) },
    { weight: 2, arbitrary: sharedBufferScenarios(context) },
    { weight: 2, arbitrary: lifetimeScenarios(context) },
    { weight: 2, arbitrary: sequentialScenarios(context) },
  );
  return fc
    .record({
      scenario,
      drawn: fc.array(failures, { minLength: 16, maxLength: 48 }),
      spared: fc.nat(SPARED - 1),
    })
    .map(({ drawn, scenario: { programs }, spared }) => {
      const next = armer(drawn);
      return {
        mode: FAULTS,
        programs: programs.map((program) => ({
          ...program,
          threads: program.threads.map((thread, at) =>
            thread.client === 'main' || (program.threads.length > 1 && at % SPARED === spared)
              ? thread
              : { ...thread, operations: thread.operations.flatMap(next) },
          ),
        })),
      };
    });
}

/** Arms one operation after the other, as was drawn. */
function armer(drawn: readonly bigint[]): (operation: Operation) => readonly Operation[] {
  let at = 0;
  let count = 0;
  return (operation) => {
    if (!canBeFailed(operation) || count === ARMED_MAX) return [operation];
    const nth = drawn[at % drawn.length] ?? 0n;
    at += 1;
    if (nth === 0n || (DROPPING.has(operation.op) && nth > DROPPING_NTH_MAX)) return [operation];
    count += 1;
    return armed(operation, nth);
  };
}

/** An operation in which the nth allocation fails, if there are so many in it. */
export const armed = (operation: Operation, nth: bigint): readonly Operation[] => [
  { op: 'failnth', nth },
  operation,
  { op: 'failnth', nth: 0n },
];
