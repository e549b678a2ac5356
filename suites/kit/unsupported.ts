import type { History, Operation, Program } from '../../adapters/contract/index.ts';
import { Skip } from './observation.ts';

/**
 * Ends a case whose Program had operations that the target does not offer.
 *
 * @throws {@link Skip} with their names
 */
export function refuseUnsupported(history: History, program: Program): void {
  const names = unsupportedIn(history, program).join(', ');
  if (names === '') return;
  const sentence = `the target does not offer an operation that this case needs (${names})`;
  throw new Skip(sentence, 'operations');
}

function unsupportedIn(history: History, program: Program): readonly string[] {
  const names = history.threads.flatMap((results, thread) =>
    results.flatMap((result, index) => {
      const operation = program.threads[thread]?.operations[index];
      if (operation === undefined) return [];
      if (result.outcome === 'unsupported') return [operation.op];
      const steps = result.steps ?? [];
      return steps.flatMap(({ first }, step) =>
        first.outcome === 'unsupported' ? [bodyOf(operation)[step]?.op ?? operation.op] : [],
      );
    }),
  );
  return [...new Set(names)];
}

const bodyOf = (operation: Operation): readonly Operation[] =>
  operation.op === 'repeat' ? operation.body : [];
