import { AllocertError } from '../../base/errors.ts';
import { shortageOf } from './last-resort.ts';
import { TROUBLE } from './own-exit.ts';
import { complain, complainFully } from './terminal.ts';

/**
 * Says why a command failed.
 *
 * @param explain a sentence with what else its reader has to know
 * @returns the exit code that follows
 */
export function failureCode(
  thrown: unknown,
  explain: (sentence: string) => string = (sentence) => sentence,
): number {
  complainFully(thrown);
  if (thrown instanceof AllocertError) {
    complain(explain(thrown.message));
    return thrown.exitCode;
  }
  const shortage = shortageOf(thrown);
  if (shortage !== undefined) {
    complain(shortage);
    return TROUBLE;
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  complain(`a bug in allocert: ${message}; set ALLOCERT_DEBUG=1 to see where, and report it`);
  return TROUBLE;
}
